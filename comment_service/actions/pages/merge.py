"""Merge two threads: everything of a page moves to another page of its site."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.pages.edit_page import lock_pages
from comment_service.errors import DoesNotExist, InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import threads
from comment_service.storage.db.session import announce
from comment_service.storage.pages import moves, pages, syndicated_threads
from comment_service.text.sentences import staff_sentence


@dataclass(frozen=True)
class MergePreview:
    """The effect of a merge, for confirmation.

    ``comments`` is the number that moves, with any status; ``published`` of them are public.
    ``likes`` are the page's own, of which ``likes_twice`` are duplicates; likewise for
    ``subscriptions``. ``unpins`` is True if the page's pinned comment is unpinned.
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


def preview(
    *, session: Session, moderator_id: int | None, page_id: int, into_id: int
) -> MergePreview:
    """Return the effect of merging a page into another; nothing is changed.

    Raises:
        DoesNotExist: one of them is not on the moderator's sites.
        InvalidFields: they are the same page.
    """
    gone, page = (rights.require_page(session, moderator_id, key) for key in (page_id, into_id))
    _require_mergeable(gone, page)
    comments = select(func.count()).where(t.Comment.page_id == gone.id)
    likes, likes_twice = moves.count_likes(session, gone.id, page.id)
    subscriptions, subscriptions_twice = moves.count_subscriptions(session, gone.id, page.id)
    return MergePreview(
        gone=gone,
        page=page,
        comments=session.scalar(comments) or 0,
        published=gone.comment_count,
        likes=likes,
        likes_twice=likes_twice,
        subscriptions=subscriptions,
        subscriptions_twice=subscriptions_twice,
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
    """Move a page's comments, likes, subscriptions and URLs to another page, and delete the page.

    The other page keeps its rules, URL and pinned comment, and gets the older creation time. Its
    revision becomes higher than both, so that no cached fragment of either page is shown again.

    Raises:
        DoesNotExist: one of them is not on the moderator's sites.
        InvalidFields: they are the same page.
    """
    gone, page = lock_pages(session, moderator_id, page_id, into_id)
    _require_mergeable(gone, page)
    url, site = gone.url, session.get_one(t.Site, page.site_id).key
    _merge_fields(gone, page)
    session.flush()
    moved = moves.move_comments(session, gone.id, page.id)
    moves.move_likes(session, gone.id, page.id)
    moves.move_subscriptions(session, gone.id, page.id)
    moves.move_aliases_and_floods(session, gone.id, page.id)
    syndicated_threads.move(session, gone.id, page.id, runtime.now())
    session.execute(delete(t.Page).where(t.Page.id == gone.id))
    session.expire_all()
    pages.add_alias(session, page, url, runtime.now())
    after = {"merged": url, "comments": moved}
    pages.add_audit_entry(session, page, before={}, after=after, actor=actor, now=runtime.now())
    threads.bump_revision(session, page.id)
    payload = {"page_id": into_id, "gone_id": page_id, "gone_url": url, "comments": moved}
    announce(session, events.pages_merged.name, site, **payload)
    return page


def _require_mergeable(gone: t.Page, page: t.Page) -> None:
    """Check that two pages can be merged.

    Raises:
        InvalidFields: they are the same page.
        DoesNotExist: they belong to different sites.
    """
    if gone.id == page.id:
        raise InvalidFields({"url": [staff_sentence("That is the same thread.")]})
    if gone.site_id != page.site_id:
        raise DoesNotExist(rights.NO_PAGE)


def _merge_fields(gone: t.Page, page: t.Page) -> None:
    """Carry over title, age, revision and flood hold of the deleted page."""
    if not page.title or (gone.title_by_moderator and not page.title_by_moderator):
        page.title, page.title_by_moderator = gone.title, gone.title_by_moderator
    page.created_at = min(page.created_at, gone.created_at)
    page.revision = max(page.revision, gone.revision)
    holds = [until for until in (page.shield_until, gone.shield_until) if until is not None]
    page.shield_until = max(holds, default=None)
