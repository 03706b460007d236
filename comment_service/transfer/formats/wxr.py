"""WordPress: the export file (WXR 1.0, 1.1, 1.2), as XML, gzip, or a zip with one or many files."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from comment_service.text.sentences import staff_sentence
from comment_service.transfer import safe_xml, values
from comment_service.transfer.archives import ZIP
from comment_service.transfer.records import (
    LINES,
    PENDING,
    PUBLISHED,
    REJECTED,
    SPAM,
    BrokenFileError,
    CommentRecord,
    Format,
    PageRecord,
    Reading,
    Record,
    SkippedRecord,
    SourceRecord,
)

_NAMESPACE = re.compile(r"https?://wordpress\.org/export/(\d+\.\d+)/")
_WANTED = frozenset({"comment"})
_HEAVY = frozenset({"encoded", "postmeta", "description", "category"})
_TEXTS = frozenset({"comment_content"})
STATUSES = {
    "1": PUBLISHED,
    "approved": PUBLISHED,
    "approve": PUBLISHED,
    "0": PENDING,
    "hold": PENDING,
    "spam": SPAM,
    "trash": REJECTED,
    "post-trashed": REJECTED,
}
NOT_COMMENTS = frozenset(
    {"pingback", "trackback", "order_note", "webhook_delivery", "action_log", "note"}
)
"""Comment types that are no comments of readers; "note" is a remark of editors to each other."""
_READ_BY_PEOPLE = {"post", "page", ""}
NOT_PUBLIC = frozenset({"private", "draft", "auto-draft", "pending", "future", "trash"})
"""Statuses of posts that visitors cannot read."""


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the posts and comments of an export.

    Raises:
        BrokenFileError: not XML, or its namespace is not one of WordPress.
    """
    named = known = False
    item: Element | None = None
    shown = False
    for found in safe_xml.records(
        path, reading, _WANTED, within="item", ignored=_HEAVY, texts=_TEXTS
    ):
        known = known or _version(found.spaces) != ""
        around = found.within if found.within is not None else found.element
        if around is not item:
            item, shown = around, False
        if not named and (host := _host(around)):
            named = True
            yield SourceRecord(host)
        page = _page(around)
        if not shown and (found.within is not None or _is_closed_post(around)):
            shown = True
            yield page
        if found.within is not None:
            yield _comment(found.element, page, found.line)
    if not known and item is not None:
        raise BrokenFileError(
            "the file does not name WordPress' export namespace"
            " (http://wordpress.org/export/1.2/); export it again with Tools → Export"
        )


def _version(spaces: Mapping[str, str]) -> str:
    """Return the version of WXR that the namespaces name, "" without one."""
    found = (_NAMESPACE.match(uri) for uri in spaces.values())
    return next((match[1] for match in found if match), "")


def _host(item: Element) -> str:
    try:
        return (urlsplit(_link(item)).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _link(item: Element) -> str:
    return values.text(safe_xml.value(item, "link") or safe_xml.value(item, "guid"))


def _page(item: Element) -> PageRecord:
    """Return a post as a page; ``?p=`` addresses lead to it as well."""
    link, guid = _link(item), values.text(safe_xml.value(item, "guid"))
    status, password = safe_xml.value(item, "status"), safe_xml.value(item, "post_password")
    hidden = status in NOT_PUBLIC or password != ""
    return PageRecord(
        key=safe_xml.value(item, "post_id") or link,
        url=link,
        title=values.text(safe_xml.value(item, "title")),
        closed=safe_xml.value(item, "comment_status") == "closed",
        aliases=(guid,) if guid.startswith("http") and guid != link else (),
        comments_as=PENDING if hidden else PUBLISHED,
    )


def _is_closed_post(item: Element) -> bool:
    """Return True for a published post or page whose comments are closed."""
    return (
        safe_xml.value(item, "comment_status") == "closed"
        and safe_xml.value(item, "status") == "publish"
        and safe_xml.value(item, "post_type") in _READ_BY_PEOPLE
    )


def _comment(comment: Element, page: PageRecord, line: int) -> Record:
    kind = safe_xml.value(comment, "comment_type")
    if kind in NOT_COMMENTS:
        return SkippedRecord(kind, page.key, line)
    key = safe_xml.value(comment, "comment_id")
    parent, user = (safe_xml.value(comment, f"comment_{n}") for n in ("parent", "user_id"))
    written = safe_xml.value(comment, "comment_date_gmt")
    moment = values.moment(written) or values.moment(safe_xml.value(comment, "comment_date"))
    return CommentRecord(
        source_id=key,
        page=page.key,
        parent="" if parent in {"", "0"} else parent,
        body=safe_xml.value(comment, "comment_content"),
        markup=LINES,
        created=moment,
        author_id="" if user in {"", "0"} else f"user {user}",
        name=values.text(safe_xml.value(comment, "comment_author")),
        email=values.text(safe_xml.value(comment, "comment_author_email")),
        website=values.text(safe_xml.value(comment, "comment_author_url")),
        status=STATUSES.get(safe_xml.value(comment, "comment_approved"), PENDING),
        decision=_decision(comment),
        fragment=f"comment-{key}",
        line=line,
    )


def _decision(comment: Element) -> str:
    """Return what a moderator told Akismet about a comment: ``ham``, ``spam`` or ""."""
    decision = ""
    for meta in comment:
        if safe_xml.local(meta) != "commentmeta":
            continue
        key, value = safe_xml.value(meta, "meta_key"), safe_xml.value(meta, "meta_value")
        if key == "akismet_user_result":
            return "spam" if value == "true" else "ham"
        if key == "akismet_history":
            decision = _reported(value) or decision
    return decision


def _reported(history: str) -> str:
    """Return the judgement in an entry of Akismet's history, which is PHP-serialised."""
    if "report-spam" in history or "status-changed-spam" in history:
        return "spam"
    return "ham" if "report-ham" in history else ""


def recognise(path: Path, head: bytes) -> bool:
    """Return True for WordPress' namespace, also in a zip whose XML files have it."""
    if head.startswith(ZIP):
        return _zipped(path)
    return b"wordpress.org/export/" in head


def _zipped(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".xml")]
            return any(b"wordpress.org/export/" in archive.open(n).read(65536) for n in names[:50])
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        return False


FORMAT = Format(
    name="wxr",
    label="WordPress",
    source="wordpress",
    read=read,
    recognise=recognise,
    where=staff_sentence(
        "In WordPress, open Tools → Export, choose All content and Download Export File. On"
        " WordPress.com the same page gives a .zip, which does not need to be unpacked. The file"
        " never holds spam; `comment-service import wordpress` brings that as well."
    ),
    limits=staff_sentence(
        "Pingbacks and trackbacks are left out. Comments in the trash come over as rejected."
        " What moderators told Akismet becomes labels. Likes are not in the file."
    ),
)
