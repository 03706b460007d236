"""What a reader gives a comment or a page once: a like, an emoji. Rows; guests once a network."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from comment_service.errors import AlreadyDone, CommentGone, NotAllowed
from comment_service.identity import HOST, Viewer
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.readers import accounts
from comment_service.text.sentences import sentence

Row = t.CommentLike | t.PageLike | t.Reaction
_LIKES = sentence("Someone on your network likes this already; it counts once.")
_GAVE = sentence("Someone on your network gave this already; it counts once.")


def public_comment(session: Session, page: t.Page, comment_id: int) -> t.Comment:
    """Return a comment of a page to which something can be given.

    Raises:
        CommentGone: it is not public on this page (any more).
    """
    comment = session.get(t.Comment, comment_id)
    if comment is None or comment.page_id != page.id or comment.status != t.PUBLISHED:
        raise CommentGone("This comment is no longer public. Reload the page to see what is.")
    return comment


def signed(session: Session, row: Row, runtime: Runtime, viewer: Viewer, author_id: int) -> Row:
    """Return a row with who gives it; whom nobody vouches for speaks for the network as well.

    So new tokens, or new keys, from one network do not count up.
    """
    alone = viewer.provider == HOST or accounts.is_vouched_for(
        session, author_id, runtime.providers
    )
    row.guest_network = None if alone else viewer.network or None
    row.author_id, row.created_at = author_id, runtime.now()
    return row


def mine(session: Session, row: Row) -> Row | None:
    """Return what this author has given already that is the same."""
    kind = type(row)
    found = session.scalar(select(kind).where(*_same(row), kind.author_id == row.author_id))
    return found if isinstance(found, kind) else None


def give(session: Session, row: Row) -> None:
    """Keep a row that its author has not given yet; of one blocked unawares, nothing is kept.

    Raises:
        NotAllowed: a moderator blocked them, and they know of it.
        AlreadyDone: another guest of the same network gave it; an account would count on its own.
    """
    kind = type(row)
    author = session.get_one(t.Author, row.author_id)
    if accounts.stands_blocked(author, row.created_at):
        if author.shadowed:
            return
        raise NotAllowed("You cannot like or react here at the moment.")
    shared = select(kind.id).where(*_same(row), kind.guest_network == row.guest_network)
    if row.guest_network and session.scalar(shared) is not None:
        raise AlreadyDone(_GAVE if isinstance(row, t.Reaction) else _LIKES)
    session.add(row)
    session.flush()


def take_back(session: Session, row: Row) -> None:
    """Delete a row that was given."""
    session.delete(row)
    session.flush()


def _same(row: Row) -> tuple[ColumnElement[bool], ...]:
    """Select what is given to the same comment or page, and says the same."""
    if isinstance(row, t.PageLike):
        return (t.PageLike.page_id == row.page_id,)
    if isinstance(row, t.Reaction):
        return t.Reaction.comment_id == row.comment_id, t.Reaction.emoji == row.emoji
    return (t.CommentLike.comment_id == row.comment_id,)
