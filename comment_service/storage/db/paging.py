"""Keyset paging for lists that are shown newest first."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

Row = TypeVar("Row")


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
