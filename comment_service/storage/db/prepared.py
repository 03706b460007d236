"""Run statements that were built once, for what every submission reads and writes.

A statement whose values are bound by name is built at import; the database's connection runs it
without the session's own work, which costs more than the query itself.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, Insert, Row
from sqlalchemy import insert as sql_insert
from sqlalchemy.orm import Session

from comment_service.storage.tables.base import Base


def rows(session: Session, statement: Executable, **values: object) -> Sequence[Row[Any]]:
    """Return the rows of a statement that selects columns, after pending changes are flushed."""
    session.flush()
    return session.connection().execute(statement, values).all()


def first(session: Session, statement: Executable, **values: object) -> Any:
    """Return the first column of the first row, None if there is no row."""
    found = rows(session, statement, **values)
    return found[0][0] if found else None


def run(session: Session, statement: Executable, **values: object) -> None:
    """Execute a statement that changes rows, after pending changes are flushed.

    Objects that were loaded keep their values, and no page's change is collected.
    """
    session.flush()
    session.connection().execute(statement, values)


def insert(session: Session, kind: type[Base], *values: Mapping[str, object]) -> None:
    """Insert rows that nothing reads as objects; give every value by the name of its column.

    Pending changes are flushed first, so that ids which the rows refer to exist.
    """
    session.flush()
    if values:
        session.connection().execute(_insert_into(kind), list(values))


@cache
def _insert_into(kind: type[Base]) -> Insert:
    return sql_insert(Base.metadata.tables[kind.__tablename__])
