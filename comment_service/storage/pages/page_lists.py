"""Lists of a site's pages: search by title or address, and pages that look the same.

A search reads ``LOOKED`` pages at a time, and look-alikes are searched among the newest
``COMPARED`` pages, so neither costs more on a large site.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from comment_service.storage.db import paging
from comment_service.storage.tables import (
    PUBLISHED,
    Comment,
    Page,
    PageAlias,
    RuleChange,
)
from comment_service.text.folding import fold_key

LOOKED = 5_000
COMPARED = 1_000
TWINS = 20
"""Most pairs of look-alike pages shown."""
SHARED = 4
"""A title that more pages share is ignored."""
REPLIES_COUNTED = 1_000
"""Replies below one comment that are counted at most."""
CHANGES = 1_000
"""Newest changes of a site, among which those of a page are searched."""


@dataclass(frozen=True)
class PageList:
    """Some pages, newest first; the next ones have ids below ``following``."""

    pages: Sequence[Page]
    following: int | None


@dataclass(frozen=True)
class Twins:
    """Two pages that look like the same post; ``gone`` has fewer comments than ``page``.

    ``why`` is ``address`` (two spellings of one address) or ``title``.
    """

    gone: Page
    page: Page
    why: str


def search_pages(
    session: Session, site_id: int, *, words: str, before: int | None, limit: int
) -> PageList:
    """Return the pages whose title or address contains ``words``, ignoring case.

    The key has the letters that the address may have percent-encoded.
    """
    if not words.strip():
        query = select(Page).where(_newest_ids(site_id, before=before, limit=limit + 1))
        found = list(session.scalars(query.order_by(Page.id.desc())))
        return PageList(found[:limit], found[limit - 1].id if len(found) > limit else None)
    looked = _newest_ids(site_id, before=before, limit=LOOKED)
    rows = session.execute(select(Page.id, Page.title, Page.url, Page.key).where(looked)).all()
    piece = " ".join(words.split()).casefold()
    hits = {row.id for row in rows if piece in f"{row.title}\n{row.url}\n{row.key}".casefold()}
    ids = sorted(hits, reverse=True)
    following = ids[limit - 1] if len(ids) > limit else None
    if following is None and len(rows) == LOOKED:
        following = min(row.id for row in rows)
    return PageList(_load_pages(session, ids[:limit]), following)


def _newest_ids(site_id: int, *, before: int | None, limit: int) -> ColumnElement[bool]:
    """Select a site's newest pages by id, from an index alone."""
    query = select(Page.id).where(Page.site_id == site_id)
    if before is not None:
        query = query.where(Page.id < before)
    found = query.order_by(Page.id.desc()).limit(limit).subquery()
    return Page.id.in_(select(found.c.id))


def _load_pages(session: Session, ids: Sequence[int]) -> Sequence[Page]:
    """Return these pages, newest first."""
    return list(session.scalars(select(Page).where(Page.id.in_(ids)).order_by(Page.id.desc())))


def twins(session: Session, site_id: int) -> Sequence[Twins]:
    """Return pages of a site that look like the same post, newest first."""
    newest = _newest_ids(site_id, before=None, limit=COMPARED)
    query = select(Page.id, Page.key, Page.title).where(newest)
    rows = session.execute(query.order_by(Page.id.desc())).all()
    by_key, by_title = defaultdict(list), defaultdict(list)
    for row in rows:
        by_key[row.key].append(row.id)
        by_title[fold_key(row.title)].append(row.id)
    pairs = dict.fromkeys(_pairs(by_key.values()), "address")
    named = (ids for title, ids in by_title.items() if title and len(ids) <= SHARED)
    pairs = {**dict.fromkeys(_pairs(named), "title"), **pairs}
    chosen = sorted(pairs, reverse=True)[:TWINS]
    both = {one for pair in chosen for one in pair}
    known = {page.id: page for page in _load_pages(session, list(both))}
    return [_twins([known[one] for one in pair], pairs[pair]) for pair in chosen]


def _pairs(groups: Iterable[Sequence[int]]) -> Sequence[tuple[int, int]]:
    """Pair each page of a group with the oldest one; ids come in descending order."""
    return [(one, group[-1]) for group in groups for one in islice(group, len(group) - 1)]


def _twins(pair: Sequence[Page], why: str) -> Twins:
    page = max(pair, key=lambda one: (one.comment_count, -one.id))
    return Twins(next(one for one in pair if one is not page), page, why)


def aliases(
    session: Session, page_id: int, *, before: int | None, limit: int
) -> tuple[Sequence[PageAlias], int | None]:
    """Return a page of a page's aliases, newest first, and the next key."""
    query = select(PageAlias).where(PageAlias.page_id == page_id)
    return paging.newest_page(session, query, PageAlias.id, before=before, limit=limit)


def changes(session: Session, page: Page, limit: int) -> Sequence[RuleChange]:
    """Return the changes of a page under all of its addresses, newest first."""
    newest = select(RuleChange.id).where(RuleChange.site_id == page.site_id)
    newest = newest.order_by(RuleChange.id.desc()).limit(CHANGES)
    names = select(PageAlias.url).where(PageAlias.page_id == page.id)
    query = select(RuleChange).where(
        RuleChange.id.in_(select(newest.subquery().c.id)),
        (RuleChange.page_url == page.url) | RuleChange.page_url.in_(names),
    )
    return list(session.scalars(query.order_by(RuleChange.id.desc()).limit(limit)))


@dataclass(frozen=True)
class Roots:
    """Top-level comments of a page, and the number of replies below each, counted up to a bound."""

    comments: Sequence[Comment]
    replies: dict[int, int]
    following: int | None


def roots(session: Session, page_id: int, *, before: int | None, limit: int) -> Roots:
    """Return a page's top-level comments of every status, newest first."""
    query = select(Comment).where(Comment.page_id == page_id, Comment.depth == 0)
    found, following = paging.newest_page(session, query, Comment.id, before=before, limit=limit)
    below, root = aliased(Comment), aliased(Comment)
    some = select(1).where(below.root_id == root.id, below.id != below.root_id)
    inner = some.limit(REPLIES_COUNTED).correlate(root).subquery()
    number = select(func.count()).select_from(inner).scalar_subquery()
    counted = session.execute(select(root.id, number).where(root.id.in_([one.id for one in found])))
    return Roots(found, {key: replies for key, replies in counted if replies}, following)


def latest_active_page(session: Session, site_id: int) -> Page | None:
    """Return the page with a site's newest public comment."""
    newest = select(Comment.page_id).where(Comment.site_id == site_id, Comment.status == PUBLISHED)
    page_id = session.scalar(newest.order_by(Comment.id.desc()).limit(1))
    return session.get(Page, page_id) if page_id is not None else None
