"""A reader submits a comment; every way to comment goes through here."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments import flood
from comment_service.actions.comments.on_published import on_published
from comment_service.actions.comments.record_verdict import add_with_verdict, record_shadow_score
from comment_service.actions.comments.request_subscription import request_with_comment
from comment_service.actions.comments.resolve_author import (
    is_guest_author,
    open_guest_session,
    resolve_author,
)
from comment_service.errors import CommentNotFound, IdempotencyKeyReused
from comment_service.identity import GUEST, HOST, Viewer
from comment_service.runtime import Runtime
from comment_service.screening import Submission, model_cache, screen
from comment_service.screening.context import add_context
from comment_service.screening.read_ahead import read_ahead
from comment_service.screening.repeats import text_hash
from comment_service.storage import tables as t
from comment_service.storage.admin import people, rules, sites
from comment_service.storage.comments import links, own
from comment_service.storage.db import outbox, prepared
from comment_service.storage.db.session import announce, serialise
from comment_service.storage.pages import pages
from comment_service.text import markdown

HELD_MAIL = "held_mail"
"""Outbox kind: notify moderators of a pending comment."""


@dataclass(frozen=True)
class Draft:
    """The submitted comment, validated for shape only."""

    page_url: str
    page_title: str
    text: str
    key: str  # idempotency key
    title_is_own: bool = False  # whether the page itself sent its title
    name: str = ""
    email: str = ""
    url: str = ""
    parent_id: int | None = None
    honeypot: str = ""
    seconds: float | None = None
    lang: str = ""
    source_url: str = ""  # the page elsewhere that it is a copy of
    written_at: datetime | None = None  # when it was written there
    privacy_confirmed: bool = False  # ticked that the privacy notice was read
    notify: str = ""  # requested e-mail notifications: "replies", "page" or ""
    read: Submission | None = field(default=None, repr=False)  # set by ``prepare``

    @cached_property
    def html(self) -> str:
        """The text as safe HTML; rendered before the transaction, which blocks other writers."""
        return markdown.render(self.text)


@dataclass(frozen=True)
class SubmitResult:
    """The stored comment; ``visitor`` is a new token for the browser, "" if it has one."""

    comment_id: int
    status: str
    comment: t.Comment = field(repr=False)
    repeated: bool = False
    visitor: str = ""


def prepare(*, session: Session, runtime: Runtime, site: t.Site, draft: Draft) -> Draft:
    """Return the draft with what needs no lock, before the transaction blocks all other writers."""
    model_cache.warm(session, runtime, site.id)
    return replace(draft, read=read_ahead(runtime, site, _text_of(draft)))


def submit(
    *, session: Session, runtime: Runtime, site: t.Site, viewer: Viewer, draft: Draft
) -> SubmitResult:
    """Store a comment with its verdict; a repeated idempotency key returns the first result.

    Raises:
        errors.Refusal: page closed, parent gone, rate limit exceeded, duplicate, key reused.
    """
    site = sites.current(session, site)
    serialise(session, f"key {site.id} {draft.key}")
    if viewer.network:
        serialise(session, f"network {viewer.network}")
    page = sites.locked_page(
        session, site_id=site.id, url=draft.page_url, title=draft.page_title, now=runtime.now()
    )
    submission = _submission(runtime, page, viewer, draft)
    earlier = _find_by_key(session, site.id, draft.key)
    if earlier is not None:
        return _repeated_submission(
            session, runtime, viewer, earlier, text_hash(runtime, submission)
        )
    parent = _require_parent(session, page, draft.parent_id, viewer)
    resolved = resolve_author(session=session, runtime=runtime, site_id=site.id, viewer=viewer)
    submission = with_author(submission, resolved.author).with_context(
        author_is_new=resolved.is_new
    )
    submission = add_context(session, runtime, submission)
    verdict = screen(session, runtime, submission)
    comment = _new_comment(runtime, submission, draft, parent)
    comment.author = resolved.author
    _set_author(session, comment, viewer, draft, is_public=verdict.status == t.PUBLISHED)
    if draft.title_is_own and verdict.status == t.PUBLISHED:  # spam must not rename a page
        pages.update_title(page, draft.page_title)
    add_with_verdict(session, runtime, comment, page, verdict)
    links.add_domains(session, comment, submission.domains)
    record_shadow_score(session, runtime, comment, submission, verdict)
    flood.hold_on_flood(session, runtime, page, submission.rules)
    request_with_comment(session, runtime, comment, kind=draft.notify, lang=draft.lang)
    _announce(session, runtime, site, comment)
    return SubmitResult(comment.id, comment.status, comment, visitor=resolved.visitor)


def _set_author(
    session: Session, comment: t.Comment, viewer: Viewer, draft: Draft, *, is_public: bool
) -> None:
    """Set the identity; a published comment also sets the author's public name."""
    author = comment.author
    built_in = viewer.provider in {GUEST, HOST}
    comment.identity = viewer.provider if built_in else "account"
    comment.provider = "" if built_in else viewer.provider
    # public lists show only names that passed screening
    name, url = (draft.name, draft.url) if is_public else (author.name, author.url)
    people.describe_author(session, author, name=name, email=draft.email, url=url)


_BY_KEY = select(t.Comment.id).where(
    t.Comment.site_id == bindparam("site_id"), t.Comment.idempotency_key == bindparam("key")
)


def _find_by_key(session: Session, site_id: int, key: str) -> t.Comment | None:
    found = prepared.first(session, _BY_KEY, site_id=site_id, key=key)
    return None if found is None else session.get_one(t.Comment, found)


