"""The dry run of an import: what would be added where, and what not and why."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from comment_service.actions.transfer.addresses import Addresses
from comment_service.actions.transfer.place_pages import PlannedPage, PlannedPages, plan_pages
from comment_service.actions.transfer.store_batch import BATCH_SIZE, left_out, look_up
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.pages import pages
from comment_service.text.addresses import page_key
from comment_service.transfer.spool import Spool

SHOWN_PAGES = 200
"""Pages that a plan or proof lists; the others are counted."""
SHOWN_PROBLEMS = 20


def make_plan(
    *, session: Session, runtime: Runtime, row: t.Import, spool: Spool, where: Addresses
) -> Mapping[str, Any]:
    """Return the dry run as JSON values; nothing is changed.

    Keys: ``in`` (comments in the file), ``new``, ``left_out`` and ``notes`` (by reason),
    ``statuses`` (of the new ones), ``pages`` (those with most comments), ``page_count``,
    ``problems`` (pages without a usable address), ``origins`` (not registered for the site).
    """
    site = session.get_one(t.Site, row.site_id)
    planned = plan_pages(runtime, site, spool, where)
    keys = {page.record.key: number for number, page in enumerate(planned.pages)}
    outcome: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    new_by_page: Counter[str] = Counter()
    notes: Counter[str] = Counter(spool.notes)
    after = 0
    while batch := spool.batch(after, BATCH_SIZE):
        after = batch[-1].place
        known = look_up(session, runtime, row, batch)
        for comment in batch:
            reason = left_out(comment, known, keys)
            if reason:
                outcome[reason] += 1
                continue
            statuses[comment.record.status] += 1
            new_by_page[comment.record.page] += 1
            found = known.get(comment.parent)
            if comment.orphan and (found is None or found.comment_id is None):
                notes["parent_missing"] += 1
    for reason, _page, number, _line in spool.skipped():
        outcome[reason] += number
    return {
        "in": spool.total() + sum(number for _r, _p, number, _l in spool.skipped()),
        "new": sum(statuses.values()),
        "left_out": dict(outcome),
        "notes": dict(notes),
        "statuses": dict(statuses),
        **_pages(session, row, planned, new_by_page),
    }


def _pages(
    session: Session, row: t.Import, planned: PlannedPages, new: Mapping[str, int]
) -> Mapping[str, Any]:
    merged: dict[str, list[PlannedPage]] = defaultdict(list)
    for page in planned.pages:
        merged[page_key(page.url)].append(page)
    together = [(sum(page.comments for page in one), one) for one in merged.values()]
    most = sorted(together, key=lambda one: -one[0])[:SHOWN_PAGES]
    return {
        "page_count": len(merged),
        "pages": [
            {
                "url": spellings[0].url,
                "title": spellings[0].record.title[:300],
                "in": number,
                "new": sum(new.get(page.record.key, 0) for page in spellings),
                "exists": pages.find(session, row.site_id, spellings[0].url) is not None,
                "closes": any(page.record.closed for page in spellings),
            }
            for number, spellings in most
        ],
        "problems": list(planned.problems.values())[:SHOWN_PROBLEMS],
        "problem_count": len(planned.problems),
        "origins": planned.origins,
    }
