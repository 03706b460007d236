"""Staticman and the like: ``_data/comments`` of a static site, one YAML or JSON file a comment."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from comment_service.text.sentences import staff_sentence
from comment_service.transfer import folders, values
from comment_service.transfer.records import (
    MARKDOWN,
    PENDING,
    PUBLISHED,
    BrokenFileError,
    CommentRecord,
    Format,
    PageRecord,
    Reading,
    Record,
)

_YAML = (".yml", ".yaml")
_ENDINGS = (*_YAML, ".json")
_LOOKED_AT = 50
"""Files that are looked at to recognise the format."""
_MARKERS = ("_data", "data", "comments")
_PARENTS = ("_parent", "reply_to", "replying_to", "replyTo", "parent", "parent_id", "replyID")
_TEXTS = ("message", "body", "comment", "text", "content")
_MD5 = re.compile(r"[0-9a-f]{32}")


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the pages and comments of a folder; each folder below it is a page."""
    slug, comments = "", list[CommentRecord]()
    for name, content in folders.files(path, reading, _ENDINGS):
        here = folders.slug_of(name, _MARKERS)
        if here != slug:
            yield from _page(slug, comments)
            slug, comments = here, []
        for number, value in enumerate(_values(name, content)):
            comments.append(_comment(slug, name, number, value))
    yield from _page(slug, comments)


def _page(slug: str, comments: list[CommentRecord]) -> Iterator[Record]:
    """Yield a page and its comments; a reply to a number means the comment with that place."""
    if not comments:
        return
    yield PageRecord(slug, f"/{slug}/" if slug else "", "")
    known = {one.source_id for one in comments}
    dated = [one for one in comments if one.created is not None]
    places = [one.source_id for one in sorted(dated, key=lambda one: str(one.created))]
    for one in comments:
        parent = one.parent.removeprefix(f"{slug} ")
        if one.parent not in known and parent.isdigit() and 0 < int(parent) <= len(places):
            found = places[int(parent) - 1]
            yield CommentRecord(**{**vars(one), "parent": found if found != one.source_id else ""})
        elif one.parent not in known and not parent.isdigit():
            yield CommentRecord(**{**vars(one), "parent": one.parent if parent != slug else ""})
        else:
            yield one


def _comment(
    slug: str, name: PurePosixPath, number: int, value: Mapping[str, Any]
) -> CommentRecord:
    given = _scalar(value, "_id", "id") or name.stem + (f"#{number}" if number else "")
    parent = _scalar(value, *_PARENTS)
    mail = _scalar(value, "email")
    hidden = values.truth(_scalar(value, "hidden", "draft"))
    return CommentRecord(
        source_id=f"{slug} {given}",
        page=slug,
        parent=f"{slug} {parent}" if parent and parent != "0" else "",
        body=_scalar(value, *_TEXTS),
        markup=MARKDOWN,
        created=values.moment(_scalar(value, "date", "timestamp", "created_at")),
        name=_scalar(value, "name", "author", "nick"),
        email="" if _MD5.fullmatch(mail) else mail,
        website=_scalar(value, "url", "website", "site", "link"),
        status=PENDING if hidden else PUBLISHED,
        fragment=_scalar(value, "_id")[:128],
    )


def _scalar(value: Mapping[str, Any], *names: str) -> str:
    """Return the first simple value that is there; a list or an object is none."""
    found = (value.get(name) for name in names)
    return next(
        (values.text(one) for one in found if one not in (None, "") and not _is_nested(one)), ""
    )


def _is_nested(value: object) -> bool:
    return isinstance(value, dict | list | set | tuple)


def _values(name: PurePosixPath, content: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield the comments of a file: one, or a list of them."""
    try:
        found = json.loads(content) if name.suffix == ".json" else yaml.safe_load(content)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BrokenFileError(f"{name} is not YAML: {error.problem}", line) from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise BrokenFileError(f"{name} cannot be read", getattr(error, "lineno", 0)) from error
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, dict) and _scalar(one, *_TEXTS):
            yield one


def recognise(path: Path, _head: bytes) -> bool:
    """Return True for a folder or zip of YAML files, or of JSON files that are comments."""
    try:
        found = [name for name in folders.names(path) if name.lower().endswith(_ENDINGS)]
        if any(name.lower().endswith(_YAML) for name in found):
            return True
        first = islice(folders.files(path, Reading(), _ENDINGS), _LOOKED_AT)
        return any(True for name, content in first for _comment in _values(name, content))
    except BrokenFileError:
        return False


FORMAT = Format(
    name="staticman",
    label="Staticman",
    source="staticman",
    read=read,
    recognise=recognise,
    where=staff_sentence(
        "Staticman (and Jekyll AJAX Comments, Static Comments and others) puts one file a comment"
        " into the repository of your site, usually _data/comments/POST/. Import that folder, or"
        " a .zip of it."
    ),
    limits=staff_sentence(
        "E-mail addresses are only there as MD5 and do not come over. The folder of a post is"
        " taken for the path of its page (/POST/): rewrite it with --map."
    ),
)
