"""Show the replies of a post on Mastodon or Bluesky under a page, and stop it.

A post is added by a moderator, or because the page itself names it, as our server has fetched it.
What a reader's browser says about a page counts for nothing here.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from comment_service.actions.pages.edit_page import lock_pages, registered_address
from comment_service.errors import DoesNotExist, InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rules, sites
from comment_service.storage.comments import webmentions
from comment_service.storage.pages import pages, syndicated_threads
from comment_service.text.sentences import staff_sentence
from comment_service.text.syndication import PostAddress, post_address

ADDED, REMOVED, READ = "replies_from", "replies_from_removed", "replies_from_read"
"""Names of the changes in the log of a page."""
BY_PAGE = "page"
"""Who adds what a page names."""
_NO_POST = staff_sentence(
    "This is no address of a post. Open the post on its own page there and copy the address, such "
    "as https://mastodon.social/@name/123456."
)


def add(
    *,
    session: Session,
    runtime: Runtime,
    page_id: int,
    url: str,
    actor: str,
    moderator_id: int | None = None,
) -> t.SyndicatedThread:
    """Show the replies of a post under a page. Idempotent.

    Raises:
        DoesNotExist: there is no such page on the moderator's sites.
        InvalidFields: it is no address of a post, or the page has too many.
    """
    (page,) = lock_pages(session, moderator_id, page_id)
    address = post_address(url)
    if address is None:
        raise InvalidFields({"thread": [_NO_POST]})
    row = _add(session, runtime, page, address, actor)
    if row is None:
        words = staff_sentence(
            "A page can have %(number)s such posts. Remove one first.",
            number=syndicated_threads.MAX_THREADS,
        )
        raise InvalidFields({"thread": [words]})
    return row


def add_named(
    *,
    session: Session,
    runtime: Runtime,
    page_id: int,
    named: Sequence[PostAddress],
    actor: str = BY_PAGE,
    moderator_id: int | None = None,
) -> int:
    """Show the replies of the posts that a fetched page names; return how many are new.

    One that a moderator removed stays removed.

    Raises:
        DoesNotExist: there is no such page on the moderator's sites.
    """
    (page,) = lock_pages(session, moderator_id, page_id)
    new = [one for one in named if syndicated_threads.find(session, page.id, one) is None]
    return sum(_add(session, runtime, page, one, actor) is not None for one in new)


def add_named_by_rule(
    *, session: Session, runtime: Runtime, site: t.Site, url: str, named: Sequence[PostAddress]
) -> int:
    """Show the replies of the posts that a page names, if the site's rules say so.

    The page was fetched for something else. Returns how many posts are new.
    """
    if not named or not rules.of_site(runtime.settings, site).syndication:
        return 0
    page = sites.ensure_page(session, site_id=site.id, url=url, title="", now=runtime.now())
    return add_named(session=session, runtime=runtime, page_id=page.id, named=named)


def _add(
    session: Session, runtime: Runtime, page: t.Page, address: PostAddress, actor: str
) -> t.SyndicatedThread | None:
    """Add a post; None if the page has too many."""
    row = syndicated_threads.find(session, page.id, address)
    if row is not None and not row.removal:
        return row
    if len(syndicated_threads.of_page(session, page.id)) >= syndicated_threads.MAX_THREADS:
        return None
    now = runtime.now()
    row = row or syndicated_threads.new(session, page, address, now)
    row.removal = ""
    syndicated_threads.order(session, row, now)
    webmentions.forget_refusals(session, row.id)
    _record(session, runtime, page, change={ADDED: row.url}, actor=actor)
    return row


def remove(
    *,
    session: Session,
    runtime: Runtime,
    page_id: int,
    thread_id: int,
    keep_replies: bool,
    actor: str,
    moderator_id: int | None = None,
) -> t.SyndicatedThread:
    """Show no more replies of a post; those that are here stay, or the worker withdraws them.

    Raises:
        DoesNotExist: there is no such page on the moderator's sites, or it has no such post.
    """
    page, row = _require(session, moderator_id, page_id, thread_id)
    removal = syndicated_threads.KEEP if keep_replies else syndicated_threads.WITHDRAW
    syndicated_threads.remove(row, runtime.now(), removal)
    _record(session, runtime, page, change={REMOVED: row.url}, actor=actor)
    return row


def read_now(
    *,
    session: Session,
    runtime: Runtime,
    page_id: int,
    thread_id: int,
    actor: str,
    moderator_id: int | None = None,
) -> t.SyndicatedThread:
    """Have the worker read a post's replies now, those too that were refused before.

    Raises:
        DoesNotExist: there is no such page on the moderator's sites, or it has no such post.
    """
    page, row = _require(session, moderator_id, page_id, thread_id)
    syndicated_threads.order(session, row, runtime.now())
    webmentions.forget_refusals(session, row.id)
    _record(session, runtime, page, change={READ: row.url}, actor=actor)
    return row


def add_page(*, session: Session, runtime: Runtime, site: t.Site, url: str) -> t.Page:
    """Return the page of a site at an address, so that it has settings before its first comment.

    Raises:
        InvalidFields: the URL is invalid.
        OriginUnknown: its origin is not registered for the site.
    """
    clean = registered_address(runtime, site, url)
    return sites.ensure_page(session, site_id=site.id, url=clean, title="", now=runtime.now())


def _require(
    session: Session, moderator_id: int | None, page_id: int, thread_id: int
) -> tuple[t.Page, t.SyndicatedThread]:
    (page,) = lock_pages(session, moderator_id, page_id)
    row = session.get(t.SyndicatedThread, thread_id, with_for_update=True)
    if row is None or row.page_id != page.id or row.removal:
        raise DoesNotExist("The page does not have this address (any more).")
    return page, row


def _record(
    session: Session, runtime: Runtime, page: t.Page, *, change: dict[str, str], actor: str
) -> None:
    pages.add_audit_entry(session, page, before={}, after=change, actor=actor, now=runtime.now())
