"""Find or create the pages of an import, and close the threads that were closed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from itertools import islice

from sqlalchemy.orm import Session

from comment_service.actions.transfer.addresses import Addresses
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import sites
from comment_service.storage.comments import threads
from comment_service.storage.pages import pages
from comment_service.storage.transfer import imports
from comment_service.text.addresses import origin, page_key
from comment_service.text.origins import is_pattern, is_registered
from comment_service.transfer.records import PageRecord
from comment_service.transfer.spool import Spool

BATCH_SIZE = 200
"""Pages placed in one transaction."""
MAX_TITLE = 300


@dataclass(frozen=True)
class PlannedPage:
    """A page of the export with its address here; several may be spellings of one address."""

    record: PageRecord
    url: str
    comments: int


@dataclass
class PlannedPages:
    """The pages that an import needs, and why others are not used."""

    pages: list[PlannedPage] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)  # page key → why it has no address
    origins: dict[str, int] = field(default_factory=dict)  # not shown by the site → pages


def plan_pages(runtime: Runtime, site: t.Site, spool: Spool, where: Addresses) -> PlannedPages:
    """Return the pages with comments or a closed thread; nothing is changed."""
    found, counts = PlannedPages(), spool.page_counts()
    public = runtime.settings.public_url
    registered = {*site.origins, *([origin(public)] if public else [])}
    same = {page_key(f"{one}/") for one in registered if not is_pattern(one)}
    for record in spool.pages():
        comments = counts.get(record.key, 0)
        if not comments and not record.closed:
            continue
        try:
            url = where.of_page(record)
        except ValueError as error:
            if comments:
                found.problems[record.key] = f"{(record.url or record.key)[:200]}: {error}"
            continue
        at = origin(url)
        if not is_registered(at, registered) and page_key(f"{at}/") not in same:
            found.origins[at] = found.origins.get(at, 0) + 1
        found.pages.append(PlannedPage(record, url, comments))
    return found


def batches(planned: PlannedPages) -> Iterator[Sequence[PlannedPage]]:
    """Yield the pages in pieces that fit into one transaction."""
    rest = iter(planned.pages)
    while piece := list(islice(rest, BATCH_SIZE)):
        yield piece


def place_pages(
    *,
    session: Session,
    runtime: Runtime,
    row: t.Import,
    batch: Sequence[PlannedPage],
    where: Addresses,
    oldest: Mapping[str, datetime],
) -> Mapping[str, int]:
    """Find or create pages; return the keys of the file → page ids.

    A new page is as old as its oldest comment (``oldest``), because rules go by its age. Threads
    are closed, never opened. What is done is noted, so that an undo can take it back.
    """
    found: dict[str, int] = {}
    for planned in batch:
        existing = pages.find(session, row.site_id, planned.url)
        title = " ".join(unescape(planned.record.title).split())[:MAX_TITLE]
        page = existing or sites.ensure_page(
            session,
            site_id=row.site_id,
            url=planned.url,
            title=title,
            now=min(oldest.get(planned.record.key, runtime.now()), runtime.now()),
        )
        page.title = page.title or title
        closes = planned.record.closed and page.closed_at is None
        if closes:
            page.closed_at = runtime.now()
        session.flush()
        if closes:
            threads.bump_revision(session, page.id)
        if existing is None or closes:
            imports.note_page(session, row.id, page.id, created=existing is None, closed=closes)
        for url in where.aliases_of(planned.record):
            if pages.find(session, row.site_id, url) is None:
                pages.add_alias(session, page, url, runtime.now())
        found[planned.record.key] = page.id
    return found
