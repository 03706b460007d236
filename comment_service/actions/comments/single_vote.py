"""Likes and reactions: one row per author and target; unverified readers also one per network."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from comment_service.errors import AlreadyDone, CommentNotFound, NotAllowed
from comment_service.identity import HOST, Viewer
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.readers import accounts
from comment_service.text.sentences import sentence

Vote = t.CommentLike | t.PageLike | t.Reaction
_LIKES = sentence("Someone on your network likes this already; it counts once.")
_GAVE = sentence("Someone on your network gave this already; it counts once.")


def public_comment(session: Session, page: t.Page, comment_id: int) -> t.Comment:
    """Return a comment that can be liked or reacted to.

    Raises:
        CommentNotFound: it is not public on this page.
    """
    comment = session.get(t.Comment, comment_id)
    if comment is None or comment.page_id != page.id or comment.status != t.PUBLISHED:
        raise CommentNotFound("This comment is no longer public. Reload the page to see what is.")
    return comment


def with_author(
    session: Session, row: Vote, runtime: Runtime, viewer: Viewer, author_id: int
) -> Vote:
    """Set the author of a row, and the network if no trusted provider verified the author.

    So new tokens or passkeys from one network do not add up.
    """
    counts_alone = viewer.provider == HOST or accounts.is_vouched_for(
        session, author_id, runtime.providers
    )
    row.guest_network = None if counts_alone else viewer.network or None
    row.author_id, row.created_at = author_id, runtime.now()
    return row


def find_existing(session: Session, row: Vote) -> Vote | None:
    """Return the author's existing row for the same target, None if there is none."""
    kind = type(row)
    existing = session.scalar(
        select(kind).where(*_same_target(row), kind.author_id == row.author_id)
    )
    return existing if isinstance(existing, kind) else None


def add(session: Session, row: Vote) -> None:
    """Store a new row; for a shadow-banned author, silently store nothing.

    Raises:
        NotAllowed: a moderator blocked the author.
        AlreadyDone: another guest of the same network has one; with an account it would count.
    """
    kind = type(row)
    author = session.get_one(t.Author, row.author_id)
    if accounts.is_blocked(author, row.created_at):
        if author.shadowed:
            return
        raise NotAllowed("You cannot like or react here at the moment.")
    shared = select(kind.id).where(*_same_target(row), kind.guest_network == row.guest_network)
    if row.guest_network and session.scalar(shared) is not None:
        raise AlreadyDone(_GAVE if isinstance(row, t.Reaction) else _LIKES)
    session.add(row)
    session.flush()


def remove(session: Session, row: Vote) -> None:
    """Delete a row."""
    session.delete(row)
    session.flush()


def _same_target(row: Vote) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that select rows with the same target and emoji."""
    if isinstance(row, t.PageLike):
        return (t.PageLike.page_id == row.page_id,)
    if isinstance(row, t.Reaction):
        return t.Reaction.comment_id == row.comment_id, t.Reaction.emoji == row.emoji
    return (t.CommentLike.comment_id == row.comment_id,)
