"""HashOver: a folder with one XML or JSON file a comment, and one folder a thread."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from comment_service.text.sentences import staff_sentence
from comment_service.transfer import folders, values
from comment_service.transfer.records import (
    DELETED,
    LINES,
    PENDING,
    PUBLISHED,
    BrokenFileError,
    CommentRecord,
    Format,
    PageRecord,
    Reading,
    Record,
)

_COMMENT = re.compile(r"\d+(?:-\d+)*\.(?:xml|json)")
_METADATA = ("page-info.json", "metadata.json")
_MARKERS = ("comments", "threads", "pages")
_STATUSES = {"approved": PUBLISHED, "": PUBLISHED, "pending": PENDING, "deleted": DELETED}


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the threads and comments of a folder."""
    known: set[str] = set()
    for name, content in folders.files(path, Reading(), _METADATA):
        slug = folders.slug_of(name, _MARKERS).removesuffix("metadata").rstrip("/")
        info = _json(name, content)
        url = values.text(info.get("url"))
        if url and slug not in known:
            known.add(slug)
            yield PageRecord(slug, url, values.text(info.get("title")))
    for name, content in folders.files(path, reading, (".xml", ".json")):
        if not _COMMENT.fullmatch(name.name):
            continue
        slug = folders.slug_of(name, _MARKERS)
        if slug not in known:
            known.add(slug)
            yield PageRecord(slug, f"/{slug}")
        found = _json(name, content) if name.suffix == ".json" else _xml(name, content)
        yield _comment(slug, name.stem, found)


def _comment(slug: str, key: str, found: Mapping[str, Any]) -> CommentRecord:
    """Return a comment; ``2-1`` is the first reply to ``2``."""
    above = key.rpartition("-")[0]
    return CommentRecord(
        source_id=f"{slug} {key}",
        page=slug,
        parent=f"{slug} {above}" if above else "",
        body=values.text(found.get("body")),
        markup=LINES,
        created=values.moment(found.get("date")),
        name=values.text(found.get("name")),
        website=values.text(found.get("website")),
        status=_STATUSES.get(values.text(found.get("status")), PENDING),
        likes=values.likes(found.get("likes")),
        fragment="c" + key.replace("-", "r"),
    )


def _json(name: PurePosixPath, content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 0)
        raise BrokenFileError(f"{name} is not JSON", line) from error
    return found if isinstance(found, dict) else {}


def _xml(name: PurePosixPath, content: bytes) -> Mapping[str, Any]:
    try:
        root: Element = fromstring(content.strip())
    except ParseError as error:
        raise BrokenFileError(f"{name} is not well-formed XML", error.position[0]) from error
    except (DefusedXmlException, RecursionError) as error:
        raise BrokenFileError(f"forbidden in XML: {name}") from error
    return {**root.attrib, **{child.tag: _inner(child) for child in root}}


def _inner(element: Element) -> str:
    """Return an element's content, the markup inside it as well."""
    return (element.text or "") + "".join(tostring(one, encoding="unicode") for one in element)


def recognise(path: Path, _head: bytes) -> bool:
    """Return True for a folder or zip with files named like ``1.xml`` and ``1-1.json``."""
    try:
        found = folders.names(path)
    except BrokenFileError:
        return False
    return any(_COMMENT.fullmatch(PurePosixPath(name).name) for name in found)


FORMAT = Format(
    name="hashover",
    label="HashOver",
    source="hashover",
    read=read,
    recognise=recognise,
    where=staff_sentence(
        "HashOver keeps one file a comment below its folder comments/threads (older versions:"
        " pages). Import that folder, or a .zip of it."
    ),
    limits=staff_sentence(
        "E-mail addresses are encrypted there and do not come over. Without a thread's metadata"
        " the name of its folder is taken for the path of the page: rewrite it with --map."
    ),
)
