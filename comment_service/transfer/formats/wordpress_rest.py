"""WordPress over its REST API: posts and comments, one JSON object a line, as they were fetched."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from comment_service.text.sentences import staff_sentence
from comment_service.transfer import safe_json, values
from comment_service.transfer.formats.wxr import NOT_COMMENTS, NOT_PUBLIC, STATUSES
from comment_service.transfer.records import (
    LINES,
    PENDING,
    PUBLISHED,
    BrokenFileError,
    CommentRecord,
    Format,
    PageRecord,
    Reading,
    Record,
    SkippedRecord,
    SourceRecord,
)

_COMMENT_PAGE = re.compile(r"/comment-page-\d+/?(?=\?|$)")
_CPAGE = re.compile(r"&?cpage=\d+")


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the pages and comments of a fetched blog.

    A post's own address counts. The link of a comment is only used for posts that were not fetched,
    such as those of a plugin.
    """
    known: set[str] = set()
    linked: dict[str, str] = {}
    named = False
    for line, value in safe_json.json_lines(path, reading):
        if "post" in value:
            page = _page(_dict(value["post"]))
            known.add(page.key)
            yield page
            continue
        if "counted" in value:
            yield from _not_sent(_dict(value["counted"]), line)
            continue
        comment = _dict(value.get("comment"))
        if not comment:
            raise BrokenFileError("neither a post nor a comment of WordPress", line)
        link, key = _post_link(comment), values.text(comment.get("post"))
        if not named and (host := _host(link)):
            named = True
            yield SourceRecord(host)
        linked.setdefault(key, link)
        yield _comment(comment, key, line)
    for key, link in linked.items():
        if key not in known:
            yield PageRecord(key, link)


def _not_sent(counted: Mapping[str, Any], line: int) -> Iterator[Record]:
    """Yield those that WordPress counts but did not send, because the user may not read them."""
    missing = values.number(counted.get("total")) - values.number(counted.get("sent"))
    if missing > 0:
        yield SkippedRecord("not_sent", line=line, number=missing)


def _page(post: Mapping[str, Any]) -> PageRecord:
    """Return a post as a page; ``?p=`` addresses lead to it as well."""
    link, guid = values.text(post.get("link")), _rendered(post.get("guid"))
    hidden = post.get("status") in NOT_PUBLIC or bool(post.get("password"))
    return PageRecord(
        key=values.text(post.get("id")),
        url=link,
        title=_rendered(post.get("title")),
        closed=post.get("comment_status") == "closed",
        aliases=(guid,) if guid.startswith("http") and guid != link else (),
        comments_as=PENDING if hidden else PUBLISHED,
    )


def _post_link(comment: Mapping[str, Any]) -> str:
    """Return the address of a comment's post: its own link without the page of comments.

    Of a post that is gone only a path is left, which would be the blog's front page.
    """
    link = values.text(comment.get("link")).partition("#")[0]
    if "://" not in link:
        return ""
    address, mark, query = _COMMENT_PAGE.sub("/", link).partition("?")
    return address + mark + _CPAGE.sub("", query).rstrip("/")


def _comment(comment: Mapping[str, Any], page: str, line: int) -> Record:
    kind = values.text(comment.get("type"))
    key = values.text(comment.get("id"))
    if kind in NOT_COMMENTS:
        return SkippedRecord(kind, page, line)
    parent, user = values.text(comment.get("parent")), values.text(comment.get("author"))
    return CommentRecord(
        source_id=key,
        page=page,
        parent="" if parent in {"", "0"} else parent,
        body=_rendered(comment.get("content")),
        markup=LINES,
        created=values.moment(comment.get("date_gmt")) or values.moment(comment.get("date")),
        author_id=f"user {user}" if user not in {"", "0"} else "",
        name=values.text(comment.get("author_name")),
        email=values.text(comment.get("author_email")),
        website=values.text(comment.get("author_url")),
        status=STATUSES.get(values.text(comment.get("status")), PENDING),
        fragment=f"comment-{key}",
        line=line,
    )


def _rendered(value: object) -> str:
    """Return a text as it was written, or as HTML where only that is shown."""
    found = _dict(value)
    return values.text(found.get("raw") or found.get("rendered"))


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def recognise(_path: Path, head: bytes) -> bool:
    """Return True for the lines that the command writes."""
    return head.startswith((b'{"post": {', b'{"comment": {'))


FORMAT = Format(
    name="wordpress-rest",
    label=staff_sentence("A running WordPress"),
    source="wordpress",
    read=read,
    recognise=recognise,
    where=staff_sentence(
        "In WordPress, open Users → Profile → Application Passwords and create one for a user who"
        " may moderate comments. Everything is fetched with it, spam and trash included; revoke"
        " the password afterwards."
    ),
    limits=staff_sentence(
        "Comments have the same ids as in the export file: whichever comes second adds only what"
        " is new. Pingbacks, trackbacks and likes are left out."
    ),
)
