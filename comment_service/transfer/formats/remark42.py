"""Remark42: a backup, JSON lines in a gzip."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from comment_service.text.sentences import staff_sentence
from comment_service.transfer import safe_json, values
from comment_service.transfer.records import (
    DELETED,
    HTML,
    PUBLISHED,
    BrokenFileError,
    CommentRecord,
    Format,
    PageRecord,
    Reading,
    Record,
    SourceRecord,
)

_SHAPE = re.compile(rb'^\s*\{\s*"version"\s*:\s*\d+\s*,\s*"users"\s*:')


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the pages and comments of a backup."""
    closed: frozenset[str] = frozenset()
    seen: set[str] = set()
    for line, value in safe_json.json_lines(path, reading):
        if "locator" not in value:
            if line == 1 and ("users" in value or "posts" in value):
                closed = _closed(value)
                continue
            raise BrokenFileError("no comment of Remark42: it has no locator", line)
        place = _dict(value.get("locator"))
        url = values.text(place.get("url"))
        if not seen and place.get("site"):
            yield SourceRecord(values.text(place["site"]))
        if url not in seen:
            seen.add(url)
            yield PageRecord(url, url, values.text(value.get("title")), closed=url in closed)
        yield _comment(value, url, line)


def _closed(meta: Mapping[str, Any]) -> frozenset[str]:
    posts = meta.get("posts") or []
    return frozenset(
        values.text(post.get("url"))
        for post in posts
        if isinstance(post, dict) and post.get("read_only")
    )


def _comment(value: Mapping[str, Any], url: str, line: int) -> CommentRecord:
    user, edit = _dict(value.get("user")), _dict(value.get("edit"))
    key = values.text(value.get("id"))
    gone = bool(value.get("delete"))
    return CommentRecord(
        source_id=key,
        page=url,
        parent=values.text(value.get("pid")),
        body=values.text(value.get("text")),
        markup=HTML,
        created=values.moment(value.get("time")),
        edited=values.moment(edit.get("time")),
        author_id=values.text(user.get("id")) if not gone else "",
        name=values.text(user.get("name")),
        avatar=values.text(user.get("picture")),
        status=DELETED if gone else PUBLISHED,
        likes=_likes(value),
        fragment=f"remark42__comment-{key}",
        line=line,
    )


def _likes(value: Mapping[str, Any]) -> int:
    """Return the votes for a comment; without the votes its score, which is for minus against."""
    votes = value.get("votes")
    if isinstance(votes, dict) and votes:
        return values.likes(sum(1 for vote in votes.values() if vote is True))
    return values.likes(value.get("score"))


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def recognise(_path: Path, head: bytes) -> bool:
    """Return True for the first line of a backup, or for comments without it."""
    first = head.partition(b"\n")[0]
    return bool(_SHAPE.match(head) and b'"comments"' not in first) or (
        b'"locator"' in first and b'"pid"' in first
    )


FORMAT = Format(
    name="remark42",
    label="Remark42",
    source="remark42",
    read=read,
    recognise=recognise,
    where=staff_sentence(
        "Remark42 writes a backup every day to its backup folder (backup-SITE-DATE.gz). To make"
        " one now, run: docker exec -it remark42 backup -s SITE. The .gz does not need to be"
        " unpacked."
    ),
    limits=staff_sentence(
        "A backup has no e-mail addresses, and readers' accounts cannot be taken over: each"
        " author is one guest. Votes against are left out."
    ),
)
