"""What a filter asks for, one thing a chip, each with the address without it."""

from collections.abc import Mapping

from flask import g
from flask_babel import format_datetime
from flask_babel import lazy_gettext as _l

from comment_service.storage.db.session import session
from comment_service.storage.tables import Author, Comment, Page, Shield
from comment_service.web.moderation.queue_query import Asked
from comment_service.web.moderation.verdicts import NAMES
from comment_service.web.moderation.view_models import Chip

KINDS = {"guest": _l("guests"), "account": _l("accounts"), "host": _l("users of this site")}
"""Kind of identity → what it is called."""
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
    "q": _l("words"),
}
_TABLES: Mapping[str, type[Page | Author | Comment | Shield]] = {
    "page": Page,
    "author": Author,
    "campaign": Comment,
    "flood": Shield,
}
_WORDS: Mapping[str, Mapping[str, object]] = {
    "reason": NAMES,
    "identity": KINDS,
    "undecided": {"1": _l("by nobody yet")},
}


def chips(asked: Asked) -> list[Chip]:
    """Return one chip for each thing that is asked for."""
    return [
        Chip(f"{_LABELS[name]}: {_named(name, value)}", asked.url(**{name: ""}))
        for name, value in asked.values.items()
    ]


def _named(name: str, value: str) -> str:
    """Return a value as people call it."""
    words = _WORDS.get(name, {})
    if value in words:
        return str(words[value])
    is_id = value.isascii() and value.isdigit() and len(value) < 19
    return _row(name, int(value), value) if is_id else value


def _row(name: str, key: int, value: str) -> str:
    """Return what a number stands for: a page, an author, the first comment of a campaign."""
    table = _TABLES.get(name)
    row = None if table is None else session().get(table, key)
    if not isinstance(row, Page | Author | Comment | Shield) or not g.rights.moderates(row.site_id):
        return value
    if isinstance(row, Page):
        return row.title or row.url
    if isinstance(row, Shield):
        return str(format_datetime(row.began_at, "short"))
    if isinstance(row, Author):
        return row.name or value
    return f"“{row.text[:40]}”"
