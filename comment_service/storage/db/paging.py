"""A stretch of a list that is shown newest first: the next rows, and where those after begin."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

Row = TypeVar("Row")


def newest(
    session: Session,
    query: Select[Row],
    key: InstrumentedAttribute[int],
    *,
    before: int | None,
    limit: int,
) -> tuple[Sequence[Row], int | None]:
    """Return rows below a key, the newest first, and below which key the next ones begin.

    Args:
        session: the database.
        query: selects whole rows, which have ``key`` as an attribute.
        key: the column that grows with every row.
        before: rows below it only, None for the newest.
        limit: rows in a stretch, at least 1.
    """
    if before is not None:
        query = query.where(key < before)
    rows: list[Any] = list(session.scalars(query.order_by(key.desc()).limit(limit + 1)))
    following = getattr(rows[limit - 1], key.key) if len(rows) > limit else None
    return rows[:limit], following
