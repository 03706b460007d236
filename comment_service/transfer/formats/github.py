"""giscus and utterances: discussions or issues of GitHub, as its GraphQL API answers."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from comment_service.text.sentences import staff_sentence
from comment_service.transfer import safe_json, values
from comment_service.transfer.recognise_head import is_json_lines
from comment_service.transfer.records import (
    MARKDOWN,
    PUBLISHED,
    REJECTED,
    SPAM,
    CommentRecord,
    Format,
    PageRecord,
    Reading,
    Record,
    SourceRecord,
)

_NODES = tuple(
    f"{start}data.repository.{kind}.nodes.item"
    for start in ("", "item.")
    for kind in ("discussions", "issues")
)
_REPOSITORY = re.compile(r"https://github\.com/([^/\s]+/[^/\s]+)/")
_URL = re.compile(r"https?://[^\s)<>\]\"]+")
_POSITIVE = {"THUMBS_UP", "HEART", "HOORAY", "ROCKET", "LAUGH"}
_HIDDEN = {"SPAM": SPAM, "ABUSE": REJECTED, "OFF_TOPIC": REJECTED}


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the discussions or issues of an answer, of an array of answers, or one a line."""
    named = False
    for thread in _threads(path, reading):
        link = values.text(thread.get("url"))
        where = _REPOSITORY.match(link)
        if where and not named:
            named = True
            yield SourceRecord(where[1].lower())
        key = values.text(thread.get("id") or thread.get("number"))
        yield PageRecord(
            key,
            _address(thread),
            values.text(thread.get("title")),
            closed=bool(thread.get("locked")),
        )
        for comment in _nodes(thread.get("comments")):
            yield from _comments(comment, key, "")


def _threads(path: Path, reading: Reading) -> Iterator[Mapping[str, Any]]:
    if not is_json_lines(path):
        for _prefix, value in safe_json.items(path, reading, _NODES):
            if isinstance(value, dict):
                yield value
        return
    for _line, answer in safe_json.json_lines(path, reading):
        repository = _dict(_dict(answer.get("data")).get("repository"))
        for kind in ("discussions", "issues"):
            yield from _nodes(repository.get(kind))


def _address(thread: Mapping[str, Any]) -> str:
    """Return the page: the last address in the opening text, else a title that is a path."""
    found = _URL.findall(values.text(thread.get("body")))
    if found:
        return str(found[-1]).rstrip(".,")
    title = values.text(thread.get("title"))
    return title if "/" in title or title == "index" else ""


def _comments(comment: Mapping[str, Any], page: str, parent: str) -> Iterator[Record]:
    """Yield a comment and the replies below it."""
    key = values.text(comment.get("id"))
    author = _dict(comment.get("author"))
    hidden = values.text(comment.get("minimizedReason")).upper().replace("-", "_")
    status = _HIDDEN.get(hidden, REJECTED) if comment.get("isMinimized") else PUBLISHED
    number = values.text(comment.get("databaseId"))
    yield CommentRecord(
        source_id=key,
        page=page,
        parent=parent,
        body=values.text(comment.get("body")),
        markup=MARKDOWN,
        created=values.moment(comment.get("createdAt")),
        edited=values.moment(comment.get("lastEditedAt")),
        author_id=values.text(author.get("login")),
        name=values.text(author.get("login")) or "ghost",
        website=values.text(author.get("url")),
        avatar=values.text(author.get("avatarUrl")),
        status=status,
        likes=_likes(comment),
        fragment=f"discussioncomment-{number}" if number else "",
    )
    for reply in _nodes(comment.get("replies")):
        yield from _comments(reply, page, key)


def _likes(comment: Mapping[str, Any]) -> int:
    """Return upvotes plus positive reactions."""
    groups = comment.get("reactionGroups")
    found = values.number(comment.get("upvoteCount"))
    for group in groups if isinstance(groups, list) else []:
        if isinstance(group, dict) and group.get("content") in _POSITIVE:
            people = group.get("users") or group.get("reactors")
            found += values.number(_dict(people).get("totalCount"))
    return values.likes(found)


def _nodes(value: object) -> Iterator[Mapping[str, Any]]:
    nodes = _dict(value).get("nodes")
    return (one for one in (nodes if isinstance(nodes, list) else []) if isinstance(one, dict))


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def recognise(_path: Path, head: bytes) -> bool:
    """Return True for an answer of GitHub about a repository's discussions or issues."""
    return b'"repository"' in head and (b'"discussions"' in head or b'"issues"' in head)


FORMAT = Format(
    name="github",
    label=staff_sentence("giscus and utterances"),
    source="github",
    read=read,
    recognise=recognise,
    where=staff_sentence(
        "giscus keeps comments as discussions of a GitHub repository, utterances as issues. Ask"
        " GitHub for them with its own tool and keep the answer; docs/importing.md has the whole"
        " command (gh api graphql --paginate …)."
    ),
    limits=staff_sentence(
        "Authors are GitHub names without e-mail addresses. Upvotes and positive reactions"
        " become likes. A comment hidden as spam comes over as spam, another hidden one as"
        " rejected."
    ),
)
