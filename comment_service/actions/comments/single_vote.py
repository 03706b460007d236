"""Likes and reactions: one row per author and target; unverified readers also one per network."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from comment_service.errors import AlreadyDone, CommentNotFound, NotAllowed
from comment_service.identity import HOST, Viewer
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.comments import own
from comment_service.storage.readers import accounts
from comment_service.text.sentences import sentence

Vote = t.CommentLike | t.PageLike | t.Reaction
_LIKES = sentence("Someone on your network already likes this; it counts once.")
_GAVE = sentence("Someone on your network already reacted this way; it counts once.")


def public_comment(session: Session, page: t.Page, comment_id: int, viewer: Viewer) -> t.Comment:
    """Return a comment that can be liked or reacted to.

    Raises:
        CommentNotFound: it is not public to the viewer on this page (``own.is_public_to``).
    """
    comment = session.get(t.Comment, comment_id)
    is_here = comment is not None and comment.page_id == page.id
    if comment is None or not is_here or not own.is_public_to(comment, viewer.author_id):
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


@dataclass(frozen=True)
class Change:
    """What became of a vote.

    Attributes:
        given: whether the author sees it as given now.
        counted: whether the public count changed.
        unseen: votes that only their shadow-banned author sees counted: 1 or 0.
    """

    given: bool
    counted: bool = False
    unseen: int = 0


def change(session: Session, row: Vote, wanted: bool | None) -> Change:
    """Give or withdraw a vote; ``wanted`` None toggles it. Idempotent.

    Raises:
        NotAllowed: a moderator blocked the author.
        AlreadyDone: another guest of the same network has one; with an account it would count.
    """
    existing = find_existing(session, row)
    given = existing is None if wanted is None else wanted
    if existing is not None and given:
        return Change(given, unseen=int(existing.unseen))
    if existing is not None:
        remove(session, existing)
        return Change(given, counted=not existing.unseen)
    if not given:
        return Change(given)
    add(session, row)
    return Change(given, counted=not row.unseen, unseen=int(row.unseen))


def find_existing(session: Session, row: Vote) -> Vote | None:
    """Return the author's existing row for the same target, None if there is none."""
    kind = type(row)
    existing = session.scalar(
        select(kind).where(*_same_target(row), kind.author_id == row.author_id)
    )
    return existing if isinstance(existing, kind) else None


def add(session: Session, row: Vote) -> None:
    """Store a new row; that of a shadow-banned author is counted for the author alone.

    Raises:
        NotAllowed: a moderator blocked the author.
        AlreadyDone: another guest of the same network has one; with an account it would count.
    """
    kind = type(row)
    author = session.get_one(t.Author, row.author_id)
    row.unseen = accounts.is_blocked(author, row.created_at)
    if row.unseen and not author.shadowed:
        raise NotAllowed("You cannot like or react here at the moment.")
    shared = select(kind.id).where(*_same_target(row), kind.guest_network == row.guest_network)
    if row.guest_network and session.scalar(shared) is not None:
        raise AlreadyDone(_GAVE if isinstance(row, t.Reaction) else _LIKES)
    if row.unseen:
        row.guest_network = None  # another reader of the network can still give a vote that counts
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
