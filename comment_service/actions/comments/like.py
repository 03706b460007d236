"""A reader likes a comment or the page, or takes it back. Likes are rows; counts are recounted."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments import single_vote
from comment_service.actions.comments.resolve_author import resolve_author
from comment_service.errors import LikesOff
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rules, sites
from comment_service.storage.comments import threads
from comment_service.storage.db.session import announce, serialise
from comment_service.storage.pages import pages


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
    comment_id: int | None,
    liked: bool | None,
) -> Liked:
    """Set or take back the viewer's like; doing it twice changes nothing. None turns it round.

    Raises:
        CommentGone: the comment is not public on this page (any more).
        LikesOff: the rules of the site, or of the page, allow no likes.
        AlreadyDone: another guest of the same network likes it; an account would count on its own.
    """
    if liked is False and viewer.is_guest and viewer.author_id is None:
        return Liked(False, _count(session, site, page_url, comment_id))
    serialise(session, f"likes {site.id} {page_url}")
    page = _page(session, runtime, site, page_url, taken_back=liked is False)
    comment = None if comment_id is None else single_vote.public_comment(session, page, comment_id)
    known = resolve_author(session=session, runtime=runtime, site_id=site.id, viewer=viewer)
    row = single_vote.signed(session, _row(comment or page), runtime, viewer, known.author.id)
    mine = single_vote.mine(session, row)
    wanted = mine is None if liked is None else liked
    changed = wanted == (mine is None)
    if changed:
        single_vote.give(session, row) if mine is None else single_vote.take_back(session, mine)
        _recount(session, page, comment)
    count = comment.like_count if comment is not None else page.like_count
    if changed:
        signal = events.like_changed.name
        told = {"page_id": page.id, "comment_id": comment_id, "liked": wanted, "count": count}
        announce(session, signal, site.key, **told)
    return Liked(wanted, count, known.visitor)


def _page(
    session: Session, runtime: Runtime, site: t.Site, url: str, *, taken_back: bool
) -> t.Page:
    """Return the page, locked until the end of the transaction.

    Raises:
        LikesOff: the rules allow no likes; those there are can be taken back.
    """
    page = sites.locked_page(session, site_id=site.id, url=url, title="", now=runtime.now())
    if not taken_back and not rules.of_page(runtime.settings, site, page).likes:
        raise LikesOff("Nothing can be liked on this page.")
    return page


def _count(session: Session, site: t.Site, page_url: str, comment_id: int | None) -> int:
    """Return the likes as they are, for someone who has none to take back."""
    page = pages.find(session, site.id, page_url)
    if page is None:
        return 0
    if comment_id is None:
        return page.like_count
    return single_vote.public_comment(session, page, comment_id).like_count


def _recount(session: Session, page: t.Page, comment: t.Comment | None) -> None:
    """Bring the counts into line with the rows."""
    if comment is not None:
        threads.recount_likes(session, comment)
    else:
        threads.touch(session, page.id)


def _row(target: t.Comment | t.Page) -> single_vote.Row:
    """Return the like of a comment or of a page, as yet of nobody."""
    if isinstance(target, t.Page):
        return t.PageLike(page_id=target.id)
    return t.CommentLike(comment_id=target.id)
