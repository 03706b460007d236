"""The active filters of a queue as chips, each with the URL that removes it."""

from collections.abc import Mapping, Sequence

from flask import g
from flask_babel import format_date, format_time, gettext
from flask_babel import lazy_gettext as _l

from comment_service.storage.comments import author_history
from comment_service.storage.db.session import session
from comment_service.storage.moderation import comment_history
from comment_service.storage.tables import Author, Comment, Page, Shield
from comment_service.web.moderation.queue_query import QueueQuery
from comment_service.web.moderation.verdicts import FINDING_LABELS
from comment_service.web.moderation.view_models import Chip, Choice

IDENTITY_LABELS = {
    "guest": _l("guests"),
    "account": _l("accounts"),
    "host": _l("users of this site"),
}
"""Kind of identity → its label."""
_LABELS = {
    "site": _l("site"),
    "page": _l("page"),
    "author": _l("author"),
    "campaign": _l("like"),
    "reason": _l("reason"),
    "model": _l("model"),
    "identity": _l("by"),
    "score_from": _l("score from"),
    "score_to": _l("score up to"),
    "since": _l("since"),
    "until": _l("until"),
    "flood": _l("flood"),
    "undecided": _l("undecided"),
    "decided_by": _l("decided by"),
    "q": _l("words"),
}
_TABLES: Mapping[str, type[Page | Author | Comment | Shield]] = {
    "page": Page,
    "author": Author,
    "campaign": Comment,
    "flood": Shield,
}
_VALUE_LABELS: Mapping[str, Mapping[str, object]] = {
    "reason": FINDING_LABELS,
    "identity": IDENTITY_LABELS,
    "undecided": {"1": _l("by nobody yet")},
}


def chips(query: QueueQuery, people: Sequence[Choice]) -> list[Chip]:
    """Return one chip for each active filter; ``people`` are the ``deciders``."""
    deciding = {"decided_by": {one.value: one.label for one in people}}
    labels = {**_VALUE_LABELS, **deciding}
    return [
        Chip(
            f"{_LABELS[name]}: {_value_label(name, value, labels.get(name, {}))}",
            query.url(**{name: ""}),
        )
        for name, value in query.values.items()
    ]


def _value_label(name: str, value: str, labels: Mapping[str, object]) -> str:
    """Return the label of a filter's value, from ``labels`` or from the row that it names."""
    if value in labels:
        return str(labels[value])
    is_id = value.isascii() and value.isdigit() and len(value) < 19
    return _row_label(name, int(value), value) if is_id else value


def deciders(value: str) -> list[Choice]:
    """Return the moderators of the moderator's sites, to choose whose decisions are shown."""
    found = comment_history.colleagues(session(), g.rights.scope, g.moderator_id)
    return [Choice(str(one.id), one.name, str(one.id) == value) for one in found]


def _row_label(name: str, key: int, value: str) -> str:
    """Return the label of a row's id: a page, an author, a flood, a campaign's first comment."""
    table = _TABLES.get(name)
    row = None if table is None else session().get(table, key)
    if not isinstance(row, Page | Author | Comment | Shield) or not g.rights.moderates(row.site_id):
        return value
    if isinstance(row, Page):
        return row.title or row.url
    if isinstance(row, Shield):
        day, time = format_date(row.began_at, "medium"), format_time(row.began_at, "short")
        return str(gettext("%(date)s, %(time)s UTC", date=day, time=time))
    if isinstance(row, Author):
        return row.name or author_history.a_name(session(), row.id) or value
    return f"“{row.text[:40]}”"
