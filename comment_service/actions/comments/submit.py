"""A reader submits a comment: the one way in, for every door."""

from dataclasses import dataclass, replace
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments import flood
from comment_service.actions.comments.on_published import became_public
from comment_service.actions.comments.record_verdict import keep_shadow, record
from comment_service.actions.comments.request_subscription import request_with_comment
from comment_service.actions.comments.resolve_author import open_visit, resolve_author
from comment_service.errors import CommentGone, KeyReused
from comment_service.identity import GUEST, HOST, Viewer
from comment_service.runtime import Runtime
from comment_service.screening import Submission, screen
from comment_service.screening.context import surround
from comment_service.screening.repeats import text_hash
from comment_service.storage import tables as t
from comment_service.storage.admin import rules, sites
from comment_service.storage.comments import links
from comment_service.storage.db import outbox
from comment_service.storage.db.session import announce, serialise
from comment_service.text import markdown

HELD_MAIL = "held_mail"
"""Kind of the outbox row that tells moderators of a held comment."""


@dataclass(frozen=True)
class Draft:
    """What was sent: checked for shape, nothing else."""

    page_url: str
    page_title: str
    text: str
    key: str  # idempotency key
    name: str = ""
    email: str = ""
    url: str = ""
    parent_id: int | None = None
    honeypot: str = ""
    seconds: float | None = None
    lang: str = ""
    notify: str = ""  # "replies" or "page": new comments are wanted by mail

    @cached_property
    def html(self) -> str:
        """The text as safe HTML; made before the transaction, which is the only writer."""
        return markdown.render(self.text)


@dataclass(frozen=True)
class Submitted:
    """What became of it; ``visitor`` is a new token for the browser, "" where it has one."""

    comment_id: int
    status: str
    repeated: bool = False
    visitor: str = ""


def submit(
    *, session: Session, runtime: Runtime, site: t.Site, viewer: Viewer, draft: Draft
) -> Submitted:
    """Store a comment with its verdict; the same key again returns what the first time made.

    Raises:
        errors.Refusal: page closed, parent gone, rate exceeded, said already, key reused.
    """
    serialise(session, f"key {site.id} {draft.key}")
    if viewer.network:
        serialise(session, f"network {viewer.network}")
    page = sites.locked_page(
        session, site_id=site.id, url=draft.page_url, title=draft.page_title, now=runtime.now()
    )
    submission = _submission(runtime, page, viewer, draft)
    earlier = _same_key(session, site.id, draft.key)
    if earlier is not None:
        return _again(session, runtime, viewer, earlier, text_hash(runtime, submission))
    parent = _parent(session, page, draft.parent_id)
    known = resolve_author(session=session, runtime=runtime, site_id=site.id, viewer=viewer)
    submission = surround(session, runtime, by(submission, known.author))
    verdict = screen(session, runtime, submission)
    comment = _new(runtime, submission, draft, parent)
    comment.status = verdict.status
    _sign(comment, known.author, viewer, draft)
    session.add(comment)
    session.flush()
    _connect(session, comment, submission)
    record(session, runtime, comment, verdict)
    keep_shadow(session, runtime, comment, submission, verdict)
    flood.raise_at_a_flood(session, runtime, page, submission.rules)
    request_with_comment(session, runtime, comment, kind=draft.notify, lang=draft.lang)
    _tell(session, runtime, site, comment)
    return Submitted(comment.id, comment.status, visitor=known.visitor)


def _sign(comment: t.Comment, author: t.Author, viewer: Viewer, draft: Draft) -> None:
    """Note who wrote it, and what they call themselves where that was let through."""
    comment.author, author.email = author, draft.email
    known = viewer.provider in {GUEST, HOST}
    comment.identity = viewer.provider if known else "account"
    comment.provider = "" if known else viewer.provider
    if comment.status == t.PUBLISHED:  # a name in public lists has to be one that was let through
        author.name, author.url = draft.name, draft.url


def _connect(session: Session, comment: t.Comment, submission: Submission) -> None:
    """Note what it stands under, what it is a copy of and where it leads."""
    comment.root_id = comment.root_id or comment.id
    comment.campaign_id = submission.campaign or comment.id
    links.note(session, comment, submission.domains)


