"""Remember which origins ask for a site's comments, so that owners see whether embedding works.

Anyone can send such requests, so what is kept is bounded, for registered and other origins apart:
a new one takes the place of one that was not seen for a day, or is not kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import embed_origins
from comment_service.storage.db.session import serialise
from comment_service.text.origins import is_registered

MOST = 20
"""Registered origins kept for a site, and others."""
AGAIN = timedelta(hours=1)
"""Time after which it is stored again that an origin was seen."""
REPLACED = timedelta(days=1)
SHOWN = timedelta(days=30)
"""Time for which an origin that is not registered is shown after it was last seen."""


def is_news(*, session: Session, runtime: Runtime, site_id: int, origin: str) -> bool:
    """Return True if ``note`` would store something; this needs no writer."""
    site = session.get(t.Site, site_id)
    if site is None:
        return False
    row = embed_origins.find(session, site_id, origin)
    if row is not None:
        return row.last_at <= runtime.now() - AGAIN
    kept = _alike(session, site, origin)
    return len(kept) < MOST or _replaceable(kept, runtime) is not None


def note(*, session: Session, runtime: Runtime, site_id: int, origin: str, url: str) -> None:
    """Keep that a page of an origin asked for comments."""
    serialise(session, f"embed origins {site_id}")
    site, now = session.get(t.Site, site_id), runtime.now()
    if site is None:
        return
    row = embed_origins.find(session, site_id, origin)
    if row is not None:
        row.last_at = now
        return
    kept = _alike(session, site, origin)
    if len(kept) >= MOST:
        old = _replaceable(kept, runtime)
        if old is None:
            return
        session.delete(old)
    row = t.EmbedOrigin(site_id=site_id, origin=origin, url=url, ignored=False)
    row.first_at = row.last_at = now
    session.add(row)
    session.flush()


def _alike(session: Session, site: t.Site, origin: str) -> Sequence[t.EmbedOrigin]:
    """Return what is kept of a site's registered origins, or of the others, as this one is."""
    registered = is_registered(origin, site.origins)
    rows = embed_origins.of_site(session, site.id)
    return [one for one in rows if is_registered(one.origin, site.origins) == registered]


def _replaceable(kept: Sequence[t.EmbedOrigin], runtime: Runtime) -> t.EmbedOrigin | None:
    """Return the origin that was not seen for the longest time, at least a day."""
    before = runtime.now() - REPLACED
    old = [one for one in kept if one.last_at < before and not one.ignored]
    return old[-1] if old else None


@dataclass(frozen=True)
class Embeds:
    """The origins of a site that asked for comments: registered ones, and others to ask about."""

    found: Sequence[t.EmbedOrigin]
    wanted: Sequence[t.EmbedOrigin]


def of_site(*, session: Session, runtime: Runtime, site: t.Site) -> Embeds:
    """Return which origins asked for a site's comments, the last seen first."""
    rows = embed_origins.of_site(session, site.id)
    since = runtime.now() - SHOWN
    found = [one for one in rows if is_registered(one.origin, site.origins)]
    wanted = [one for one in rows if one not in found and not one.ignored and one.last_at >= since]
    return Embeds(found, wanted)
