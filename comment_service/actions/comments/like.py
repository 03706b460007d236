"""A reader likes a comment or a page, or withdraws the like. Triggers keep the counts."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments import single_vote
from comment_service.actions.comments.resolve_author import resolve_author
from comment_service.errors import LikesDisabled
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rules, sites
from comment_service.storage.comments import threads
from comment_service.storage.db.session import announce, serialise
from comment_service.storage.pages import pages


@dataclass(frozen=True)
class LikeResult:
    """The new state; ``visitor`` is a new token for the browser, "" if it has one."""

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
) -> LikeResult:
    """Set or withdraw the viewer's like; ``liked`` None toggles it. Idempotent.

    Raises:
        CommentNotFound: the comment is not public on this page.
        LikesDisabled: the rules of the site or page allow no likes.
        AlreadyDone: another guest of the same network likes it; with an account the like would
            count.
    """
    if liked is False and viewer.is_guest and viewer.author_id is None:
        return LikeResult(False, _current_count(session, site, page_url, comment_id, viewer))
    serialise(session, f"likes {site.id} {page_url}")
    page = _locked_page(session, runtime, site, page_url, taken_back=liked is False)
    comment = (
        single_vote.public_comment(session, page, comment_id, viewer)
        if comment_id is not None
        else None
    )
    resolved = resolve_author(session=session, runtime=runtime, site_id=site.id, viewer=viewer)
    row = single_vote.with_author(
        session, _new_like(comment or page), runtime, viewer, resolved.author.id
    )
    changed = single_vote.change(session, row, liked)
    if changed.counted:
        threads.on_like_changed(session, page.id, comment)
    count = (comment.like_count if comment is not None else page.like_count) + changed.unseen
    if changed.counted:
        signal, given = events.like_changed.name, changed.given
        payload = {"page_id": page.id, "comment_id": comment_id, "liked": given, "count": count}
        announce(session, signal, site.key, **payload)
    return LikeResult(changed.given, count, resolved.visitor)


def _locked_page(
    session: Session, runtime: Runtime, site: t.Site, url: str, *, taken_back: bool
) -> t.Page:
    """Return the page, locked until the end of the transaction.

    Raises:
        LikesDisabled: the rules allow no likes; existing ones can be withdrawn.
    """
    page = sites.locked_page(session, site_id=site.id, url=url, title="", now=runtime.now())
    if not taken_back and not rules.of_page(runtime.settings, site, page).likes:
        raise LikesDisabled("Nothing can be liked on this page.")
    return page


def _current_count(
    session: Session, site: t.Site, page_url: str, comment_id: int | None, viewer: Viewer
) -> int:
    """Return the current number of likes, for a viewer who has none to withdraw."""
    page = pages.find(session, site.id, page_url)
    if page is None:
        return 0
    if comment_id is None:
        return page.like_count
    return single_vote.public_comment(session, page, comment_id, viewer).like_count


def _new_like(target: t.Comment | t.Page) -> single_vote.Vote:
    """Return a new like of a comment or a page, without an author."""
    if isinstance(target, t.Page):
        return t.PageLike(page_id=target.id)
    return t.CommentLike(comment_id=target.id)
