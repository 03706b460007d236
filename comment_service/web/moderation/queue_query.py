"""Convert between a queue's URL and its query; the URL holds the page's whole state."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from flask import g, request, url_for
from werkzeug.datastructures import MultiDict

from comment_service.storage.admin import sites
from comment_service.storage.db.session import session
from comment_service.storage.moderation.filters import IDENTITIES, SORTS, Filter, Position
from comment_service.storage.tables import Shield
from comment_service.storage.tables.base import MAX_ID
from comment_service.web.http.context import runtime

FIELDS = (
    "site", "page", "author", "campaign", "reason", "model", "identity",
    "score_from", "score_to", "since", "until", "flood", "undecided", "decided_by",
    "q",
)  # fmt: skip
"""Query parameters that filter a queue."""
_PARSED_FIELDS = ("identity", "score_from", "score_to", "since", "until")
_NO_ID = -1  # no row has this id: an invalid filter value matches nothing


@dataclass(frozen=True)
class QueueQuery:
    """The query of one page of a queue."""

    filter: Filter
    sort: str
    after: Position | None
    values: Mapping[str, str]  # the URL's filter parameters

    def url(self, **changes: str) -> str:
        """Return the first page's URL with some parameters changed ("" removes one)."""
        sort = "" if self.sort == SORTS[0] else self.sort
        parameters = {**self.values, "sort": sort, **changes}
        present = {name: value for name, value in parameters.items() if value}
        return url_for("moderation.queue", queue=self.filter.queue, **present)  # type: ignore[arg-type]


def read(queue: str, source: MultiDict[str, str] | None = None) -> QueueQuery:
    """Return the query of the current URL, or of a form's values (sanitized)."""
    args = request.args if source is None else source
    typed = {name: args.get(name, "") for name in FIELDS}
    values = {name: " ".join(value.split())[:300] for name, value in typed.items() if value.strip()}
    sort = args.get("sort", "")
    query_filter = Filter(
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
        decided_by=_id(values.get("decided_by", "")),
    )
    if "flood" in values:
        query_filter = _during_flood(query_filter, values["flood"])
    for name in (
        _PARSED_FIELDS
    ):  # an unreadable value filters nothing, so the page must not show it as a filter
        if getattr(query_filter, name) in (None, ""):
            values.pop(name, None)
    return QueueQuery(query_filter, sort if sort in SORTS else SORTS[0], _cursor(args), values)


def _site(key: str) -> int | None:
    if not key:
        return None
    found = sites.find(session(), key)
    return found.id if found and g.rights.moderates(found.id) else _NO_ID


def _id(typed: str) -> int | None:
    if not typed:
        return None
    number = int(typed) if typed.isascii() and typed.isdigit() else _NO_ID
    return number if number <= MAX_ID else _NO_ID


def _during_flood(query_filter: Filter, typed: str) -> Filter:
    """Restrict a filter to the comments that arrived during a flood and its protection."""
    row = session().get(Shield, _id(typed))
    if row is None:
        return replace(query_filter, site=_NO_ID)
    until = row.until if row.until <= runtime().now() else None
    return replace(query_filter, site=row.site_id, page=row.page_id, since=row.since, until=until)


def _score(typed: str) -> float | None:
    """Return a probability; 62, 62 % and 0.62 mean the same. None if it is not one."""
    try:
        number = float(typed.rstrip(" %").replace(",", "."))
    except ValueError:
        return None
    number = number / 100 if number > 1 else number
    return number if 0 <= number <= 1 else None


def _day(typed: str, days: int = 0) -> datetime | None:
    """Return the start of a date plus ``days``, in UTC; None if it is not a date."""
    try:
        found = date.fromisoformat(typed) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return datetime(found.year, found.month, found.day, tzinfo=UTC)


def _cursor(args: Mapping[str, str]) -> Position | None:
    """Return the cursor: the position of the previous page's last comment."""
    priority, _, last = args.get("after", "").rpartition(".")
    try:
        found = int(priority or 0), int(last)
    except ValueError:
        return None
    return found if all(0 <= number <= MAX_ID for number in found) else None
