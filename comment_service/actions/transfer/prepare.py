"""Compute everything about an imported comment that needs no database: text, HTML, keys."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from html import unescape

from comment_service.runtime import Runtime
from comment_service.screening.repeats import text_hash
from comment_service.screening.submission import Submission
from comment_service.text import imported, markdown
from comment_service.text.names import clean_mailbox, clean_name, clean_website
from comment_service.transfer.records import (
    DELETED,
    HTML,
    LINES,
    PLAIN,
    PUBLISHED,
    REJECTED,
    SPAM,
    CommentRecord,
)
from comment_service.transfer.spool import SpooledComment

_FRAGMENT = re.compile(r"[A-Za-z][\w-]{0,127}|[0-9a-f]{24,64}", re.ASCII)
"""What can be an element's id and part of an address without being changed."""
MAX_TEXT = 200_000
"""Longest text in characters; no comment form takes that much."""
STATUS_WEIGHT = 0.5
"""Weight of the label of a comment that was public or spam at the source."""
_SPAM_IN_TRASH = (REJECTED, SPAM)
DECISION_WEIGHT = 0.8
"""Weight of a label that a moderator at the source gave; a decision made here weighs 1."""


@dataclass(frozen=True)
class Prepared:
    """A comment that is ready to be stored.

    ``author_key`` is a keyed hash that is the same for all comments of an author at the source.
    """

    spooled: SpooledComment
    status: str
    name: str
    email: str
    url: str
    text: str
    html: str
    text_hash: str
    likeness: str
    domains: Collection[str]
    author_key: str
    key: str
    created: datetime
    edited: datetime | None
    fragment: str
    notes: tuple[str, ...]

    @property
    def record(self) -> CommentRecord:
        """Return the record."""
        return self.spooled.record

    @property
    def label(self) -> tuple[str, float] | None:
        """Return (label, weight) of the comment's judgement at the source, None without one."""
        by_status = {PUBLISHED: "ham", SPAM: "spam", REJECTED: "rejected"}.get(self.status)
        decided = self.record.decision
        if decided and (by_status in {None, decided} or (by_status, decided) == _SPAM_IN_TRASH):
            return decided, DECISION_WEIGHT
        if by_status is None or (decided and by_status != "rejected"):
            return None
        return by_status, STATUS_WEIGHT


def prepare(runtime: Runtime, source: str, spooled: SpooledComment) -> Prepared:
    """Return a comment ready to be stored; runs outside a transaction, because it takes time.

    WordPress and others store names and websites as HTML, so ``&amp;`` is one character.
    """
    record, notes = spooled.record, []
    text = markdown.normalize_source(_markdown(record))
    status = record.status
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT]
        notes.append("text_shortened")
    if not text and status != DELETED:
        notes.append("no_text")
        status = DELETED
    text = "" if status == DELETED else text
    html = imported.rendered(text) if text else ""
    submission = Submission(text=text, html=html, url=_website(record.website))
    name, email = clean_name(unescape(record.name))[:200], _mailbox(record.email)
    kept = status != DELETED
    created = min(record.created or runtime.now(), runtime.now())
    edited = record.edited
    if edited is not None and not created < edited <= runtime.now():
        edited = None
    return Prepared(
        spooled=spooled,
        status=status,
        name=name if kept else "",
        email=email if kept else "",
        url=submission.url if kept else "",
        text=text,
        html=html,
        text_hash=text_hash(runtime, submission) if kept else "",
        likeness=submission.likeness if kept else "",
        domains={domain[:255] for domain in submission.domains} if kept else (),
        author_key=runtime.keyed_hash("imported author", _author(record, email)),
        key=runtime.keyed_hash("imported comment", f"{source} {record.source_id}"),
        created=created,
        edited=edited,
        fragment=record.fragment if _FRAGMENT.fullmatch(record.fragment) else "",
        notes=tuple(notes),
    )


def _markdown(record: CommentRecord) -> str:
    body = record.body[: MAX_TEXT * 2]
    if record.markup in {HTML, LINES}:
        return imported.from_html(body, line_breaks=record.markup == LINES)
    return imported.from_plain(body) if record.markup == PLAIN else imported.from_markdown(body)


def _author(record: CommentRecord, email: str) -> str:
    """Return what tells authors apart: the source's id, else the address, else name and website."""
    if record.author_id:
        return f"id {record.author_id}"
    if email:
        return f"email {email.lower()}"
    return f"name {record.name} {record.website}"


def _website(typed: str) -> str:
    if not typed or typed.lower() in {"undefined", "null", "none", "http://", "https://"}:
        return ""
    return clean_website(unescape(typed))[:2000] if len(typed) <= 2000 else ""


def _mailbox(typed: str) -> str:
    return clean_mailbox(typed) if "@" in typed and len(typed) <= 320 else ""
