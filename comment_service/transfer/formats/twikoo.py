"""Twikoo, Valine and Waline: JSON of a LeanCloud-like table of comments."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from comment_service.text.sentences import staff_sentence
from comment_service.transfer import safe_json, values
from comment_service.transfer.recognise_head import is_json_lines
from comment_service.transfer.records import (
    HTML,
    MARKDOWN,
    PENDING,
    PUBLISHED,
    SPAM,
    CommentRecord,
    Format,
    PageRecord,
    Reading,
    Record,
)

_PLACES = ("item", "results.item", "data.Comment.item")
_WALINE = re.compile(rb'"type"\s*:\s*"waline"|"status"\s*:\s*"(?:approved|waiting|spam)"')
"""Valine has times with the same names, but no status, and keeps HTML."""
_STATES = {"approved": PUBLISHED, "waiting": PENDING, "spam": SPAM}


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the pages and comments of an array, ``{results: […]}``, or one object a line."""
    return _records(path, reading, HTML)


def read_waline(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the pages and comments of Waline, which keeps Markdown."""
    return _records(path, reading, MARKDOWN)


def _records(path: Path, reading: Reading, markup: str) -> Iterator[Record]:
    seen: set[str] = set()
    for number, value in enumerate(_objects(path, reading), start=1):
        address = values.text(value.get("href"))
        path_only = values.text(value.get("url"))
        page = path_only or address
        if page not in seen:
            seen.add(page)
            full = address if address.startswith(("http://", "https://")) else ""
            yield PageRecord(page, full or path_only)
        yield _comment(value, page, markup, number)


def _objects(path: Path, reading: Reading) -> Iterator[Mapping[str, Any]]:
    if is_json_lines(path):
        for _line, value in safe_json.json_lines(path, reading):
            yield value
        return
    for _prefix, value in safe_json.items(path, reading, _PLACES):
        if isinstance(value, dict):
            yield value


def _comment(value: Mapping[str, Any], page: str, markup: str, number: int) -> Record:
    key = _id(value.get("_id")) or _id(value.get("objectId"))
    like = value.get("like")
    return CommentRecord(
        source_id=key,
        page=page,
        parent=_id(value.get("pid")) or _id(value.get("rid")),
        body=values.text(value.get("comment")),
        markup=markup,
        created=_moment(value, "created", "insertedAt", "createdAt"),
        name=values.text(value.get("nick")),
        email=values.text(value.get("mail")),
        website=values.text(value.get("link")),
        status=_status(value),
        likes=values.likes(len(like) if isinstance(like, list) else like),
        fragment=key,
        line=number,
    )


def _id(value: object) -> str:
    """Return an id, also one that MongoDB wrapped."""
    return values.text(value.get("$oid") if isinstance(value, dict) else value)


def _moment(value: Mapping[str, Any], *names: str) -> Any:
    """Return the first time that is there; LeanCloud and MongoDB wrap theirs."""
    for name in names:
        found = value.get(name)
        if isinstance(found, dict):
            found = found.get("iso") or found.get("$date") or found.get("$numberLong")
        if isinstance(found, dict):
            found = found.get("$numberLong")
        moment = values.moment(found)
        if moment is not None:
            return moment
    return None


def _status(value: Mapping[str, Any]) -> str:
    if value.get("isSpam") is True or values.text(value.get("isSpam")).lower() == "true":
        return SPAM
    return _STATES.get(values.text(value.get("status")) or "approved", PENDING)


def recognise(_path: Path, head: bytes) -> bool:
    """Return True for comments with a nickname and an id of LeanCloud or MongoDB."""
    known = b'"nick"' in head and b'"comment"' in head
    return known and (b'"_id"' in head or b'"objectId"' in head)


def _recognise_waline(path: Path, head: bytes) -> bool:
    return recognise(path, head) and _WALINE.search(head) is not None


FORMAT = Format(
    name="twikoo",
    label=staff_sentence("Twikoo and Valine"),
    source="twikoo",
    read=read,
    recognise=recognise,
    where=staff_sentence(
        "Twikoo: open its panel → Export → comments (JSON). Valine: in the LeanCloud console,"
        " open Import and export → Data export, class Comment. An array, {results: […]} and one"
        " object a line are all read."
    ),
    limits=staff_sentence("Comments that Twikoo marked as spam come over as spam."),
)
WALINE = Format(
    name="waline",
    label="Waline",
    source="waline",
    read=read_waline,
    recognise=_recognise_waline,
    where=staff_sentence(
        "In Waline's administration, open Migration → Export. The JSON file holds every table;"
        " only the comments are read."
    ),
    limits=staff_sentence("Waiting comments come to the queue, spam comes over as spam."),
)