def _same_key(session: Session, site_id: int, key: str) -> t.Comment | None:
    query = select(t.Comment).where(t.Comment.site_id == site_id, t.Comment.idempotency_key == key)
    return session.scalar(query)


def _again(
    session: Session, runtime: Runtime, viewer: Viewer, earlier: t.Comment, text: str
) -> Submitted:
    """Answer a repeated key; whoever knows key and text is the one who sent it."""
    if earlier.text_hash != text:
        raise KeyReused("This form was sent before with another text. Reload the form to send it.")
    visitor = ""
    if viewer.author_id is None and viewer.is_guest:
        visitor = open_visit(session=session, runtime=runtime, author=earlier.author)
    return Submitted(earlier.id, earlier.status, repeated=True, visitor=visitor)


def _parent(session: Session, page: t.Page, parent_id: int | None) -> t.Comment | None:
    """Return the comment that is answered.

    Raises:
        CommentGone: it is not public on this page (any more).
    """
    if parent_id is None:
        return None
    parent = session.get(t.Comment, parent_id)
    if parent is None or parent.page_id != page.id or parent.status != t.PUBLISHED:
        raise CommentGone(
            "The comment you answer is no longer here. Your text is kept: send it as a new comment."
        )
    return parent


def _submission(
    runtime: Runtime,
    page: t.Page,
    viewer: Viewer,
    draft: Draft,
) -> Submission:
    """Gather what screening looks at, but for the author."""
    own = rules.of_page(runtime.settings, page.site, page)
    return Submission(
        text=draft.text,
        html=draft.html,
        parent_id=draft.parent_id,
        name=draft.name,
        email=draft.email,
        url=draft.url,
        site_id=page.site_id,
        page_id=page.id,
        page_title=page.title,
        page_closed=rules.is_closed(page, own, runtime.now()),
        shielded=flood.is_up(page, runtime.now()),
        rules=own,
        guest=viewer.is_guest,
        moderator=viewer.moderator,
        writer=viewer.writer,
        network=viewer.network,
        seconds=draft.seconds,
        honeypot=draft.honeypot,
        lang=draft.lang,
    )


def by(submission: Submission, author: t.Author) -> Submission:
    """Return the submission with what is known of its author."""
    return replace(
        submission,
        author_id=author.id,
        author_since=author.created_at,
        author_blocked=bool(author.blocked_at),
        author_shadowed=author.shadowed,
        author_trusted=bool(author.trusted_at),
    )


def _new(
    runtime: Runtime, submission: Submission, draft: Draft, parent: t.Comment | None
) -> t.Comment:
    """Return the comment with its place in the tree."""
    return t.Comment(
        site_id=submission.site_id,
        page_id=submission.page_id,
        parent_id=parent.id if parent else None,
        root_id=parent.root_id if parent else None,
        depth=parent.depth + 1 if parent else 0,
        name=draft.name,
        email=draft.email,
        url=draft.url,
        text=draft.text,
        html=draft.html,
        text_hash=text_hash(runtime, submission),
        likeness=submission.likeness,
        idempotency_key=draft.key,
        network=submission.network,
        by_moderator=submission.moderator,
        writer=submission.writer,
        created_at=runtime.now(),
    )


def owe_mail(session: Session, runtime: Runtime, comment: t.Comment) -> None:
    """Owe moderators the mail about a comment that waits, unless a flood was told of."""
    if runtime.settings.smtp_url and not flood.is_up(comment.page, runtime.now()):
        outbox.put(session, HELD_MAIL, {"comment_id": comment.id}, runtime.now())


def _tell(session: Session, runtime: Runtime, site: t.Site, comment: t.Comment) -> None:
    """Owe what must be delivered and announce what happened."""
    if comment.status == t.PENDING:
        owe_mail(session, runtime, comment)
    told = {"comment_id": comment.id, "page_id": comment.page_id}
    submitted = events.comment_submitted.name
    announce(session, submitted, site.key, **told, status=comment.status)
    if comment.status == t.PUBLISHED:
        announce(session, events.comment_published.name, site.key, **told)
        became_public(session=session, runtime=runtime, comment=comment)
