"""Many rows, some at a time: lists that are shown newest first, and short transactions."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Delete, Select, Update, inspect, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

Row = TypeVar("Row")
SomeChanged = Callable[[Session, int], int]
"""Changes at most so many rows, and returns how many."""


def newest_page(
    session: Session,
    query: Select[Row],
    key: InstrumentedAttribute[int],
    *,
    before: int | None,
    limit: int,
) -> tuple[Sequence[Row], int | None]:
    """Return one page of rows, newest first, and the key at which the next page begins.

    Args:
        session: the database session.
        query: selects whole rows that have ``key`` as an attribute.
        key: a column that grows with every row.
        before: return only rows below this key; None for the newest.
        limit: rows per page, at least 1.
    """
    if before is not None:
        query = query.where(key < before)
    rows: list[Any] = list(session.scalars(query.order_by(key.desc()).limit(limit + 1)))
    following = getattr(rows[limit - 1], key.key) if len(rows) > limit else None
    return rows[:limit], following


def change_some(session: Session, statement: Update | Delete, limit: int) -> int:
    """Run an UPDATE or DELETE for at most ``limit`` of its rows; return for how many.

    One statement for all rows of a large table would keep other writers waiting for its whole time.
    """
    key = inspect(statement.table).primary_key.columns[0]
    condition = statement.whereclause
    chosen = select(key).where(true() if condition is None else condition).limit(limit)
    some = statement.where(key.in_(chosen)).execution_options(synchronize_session=False)
    return int(session.execute(some).rowcount)  # type: ignore[attr-defined]
