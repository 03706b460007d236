"""Commento v1, and Comentario v1 and v3: JSON with comments and commenters apart."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from comment_service.text.sentences import staff_sentence
from comment_service.transfer import safe_json, values
from comment_service.transfer.records import (
    DELETED,
    HTML,
    MARKDOWN,
    PENDING,
    PUBLISHED,
    REJECTED,
    CommentRecord,
    Format,
    PageRecord,
    Reading,
    Record,
    SourceRecord,
)
from comment_service.transfer.safe_json import Lookup

ANONYMOUS = {"anonymous", "0" * 64, "00000000-0000-0000-0000-000000000000", ""}
_COMMENTS, _COMMENTERS, _PAGES = "comments.item", "commenters.item", "pages.item"
_STATES = {"approved": PUBLISHED, "unapproved": PENDING, "flagged": PENDING}
_VERSION = re.compile(rb'"version"\s*:\s*(\d+)')


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the pages and comments of an export; it is read twice, for the commenters."""
    with Lookup() as people:
        for prefix, value in safe_json.items(path, reading, [_COMMENTERS, _PAGES]):
            if not isinstance(value, dict):
                continue
            if prefix == _COMMENTERS:
                people.add(values.text(value.get("commenterHex") or value.get("id")), value)
            else:
                yield PageRecord(
                    values.text(value.get("id")),
                    values.text(value.get("path")),
                    values.text(value.get("title")),
                    closed=bool(value.get("isReadonly")),
                )
        seen: set[str] = set()
        for _prefix, value in safe_json.items(path, reading, [_COMMENTS]):
            if isinstance(value, dict):
                yield from (
                    [_version_3(value, people)]
                    if "pageId" in value
                    else _version_1(value, people, seen)
                )


def _version_1(value: Mapping[str, Any], people: Lookup, seen: set[str]) -> Iterator[Record]:
    """Yield the page if it is new, and the comment."""
    host = values.text(value.get("domain") or value.get("host")).rpartition("://")[2]
    where = values.text(value.get("url") or value.get("path"))
    url = f"https://{host}/{where.lstrip('/')}" if host and "://" not in where else where
    if not seen and host:
        yield SourceRecord(host)
    if url not in seen:
        seen.add(url)
        yield PageRecord(url, url)
    key, parent = values.text(value.get("commentHex")), values.text(value.get("parentHex"))
    author = values.text(value.get("commenterHex"))
    state = _STATES.get(values.text(value.get("state")), PENDING)
    yield CommentRecord(
        source_id=key,
        page=url,
        parent="" if parent in {"", "root"} else parent,
        created=values.moment(value.get("creationDate")),
        status=DELETED if value.get("deleted") else state,
        likes=values.likes(value.get("score")),
        fragment=f"commento-{key}",
        **_body(value),
        **_person(author, people),
    )


def _version_3(value: Mapping[str, Any], people: Lookup) -> CommentRecord:
    key = values.text(value.get("id"))
    status = PUBLISHED if value.get("isApproved") else REJECTED
    status = PENDING if value.get("isPending") else status
    return CommentRecord(
        source_id=key,
        page=values.text(value.get("pageId")),
        parent=values.text(value.get("parentId")),
        created=values.moment(value.get("createdTime")),
        edited=values.moment(value.get("editedTime")),
        status=DELETED if value.get("isDeleted") else status,
        likes=values.likes(value.get("score")),
        fragment=f"comentario-{key}",
        **{
            **_body(value),
            **_person(values.text(value.get("userCreated")), people),
            **({"name": values.text(value["authorName"])} if value.get("authorName") else {}),
        },
    )


def _body(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Markdown, or the HTML if there is none."""
    source = values.text(value.get("markdown"))
    if source:
        return {"body": source, "markup": MARKDOWN}
    return {"body": values.text(value.get("html")), "markup": HTML}


def _person(key: str, people: Lookup) -> dict[str, Any]:
    """Return the author's data; the anonymous commenter is not in the list."""
    if key in ANONYMOUS:
        return {}
    found = people.get(key)
    return {
        "author_id": key,
        "name": values.text(found.get("name")),
        "email": values.text(found.get("email")),
        "website": values.text(found.get("link") or found.get("websiteUrl")),
        "avatar": values.text(found.get("photo") or found.get("avatarUrl")),
    }


def _recognise_commento(_path: Path, head: bytes) -> bool:
    return b'"commentHex"' in head and b'"domain"' in head and b'"host"' not in head


def _recognise_comentario(_path: Path, head: bytes) -> bool:
    version = _VERSION.search(head)
    known = b'"pages"' in head or b'"pageId"' in head or b'"commenters"' in head
    third = version is not None and version[1] == b"3" and known
    return third or (b'"commentHex"' in head and b'"host"' in head)


FORMAT = Format(
    name="commento",
    label="Commento",
    source="commento",
    read=read,
    recognise=_recognise_commento,
    where=staff_sentence(
        "In Commento's dashboard, open Domains → Export Data. Commento sends a link to a"
        " .json.gz file by e-mail; it does not need to be unpacked."
    ),
    limits=staff_sentence(
        "Comments that Commento flagged wait in the queue: nobody there decided about them."
    ),
)
COMENTARIO = Format(
    name="comentario",
    label="Comentario",
    source="comentario",
    read=read,
    recognise=_recognise_comentario,
    where=staff_sentence(
        "In Comentario, open Domains → your domain → Operations → Export data. The file is a"
        " .json.gz in version 1 or 3; both are read."
    ),
    limits=staff_sentence("Comments that a moderator there refused come over as rejected."),
)
