"""Two threads become one: everything of one page goes over to another of its site."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.pages.edit_page import locked
from comment_service.errors import InvalidFields, NotThere
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import threads
from comment_service.storage.db.session import announce
from comment_service.storage.pages import moves, pages


@dataclass(frozen=True)
class Merging:
    """What a merge does, said before it is done.

    ``comments`` go over, whatever their status, ``published`` of them public; ``likes`` are the
    page's own, of which ``likes_twice`` count once; so with the ``subscriptions``. ``unpins`` says
    that a comment which stands first on its page no longer does.
    """

    gone: t.Page
    page: t.Page
    comments: int
    published: int
    likes: int
    likes_twice: int
    subscriptions: int
    subscriptions_twice: int
    unpins: bool


def preview(*, session: Session, moderator_id: int | None, page_id: int, into_id: int) -> Merging:
    """Return what merging one page into another would do; nothing is changed.

    Raises:
        NotThere: one of them is not where the moderator decides.
        InvalidFields: they are one page, or of two sites.
    """
    gone, page = (rights.page(session, moderator_id, one) for one in (page_id, into_id))
    _refuse_strange(gone, page)
    comments = select(func.count()).where(t.Comment.page_id == gone.id)
    likes, likes_twice = moves.count_likes(session, gone.id, page.id)
    wishes, wishes_twice = moves.count_subscriptions(session, gone.id, page.id)
    return Merging(
        gone=gone,
        page=page,
        comments=session.scalar(comments) or 0,
        published=gone.comment_count,
        likes=likes,
        likes_twice=likes_twice,
        subscriptions=wishes,
        subscriptions_twice=wishes_twice,
        unpins=gone.pinned_id is not None,
    )


def merge(
    *,
    session: Session,
    runtime: Runtime,
    page_id: int,
    into_id: int,
    actor: str,
    moderator_id: int | None = None,
) -> t.Page:
    """Give another page the comments, likes, subscriptions and addresses of a page, which goes.

    Rules, address and the comment that stands first stay as they are on the other page; it counts
    as begun when the older one was. Its revision is above both, so that nothing kept under either
    is shown again.

    Raises:
        NotThere: one of them is not where the moderator decides.
        InvalidFields: they are one page, or of two sites.
    """
    gone, page = locked(session, moderator_id, page_id, into_id)
    _refuse_strange(gone, page)
    url, site = gone.url, session.get_one(t.Site, page.site_id).key
    _know(gone, page)
    session.flush()
    moved = moves.comments(session, gone.id, page.id)
    moves.likes(session, gone.id, page.id)
    moves.subscriptions(session, gone.id, page.id)
    moves.beside(session, gone.id, page.id)
    session.execute(delete(t.Page).where(t.Page.id == gone.id))
    session.expire_all()
    pages.alias(session, page, url, runtime.now())
    after = {"merged": url, "comments": moved}
    pages.note(session, page, before={}, after=after, actor=actor, now=runtime.now())
    threads.touch(session, page.id)
    told = {"page_id": into_id, "gone_id": page_id, "gone_url": url, "comments": moved}
    announce(session, events.pages_merged.name, site, **told)
    return page


def _refuse_strange(gone: t.Page, page: t.Page) -> None:
    """Refuse to merge a page with itself, or with another site's.

    Raises:
        InvalidFields: they are one page.
        NotThere: they are of two sites.
    """
    if gone.id == page.id:
        raise InvalidFields({"url": ["That is the same thread."]})
    if gone.site_id != page.site_id:
        raise NotThere(rights.NO_PAGE)


def _know(gone: t.Page, page: t.Page) -> None:
    """Carry over what is known of the page that goes."""
    page.title = page.title or gone.title
    page.created_at = min(page.created_at, gone.created_at)
    page.revision = max(page.revision, gone.revision)
    holds = [until for until in (page.shield_until, gone.shield_until) if until is not None]
    page.shield_until = max(holds, default=None)
