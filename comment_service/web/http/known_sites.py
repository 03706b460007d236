"""Sites that this process read a moment ago, for the requests of a reader who writes.

The form token and the new comment ask for the site before anything else. A change on this machine
is seen at once, a change on another machine within a second. A new comment is judged by the rules
that its own transaction reads.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app

from comment_service.storage.admin import sites
from comment_service.storage.db import generations
from comment_service.storage.db.session import generations_of, session
from comment_service.storage.tables import Site
from comment_service.web.http.context import runtime

MAX_AGE = timedelta(seconds=1)
_MOST = 1000


@dataclass(frozen=True)
class _Known:
    site: Site
    words: tuple[int, ...]
    read_at: datetime


class KnownSites:
    """Sites by key; they belong to no session."""

    def __init__(self) -> None:
        self._by_key: dict[str, _Known] = {}

    def find(self, key: str) -> Site | None:
        """Return the site with this key, from memory or read anew."""
        known, now = self._by_key.get(key), runtime().now()
        words = generations_of(current_app)
        if (
            known is not None
            and known.words == words.read(_places(known.site.id))
            and timedelta(0) <= now - known.read_at < MAX_AGE
        ):
            return known.site
        last = words.last()
        found = sites.find_apart(session(), key)
        if found is None:
            return None
        if len(self._by_key) >= _MOST:
            self._by_key = {}
        seen = words.read(_places(found.id))
        if words.last() == last:  # nothing changed while it was read
            self._by_key[key] = _Known(found, seen, now)
        return found


def _places(site_id: int) -> tuple[int, int]:
    return generations.EVERYTHING, generations.of_site(site_id)


def find(key: str) -> Site | None:
    """Return a site by its key, as ``KnownSites.find`` does; the caller must not change it."""
    state = runtime()
    if not isinstance(state.known_sites, KnownSites):
        state.known_sites = KnownSites()
    return state.known_sites.find(key)
