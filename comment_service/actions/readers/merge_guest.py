"""Merge a guest into an account: comments, likes, reports and subscriptions move to the account.

Decisions on the guest's comments stay; the caller re-screens pending comments. Pages are locked
before comments, in the same order as in edits, decisions and reports.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from comment_service.actions.comments.resolve_author import is_guest_author
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.comments import threads
from comment_service.storage.db import locks
from comment_service.storage.readers import accounts

Vote = TypeVar("Vote", t.CommentLike, t.PageLike, t.Reaction)
_UNLIMITED = datetime.max.replace(tzinfo=UTC)
_MOVED_TABLES = (t.Comment, t.Report, t.AuthorNote, t.Subscription)


def merge_guest(
    *, session: Session, runtime: Runtime, guest_id: int, author: t.Author, provider: str
) -> None:
    """Move everything of a guest of the same site to an account; the guest's tokens end."""
    guest = session.get(t.Author, guest_id)
    if guest is None or guest.id == author.id or guest.site_id != author.site_id:
        return
    if not is_guest_author(session, guest):
        return
    pages = locks.lock_found_pages(session, lambda: accounts.pages_of(session, guest_id))
    _set_identity(session, guest.id, provider)
    for table in _MOVED_TABLES:
        moved = update(table).where(table.author_id == guest.id).values(author_id=author.id)
        session.execute(moved.execution_options(synchronize_session=False))
    _move_votes(session, guest.id, author.id)
    _merge_reputation(guest, author, runtime.now())
    accounts.add_audit_entry(
        session, author, "guest adopted", {"guest": guest.id}, now=runtime.now()
    )
    session.delete(guest)
    session.flush()
    session.expire_all()
    for page_id in pages:
        threads.bump_revision(session, page_id)


def _set_identity(session: Session, guest_id: int, provider: str) -> None:
    """Set the identity and provider of the guest's comments to those of the account."""
    written = update(t.Comment).where(t.Comment.author_id == guest_id)
    signed = written.values(identity="account", provider=provider)
    session.execute(signed.execution_options(synchronize_session=False))


def _merge_reputation(guest: t.Author, author: t.Author, now: datetime) -> None:
    """Carry over the guest's block (the longer of two), age and name."""
    guest_block, account_block = _blocked_until(guest, now), _blocked_until(author, now)
    if guest_block is not None and (account_block is None or guest_block > account_block):
        author.blocked_at, author.blocked_until = guest.blocked_at, guest.blocked_until
        author.shadowed = guest.shadowed
    author.created_at = min(author.created_at, guest.created_at)
    author.name = author.name or guest.name


def _blocked_until(author: t.Author, now: datetime) -> datetime | None:
    """Return the end of an active block (far future if unlimited), None without one."""
    if author.blocked_at is None:
        return None
    until = author.blocked_until or _UNLIMITED
    return until if until > now else None


def _move_votes(session: Session, guest_id: int, author_id: int) -> None:
    """Move likes and reactions; a duplicate of one that the account has is deleted."""
    guest_likes = _votes_of(session, t.CommentLike, guest_id)
    already_liked = {row.comment_id for row in _votes_of(session, t.CommentLike, author_id)}
    for row in guest_likes:
        _move(session, row, author_id, duplicate=row.comment_id in already_liked)
    pages = {row.page_id for row in _votes_of(session, t.PageLike, author_id)}
    for page in _votes_of(session, t.PageLike, guest_id):
        _move(session, page, author_id, duplicate=page.page_id in pages)
    reactions = {(row.comment_id, row.emoji) for row in _votes_of(session, t.Reaction, author_id)}
    for reaction in _votes_of(session, t.Reaction, guest_id):
        duplicate = (reaction.comment_id, reaction.emoji) in reactions
        _move(session, reaction, author_id, duplicate=duplicate)
    session.flush()
    for comment_id in already_liked & {row.comment_id for row in guest_likes}:
        comment = session.get_one(t.Comment, comment_id)
        threads.on_like_changed(session, comment.page_id, comment)


def _votes_of(session: Session, kind: type[Vote], author_id: int) -> Sequence[Vote]:
    return list(session.scalars(select(kind).where(kind.author_id == author_id)))


def _move(
    session: Session,
    row: t.CommentLike | t.PageLike | t.Reaction,
    author_id: int,
    *,
    duplicate: bool,
) -> None:
    if duplicate:
        session.delete(row)
    else:
        row.author_id = author_id  # guest_network stays, so the network still counts once
