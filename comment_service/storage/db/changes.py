"""Collect which public pages a transaction changes; their generations change after the commit."""

from sqlalchemy import Delete, Insert, Update, inspect
from sqlalchemy.orm import ORMExecuteState, Session

from comment_service.storage.db import generations
from comment_service.storage.tables import Page, PageAlias, Site

KNOWN = "comments_known"
"""Execution option of a statement whose caller collects what it changes."""

_CHANGED = "comments_changed"
_WATCHED = {Page.__tablename__, PageAlias.__tablename__, Site.__tablename__}


def collect_page(session: Session, page_id: int, site_id: int) -> None:
    """Collect a change of a page's thread."""
    _places(session).update((generations.of_page(page_id), generations.of_contents(site_id)))


def collect_rows(session: Session) -> None:
    """Collect what the rows of a flush change."""
    updated = {row for row in session.dirty if session.is_modified(row)}
    for row in (*session.new, *updated, *session.deleted):
        if isinstance(row, Page):
            collect_page(session, row.id, row.site_id)
            if row not in updated or inspect(row).attrs.url.history.has_changes():
                _places(session).add(generations.of_site(row.site_id))
        elif isinstance(row, PageAlias):
            _places(session).add(generations.of_site(row.site_id))
        elif isinstance(row, Site):
            _places(session).add(generations.of_site(row.id))


def collect_statement(state: ORMExecuteState) -> None:
    """Collect that a statement over many rows can have changed anything public."""
    statement = state.statement
    if not isinstance(statement, Insert | Update | Delete) or state.execution_options.get(KNOWN):
        return
    if getattr(statement.table, "name", "") in _WATCHED:
        _places(state.session).add(generations.EVERYTHING)


def take(session: Session) -> set[int]:
    """Return what was collected since the last call."""
    found: set[int] = session.info.pop(_CHANGED, set())
    return found


def _places(session: Session) -> set[int]:
    found: set[int] = session.info.setdefault(_CHANGED, set())
    return found
