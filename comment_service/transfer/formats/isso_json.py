"""Isso's generic JSON: threads with their comments, which scripts for many systems write."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from comment_service.text.sentences import staff_sentence
from comment_service.transfer import safe_json, values
from comment_service.transfer.records import (
    HTML,
    CommentRecord,
    Format,
    PageRecord,
    Reading,
    Record,
)

_SHAPE = re.compile(
    rb'^\s*\[\s*\{[^{}\[\]]*"comments"\s*:\s*\[|^\s*\[\s*\{\s*"id"[^{}\[\]]*"comments"'
)


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the threads and comments of a file."""
    for _prefix, thread in safe_json.items(path, reading, ["item"]):
        if not isinstance(thread, dict) or not isinstance(thread.get("comments"), list):
            continue
        url = values.text(thread.get("id"))
        title = values.text(thread.get("title"))
        plain = unquote_plus(title) if "+" in title and " " not in title else title
        yield PageRecord(url, url, plain)
        for number, comment in enumerate(thread["comments"]):
            if isinstance(comment, dict):
                yield _comment(url, number, comment)


def _comment(url: str, number: int, comment: dict[str, Any]) -> CommentRecord:
    """Return a comment; its id counts within its thread, and some scripts always write 0."""
    given = values.text(comment.get("id"))
    parent = values.text(comment.get("parent"))
    return CommentRecord(
        source_id=f"{url} {given if given not in {'', '0'} else f'#{number}'}",
        page=url,
        parent=f"{url} {parent}" if parent not in {"", "0"} else "",
        body=values.text(comment.get("text")),
        markup=HTML,
        created=values.moment(comment.get("created")),
        name=values.text(comment.get("author")),
        email=values.text(comment.get("email")),
        website=values.text(comment.get("website")),
        fragment=f"isso-{given}" if given not in {"", "0"} else "",
    )


def recognise(_path: Path, head: bytes) -> bool:
    """Return True for an array of objects with an array of comments."""
    return _SHAPE.search(head) is not None


FORMAT = Format(
    name="isso-json",
    label=staff_sentence("Isso (generic JSON)"),
    source="isso-json",
    read=read,
    recognise=recognise,
    where=staff_sentence(
        "A script of your own writes it, for any system: an array of threads, each with id (the"
        " page's path or address), title and comments (id, author, email, website, created,"
        " text, and parent if it is a reply)."
    ),
    limits=staff_sentence("Everything in the file is taken for published."),
)
