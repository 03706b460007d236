"""Operations on pages and their public threads."""

from comment_service.actions.moderation.trust_author import close_page
from comment_service.actions.pages import send_webmentions as sending
from comment_service.actions.pages import syndicate
from comment_service.actions.pages.edit_page import retitle
from comment_service.errors import DoesNotExist, InvalidFields
from comment_service.storage import tables as t
from comment_service.storage.comments import threads
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import page_lists, pages, syndicated_threads
from comment_service.text import addresses
from comment_service.web.api import present, shapes
from comment_service.web.api.caller import Caller
from comment_service.web.http.context import runtime

FIRST_REPLIES = 20
"""Replies that a thread shows below each top-level comment."""


def list_pages(caller: Caller, query: shapes.PageQuery) -> shapes.PageList:
    """List or search pages."""
    site = caller.site(query.site)
    found = page_lists.search_pages(
        session(), site.id, words=query.search or "", before=query.before, limit=query.limit
    )
    return shapes.PageList(
        items=[present.page(row, site) for row in found.pages],
        next=str(found.following) if found.following else None,
    )


def get_page(caller: Caller, page_id: int) -> shapes.Page:
    """Get a page."""
    row = caller.page(page_id)
    return present.page(row, row.site)


def change_page(caller: Caller, page_id: int, body: shapes.PageChange) -> shapes.Page:
    """Change a page's title, or close or reopen its thread."""
    caller.page(page_id)
    with transaction() as current:
        row = caller.page(page_id)
        if body.title is not None:
            retitle(
                session=current,
                runtime=runtime(),
                page_id=page_id,
                title=body.title,
                actor=caller.actor,
                moderator_id=caller.moderator_id,
            )
        if body.closed is not None:
            close_page(
                session=current,
                runtime=runtime(),
                site_id=row.site_id,
                url=row.url,
                closed=body.closed,
                moderator_id=caller.moderator_id,
            )
    row = caller.page(page_id)
    return present.page(row, row.site)


def send_webmentions(caller: Caller, page_id: int) -> shapes.WebmentionOrder:
    """Tell every site that a page links to, by Webmention."""
    caller.page(page_id)
    with transaction() as current:
        row = caller.page(page_id)
        order = sending.order(session=current, runtime=runtime(), site=row.site, url=row.url)
        return shapes.WebmentionOrder(url=order.url)


def list_posts(caller: Caller, page_id: int, query: shapes.NoQuery) -> shapes.PostList:
    """List the posts on Mastodon and Bluesky whose replies a page shows."""
    caller.page(page_id)
    rows = syndicated_threads.of_page(session(), page_id)
    return shapes.PostList(items=[present.post(row) for row in rows])


def add_post(caller: Caller, page_id: int, body: shapes.NewPost) -> shapes.Post:
    """Show the replies of a post on Mastodon or Bluesky under a page."""
    caller.page(page_id)
    with transaction() as current:
        try:
            row = syndicate.add(
                session=current,
                runtime=runtime(),
                page_id=caller.page(page_id).id,
                url=body.url,
                actor=caller.actor,
                moderator_id=caller.moderator_id,
            )
        except InvalidFields as refused:
            raise InvalidFields({"url": refused.fields["thread"]}) from None
        return present.post(row)


def remove_post(caller: Caller, page_id: int, post_id: int, query: shapes.RemovePostQuery) -> None:
    """Show no more replies of a post."""
    caller.page(page_id)
    with transaction() as current:
        syndicate.remove(
            session=current,
            runtime=runtime(),
            page_id=caller.page(page_id).id,
            thread_id=post_id,
            keep_replies=query.keep_replies,
            actor=caller.actor,
            moderator_id=caller.moderator_id,
        )


def get_page_thread(caller: Caller, page_id: int, query: shapes.ThreadPaging) -> shapes.Thread:
    """Read the public thread of a page."""
    row = caller.page(page_id)
    return _thread(row, row.site, query)


def get_thread(caller: Caller, query: shapes.ThreadQuery) -> shapes.Thread:
    """Read the public thread at an address."""
    site = caller.site(query.site)
    try:
        url = addresses.clean_page_url(query.url)
    except ValueError as error:
        raise InvalidFields({"url": [f"{error}."]}) from None
    row = pages.find(session(), site.id, url)
    if row is None:
        raise DoesNotExist("Nobody has commented on a page with this address yet.")
    return _thread(row, site, query)


def _thread(row: t.Page, site: t.Site, query: shapes.ThreadPaging) -> shapes.Thread:
    found = threads.load_page(
        session(),
        row,
        sort=query.sort,
        cursor=query.cursor or "",
        limit=query.limit,
        replies=FIRST_REPLIES,
    )
    return shapes.Thread(
        page=present.page(row, site),
        items=[
            present.root_comment(root, found.replies.get(root.id, ()), row, site)
            for root in found.roots
        ],
        next=found.next_cursor or None,
    )
