"""A guest turns out to be somebody: what they wrote, liked and asked for goes over to the account.

What a moderator said of the guest stays said; what waits is judged anew by whoever calls this.
The pages are locked before any comment is, as whoever edits, decides or reports does it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from comment_service.identity import GUEST
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.comments import threads
from comment_service.storage.db import locks
from comment_service.storage.readers import accounts

Row = TypeVar("Row", t.CommentLike, t.PageLike, t.Reaction)
_FOR_EVER = datetime.max.replace(tzinfo=UTC)
_MOVED = (t.Comment, t.Report, t.AuthorNote, t.Subscription)


def adopt(
    *, session: Session, runtime: Runtime, guest_id: int, author: t.Author, provider: str
) -> None:
    """Give an account what a guest of the same site has; the guest's tokens end."""
    guest = session.get(t.Author, guest_id)
    if guest is None or guest.id == author.id or guest.site_id != author.site_id:
        return
    if {identity.provider for identity in accounts.identities(session, guest.id)} != {GUEST}:
        return
    pages = locks.found(session, lambda: accounts.pages_of(session, guest_id))
    _sign(session, guest.id, provider)
    for table in _MOVED:
        moved = update(table).where(table.author_id == guest.id).values(author_id=author.id)
        session.execute(moved.execution_options(synchronize_session=False))
    _likes(session, guest.id, author.id)
    _know(guest, author, runtime.now())
    accounts.note(session, author, "guest adopted", {"guest": guest.id}, now=runtime.now())
    session.delete(guest)
    session.flush()
    session.expire_all()
    for page_id in pages:
        threads.touch(session, page_id)


def _sign(session: Session, guest_id: int, provider: str) -> None:
    """Have comments say through whom their author is known now."""
    written = update(t.Comment).where(t.Comment.author_id == guest_id)
    signed = written.values(identity="account", provider=provider)
    session.execute(signed.execution_options(synchronize_session=False))


def _know(guest: t.Author, author: t.Author, now: datetime) -> None:
    """Carry over what is known of the guest, for better or worse: of two blocks the longer one."""
    theirs, own = _blocked_until(guest, now), _blocked_until(author, now)
    if theirs is not None and (own is None or theirs > own):
        author.blocked_at, author.blocked_until = guest.blocked_at, guest.blocked_until
        author.shadowed = guest.shadowed
    author.created_at = min(author.created_at, guest.created_at)
    author.name = author.name or guest.name


def _blocked_until(author: t.Author, now: datetime) -> datetime | None:
    """Return until when a block stands, for ever where nobody said; None where none stands."""
    if author.blocked_at is None:
        return None
    until = author.blocked_until or _FOR_EVER
    return until if until > now else None


def _likes(session: Session, guest_id: int, author_id: int) -> None:
    """Move likes and reactions; where the account has the same one already, one of two goes."""
    liked = _given(session, t.CommentLike, guest_id)
    doubled = {row.comment_id for row in _given(session, t.CommentLike, author_id)}
    for row in liked:
        _move(session, row, author_id, twice=row.comment_id in doubled)
    pages = {row.page_id for row in _given(session, t.PageLike, author_id)}
    for page in _given(session, t.PageLike, guest_id):
        _move(session, page, author_id, twice=page.page_id in pages)
    felt = {(row.comment_id, row.emoji) for row in _given(session, t.Reaction, author_id)}
    for reaction in _given(session, t.Reaction, guest_id):
        twice = (reaction.comment_id, reaction.emoji) in felt
        _move(session, reaction, author_id, twice=twice)
    session.flush()
    for comment_id in doubled & {row.comment_id for row in liked}:
        threads.recount_likes(session, session.get_one(t.Comment, comment_id))


def _given(session: Session, kind: type[Row], author_id: int) -> Sequence[Row]:
    return list(session.scalars(select(kind).where(kind.author_id == author_id)))


def _move(
    session: Session, row: t.CommentLike | t.PageLike | t.Reaction, author_id: int, *, twice: bool
) -> None:
    if twice:
        session.delete(row)
    else:
        row.author_id = author_id  # its network stays counted
