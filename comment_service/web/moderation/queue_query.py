"""A queue's address ⇄ what it asks for: every state of the page stands in its address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from flask import g, request, url_for
from werkzeug.datastructures import MultiDict

from comment_service.storage.admin import sites
from comment_service.storage.db.session import session
from comment_service.storage.moderation.filters import IDENTITIES, SORTS, Filter, Place
from comment_service.storage.tables import Shield
from comment_service.storage.tables.base import MAX_ID
from comment_service.web.http.context import runtime

FIELDS = (
    "site", "page", "author", "campaign", "reason", "model", "identity",
    "score_from", "score_to", "since", "until", "flood", "undecided", "q",
)  # fmt: skip
"""Parameters that narrow a queue."""
_READ = ("identity", "score_from", "score_to", "since", "until")
_NOWHERE = -1  # the id of no site, page or author: what was asked for badly finds nothing


@dataclass(frozen=True)
class Asked:
    """What one page of a queue shows."""

    filter: Filter
    sort: str
    after: Place | None
    values: Mapping[str, str]  # what stands in the address, field by field

    def url(self, **changes: str) -> str:
        """Return the address with some parameters changed ("" leaves one out), from the start."""
        sort = "" if self.sort == SORTS[0] else self.sort
        wanted = {**self.values, "sort": sort, **changes}
        kept = {name: value for name, value in wanted.items() if value}
        return url_for("moderation.queue", queue=self.filter.queue, **kept)  # type: ignore[arg-type]


def read(queue: str, sent: MultiDict[str, str] | None = None) -> Asked:
    """Return what an address asks for (or what a form sent of it, in clean texts)."""
    args = request.args if sent is None else sent
    typed = {name: args.get(name, "") for name in FIELDS}
    values = {name: " ".join(value.split())[:300] for name, value in typed.items() if value.strip()}
    sort = args.get("sort", "")
    asked = Filter(
        queue=queue,
        sites=g.rights.scope,
        site=_site(values.get("site", "")),
        page=_id(values.get("page", "")),
        author=_id(values.get("author", "")),
        campaign=_id(values.get("campaign", "")),
        reason=values.get("reason", "")[:64],
        model=values.get("model", ""),
        identity=values["identity"] if values.get("identity") in IDENTITIES else "",
        score_from=_score(values.get("score_from", "")),
        score_to=_score(values.get("score_to", "")),
        since=_day(values.get("since", "")),
        until=_day(values.get("until", ""), days=1),
        words=values.get("q", ""),
        undecided=values.get("undecided") == "1",
    )
    if "flood" in values:
        asked = _of_flood(asked, values["flood"])
    for name in _READ:  # what could not be read narrows nothing, so it does not stand there either
        if getattr(asked, name) in (None, ""):
            values.pop(name, None)
    return Asked(asked, sort if sort in SORTS else SORTS[0], _place(args), values)


def _site(key: str) -> int | None:
    if not key:
        return None
    found = sites.find(session(), key)
    return found.id if found and g.rights.moderates(found.id) else _NOWHERE


def _id(typed: str) -> int | None:
    if not typed:
        return None
    number = int(typed) if typed.isascii() and typed.isdigit() else _NOWHERE
    return number if number <= MAX_ID else _NOWHERE


def _of_flood(asked: Filter, typed: str) -> Filter:
    """Return a filter narrowed down to what came in during a flood, and while all was on hold."""
    row = session().get(Shield, _id(typed))
    if row is None:
        return replace(asked, site=_NOWHERE)
    until = row.until if row.until <= runtime().now() else None
    return replace(asked, site=row.site_id, page=row.page_id, since=row.since, until=until)


def _score(typed: str) -> float | None:
    """Return a probability; 62, 62 % and 0.62 are the same."""
    try:
        number = float(typed.rstrip(" %").replace(",", "."))
    except ValueError:
        return None
    number = number / 100 if number > 1 else number
    return number if 0 <= number <= 1 else None


def _day(typed: str, days: int = 0) -> datetime | None:
    """Return the beginning of a day, or of the one after it."""
    try:
        found = date.fromisoformat(typed) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return datetime(found.year, found.month, found.day, tzinfo=UTC)


def _place(args: Mapping[str, str]) -> Place | None:
    """Return where the stretch before ended."""
    look, _, last = args.get("after", "").rpartition(".")
    try:
        found = int(look or 0), int(last)
    except ValueError:
        return None
    return found if all(0 <= number <= MAX_ID for number in found) else None
