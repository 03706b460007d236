"""A reader likes a comment or the page, or takes it back. Likes are rows; counts are recounted."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.recognise import recognise
from comment_service.errors import AlreadyDone, CommentGone
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.storage import sites, threads
from comment_service.storage import tables as t
from comment_service.storage.session import announce, serialise


@dataclass(frozen=True)
class Liked:
    """The state after the click; ``visitor`` is a browser's new token, "" where it has one."""

    liked: bool
    count: int
    visitor: str = ""


def like(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    viewer: Viewer,
    page_url: str,
    page_title: str,
    comment_id: int | None,
    liked: bool,
) -> Liked:
    """Set or take back the viewer's like; doing it twice changes nothing.

    Raises:
        CommentGone: the comment is not public on this page (any more).
        AlreadyDone: another guest of the same network likes it; an account would count on its own.
    """
    serialise(session, f"likes {site.id} {page_url}")
    page = sites.ensure_page(
        session, site_id=site.id, url=page_url, title=page_title, now=runtime.now()
    )
    comment = _comment(session, page, comment_id) if comment_id is not None else None
    known = recognise(session=session, runtime=runtime, site_id=site.id, viewer=viewer)
    row = _row(runtime, viewer, known.author.id, comment or page)
    changed = _set(session, row, liked)
    if changed and comment is not None:
        threads.recount_likes(session, comment)
    elif changed:
        threads.touch(session, page.id)
    count = comment.like_count if comment is not None else page.like_count
    if changed:
        signal = events.like_changed.name
        told = {"page_id": page.id, "comment_id": comment_id, "liked": liked, "count": count}
        announce(session, signal, site.key, **told)
    return Liked(liked, count, known.visitor)


def _comment(session: Session, page: t.Page, comment_id: int) -> t.Comment:
    comment = session.get(t.Comment, comment_id)
    if comment is None or comment.page_id != page.id or comment.status != t.PUBLISHED:
        raise CommentGone("This comment is no longer public. Reload the page to see what is.")
    return comment


def _row(
    runtime: Runtime, viewer: Viewer, author_id: int, target: t.Comment | t.Page
) -> t.CommentLike | t.PageLike:
    """Return the like as it would be kept."""
    network = viewer.network or None if viewer.is_guest else None
    if isinstance(target, t.Page):
        row: t.CommentLike | t.PageLike = t.PageLike(page_id=target.id)
    else:
        row = t.CommentLike(comment_id=target.id)
    row.author_id, row.guest_network, row.created_at = author_id, network, runtime.now()
    return row


def _set(session: Session, row: t.CommentLike | t.PageLike, liked: bool) -> bool:
    """Make the rows say what is wanted; return whether anything changed."""
    kind = type(row)
    if isinstance(row, t.PageLike):
        target = t.PageLike.page_id == row.page_id
    else:
        target = t.CommentLike.comment_id == row.comment_id
    mine = session.scalar(select(kind).where(target, kind.author_id == row.author_id))
    if (mine is not None) == liked:
        return False
    if mine is not None:
        session.delete(mine)
        session.flush()
        return True
    shared = select(kind.id).where(target, kind.guest_network == row.guest_network)
    if row.guest_network and session.scalar(shared) is not None:
        raise AlreadyDone("Someone on your network likes this already; it counts once.")
    session.add(row)
    session.flush()
    return True