def _repeated_submission(
    session: Session, runtime: Runtime, viewer: Viewer, earlier: t.Comment, text: str
) -> SubmitResult:
    """Answer a repeated key.

    A browser without a session gets one for the guest whose comment it repeats: a lost answer is
    sent again with the same key and text. Nobody gets a session of an account that way.
    """
    if earlier.text_hash != text:
        raise IdempotencyKeyReused(
            "This form was sent before with another text. Reload the form to send it."
        )
    visitor = ""
    is_new = viewer.author_id is None and viewer.is_guest
    if is_new and is_guest_author(session, earlier.author):
        visitor = open_guest_session(session=session, runtime=runtime, author=earlier.author)
    return SubmitResult(earlier.id, earlier.status, earlier, repeated=True, visitor=visitor)


def _require_parent(
    session: Session, page: t.Page, parent_id: int | None, viewer: Viewer
) -> t.Comment | None:
    """Return the parent comment of a reply.

    Raises:
        CommentNotFound: it is not public on this page. A shadow-banned author, who believes that
            their own comments are public, may reply to them.
    """
    if parent_id is None:
        return None
    parent = session.get(t.Comment, parent_id)
    is_here = parent is not None and parent.page_id == page.id
    if parent is None or not is_here or not own.is_public_to(parent, viewer.author_id):
        raise CommentNotFound(
            "The comment you are replying to is gone. Your text is kept: post it as a new comment."
        )
    return parent


def _submission(
    runtime: Runtime,
    page: t.Page,
    viewer: Viewer,
    draft: Draft,
) -> Submission:
    """Return the input of screening, without the author's data."""
    applied = rules.of_page(runtime.settings, page.site, page)
    return (draft.read or _text_of(draft)).with_context(
        site_id=page.site_id,
        page_id=page.id,
        page_title=page.title,
        page_closed=rules.is_closed(page, applied, runtime.now()),
        shielded=flood.is_on_hold(page, runtime.now()),
        rules=applied,
        guest=viewer.is_guest,
        moderator=viewer.moderator,
        owner=viewer.owner,
        writer=viewer.writer,
        network=viewer.network,
    )


def _text_of(draft: Draft) -> Submission:
    """Return the input of screening that the draft alone tells."""
    return Submission(
        text=draft.text,
        html=draft.html,
        parent_id=draft.parent_id,
        name=draft.name,
        email=draft.email,
        url=draft.url,
        source_url=draft.source_url,
        honeypot=draft.honeypot,
        seconds=draft.seconds,
        lang=draft.lang,
    )


def with_author(submission: Submission, author: t.Author) -> Submission:
    """Return the submission with the author's data."""
    return submission.with_context(
        author_id=author.id,
        author_name=author.name,
        author_since=author.created_at,
        author_blocked=bool(author.blocked_at),
        author_shadowed=author.shadowed,
        author_trusted=bool(author.trusted_at),
    )


def _new_comment(
    runtime: Runtime, submission: Submission, draft: Draft, parent: t.Comment | None
) -> t.Comment:
    """Return the new comment with its place in the tree."""
    values: dict[str, object] = {
        "site_id": submission.site_id,
        "page_id": submission.page_id,
        "parent": parent,
        "parent_id": parent.id if parent else None,
        "root_id": parent.root_id if parent else None,
        "depth": parent.depth + 1 if parent else 0,
        "name": draft.name,
        "email": draft.email,
        "url": draft.url,
        "source_url": draft.source_url,
        "written_at": draft.written_at,
        "privacy_confirmed": draft.privacy_confirmed,
        "text": draft.text,
        "html": submission.html,
        "text_hash": text_hash(runtime, submission),
        "likeness": submission.likeness,
        "campaign_id": submission.campaign,
        "idempotency_key": draft.key,
        "network": submission.network,
        "by_moderator": submission.moderator,
        "by_owner": submission.owner,
        "writer": submission.writer,
        "created_at": runtime.now(),
    }
    return prepared.detached(t.Comment, values)


def enqueue_pending_mail(session: Session, runtime: Runtime, comment: t.Comment) -> None:
    """Enqueue the mail about a pending comment; during a flood the flood mail replaces it."""
    if runtime.settings.smtp_url and not flood.is_on_hold(comment.page, runtime.now()):
        outbox.enqueue(session, HELD_MAIL, {"comment_id": comment.id}, runtime.now())


def announce_held_or_filed(session: Session, comment: t.Comment) -> None:
    """Announce that a comment waits now, or was filed as spam; anything else announces nothing."""
    signals = {t.PENDING: events.comment_held, t.SPAM: events.comment_filed}
    if comment.status in signals:
        payload = {"comment_id": comment.id, "page_id": comment.page_id}
        site = session.get_one(t.Site, comment.site_id).key
        announce(session, signals[comment.status].name, site, **payload)


def _announce(session: Session, runtime: Runtime, site: t.Site, comment: t.Comment) -> None:
    """Enqueue mails and announce the comment."""
    if comment.status == t.PENDING:
        enqueue_pending_mail(session, runtime, comment)
    payload = {"comment_id": comment.id, "page_id": comment.page_id}
    submitted = events.comment_submitted.name
    announce(session, submitted, site.key, **payload, status=comment.status)
    announce_held_or_filed(session, comment)
    if comment.status == t.PUBLISHED:
        announce(session, events.comment_published.name, site.key, **payload)
        on_published(session=session, runtime=runtime, comment=comment)
