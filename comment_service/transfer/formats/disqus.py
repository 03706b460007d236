"""Disqus: the XML export that is mailed to the owner, as XML or gzip."""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from comment_service.text.sentences import staff_sentence
from comment_service.transfer import safe_xml, values
from comment_service.transfer.records import (
    DELETED,
    HTML,
    PENDING,
    PUBLISHED,
    SPAM,
    CommentRecord,
    Format,
    PageRecord,
    Reading,
    Record,
    SourceRecord,
)

_WANTED = frozenset({"category", "thread", "post"})
_REDIRECT = re.compile(r"https?://disq\.us/(?:url)?\?url=([^&\s\"'<>]+)(?:&[^\s\"'<>]*)?")
_TEXTS = frozenset({"message"})


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the threads and posts of an export."""
    named = False
    for found in safe_xml.records(path, reading, _WANTED, texts=_TEXTS):
        kind = safe_xml.local(found.element)
        if kind == "category":
            forum = safe_xml.value(found.element, "forum")
            if forum and not named:
                named = True
                yield SourceRecord(forum)
        elif kind == "thread":
            yield from _thread(found.element)
        else:
            yield _post(found.element, found.line)


def _thread(thread: Element) -> Iterator[Record]:
    """Yield a page; its address is the link, or an id that looks like one."""
    key, given = safe_xml.attribute(thread, "id"), safe_xml.value(thread, "id")
    link = safe_xml.value(thread, "link")
    spelt = given if given.startswith(("http://", "https://", "/")) else ""
    url = link or spelt
    gone = values.truth(safe_xml.value(thread, "isDeleted"))
    if not key or not url:
        return
    yield PageRecord(
        key,
        url,
        title=values.text(safe_xml.value(thread, "title")),
        closed=values.truth(safe_xml.value(thread, "isClosed")),
        aliases=(spelt,) if spelt and spelt != url else (),
        comments_as=DELETED if gone else PUBLISHED,
    )


def _post(post: Element, line: int) -> Record:
    page = safe_xml.attribute(safe_xml.child(post, "thread"), "id")
    key = safe_xml.attribute(post, "id") or safe_xml.value(post, "id")
    body = safe_xml.value(post, "message")
    author = safe_xml.child(post, "author")
    author = author if author is not None else post
    anonymous = values.truth(safe_xml.value(author, "isAnonymous"))
    return CommentRecord(
        source_id=key,
        page=page,
        parent=safe_xml.attribute(safe_xml.child(post, "parent"), "id"),
        body=_REDIRECT.sub(_direct, body),
        markup=HTML,
        created=values.moment(safe_xml.value(post, "createdAt")),
        author_id="" if anonymous else values.text(safe_xml.value(author, "username")),
        name=values.text(safe_xml.value(author, "name")),
        email=values.text(safe_xml.value(author, "email")),
        status=_status(post),
        fragment=f"comment-{key}",
        line=line,
    )


def _direct(redirect: re.Match[str]) -> str:
    """Return the address behind a redirect of Disqus, which ends in a signature."""
    target, _mark, _signature = unquote(redirect[1]).rpartition(":")
    return escape(target) if target.startswith(("http://", "https://")) else redirect[0]


def _status(post: Element) -> str:
    """Return the status: spam stays spam even when it was deleted, because it is a judgement.

    Disqus' own exports do not say what waits; those of this service do.
    """
    if values.truth(safe_xml.value(post, "isSpam")):
        return SPAM
    if values.truth(safe_xml.value(post, "isDeleted")):
        return DELETED
    return PENDING if safe_xml.value(post, "isApproved").lower() == "false" else PUBLISHED


def recognise(_path: Path, head: bytes) -> bool:
    """Return True for Disqus' root element."""
    return b"<disqus" in head


FORMAT = Format(
    name="disqus",
    label="Disqus",
    source="disqus",
    read=read,
    recognise=recognise,
    where=staff_sentence(
        "In Disqus, open Admin → Community → Export (https://YOUR-SITE.disqus.com/admin/discussions"
        "/export/) and choose Export Comments. Disqus sends a link to a file ending in .xml.gz by"
        " e-mail; it does not need to be unpacked."
    ),
    limits=staff_sentence(
        "Newer exports hold no e-mail addresses, and none holds votes or pictures. Posts that"
        " Disqus marked as spam come over as spam."
    ),
)
