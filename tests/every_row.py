"""Fill every exported table, every column with a value that is not its default."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    Table,
    insert,
)

from comment_service.storage.db import counters, rows
from comment_service.storage.tables.base import UtcDateTime

START = datetime(2026, 3, 1, 8, 30, 15, 123456, tzinfo=UTC)
ODD = "é<&\"'\u2028\t\n😀 ]]>"
"""What a line format, XML or HTML could trip over."""


def fill(connection: Connection, number: int = 3) -> None:
    """Add ``number`` rows to each exported table; row n refers to row n of other tables."""
    with counters.suspended(connection):
        for table in rows.tables():
            connection.execute(insert(table), [_row(table, n) for n in range(1, number + 1)])


def _row(table: Table, n: int) -> dict[str, Any]:
    return {column.name: _value(column, n) for column in rows.columns(table)}


_VALUES: Sequence[tuple[type[Any], Callable[[int], Any]]] = (
    (JSON, lambda n: {"b": [n, 0.25, None, ODD], "a": {"nested": True}}),
    (UtcDateTime, lambda n: START + timedelta(days=n)),
    (LargeBinary, lambda n: bytes(range(256)) * n),
    (Boolean, lambda _n: True),
    (Integer, lambda n: n),
    (Float, lambda n: n + 0.1),
)


def _value(column: Column[Any], n: int) -> Any:
    for kind, make in _VALUES:
        if isinstance(column.type, kind):
            return make(n)
    length = getattr(column.type, "length", None)
    if column.name == "model_id" or column.foreign_keys or column.primary_key:
        return f"{n}"
    return f"{n} {column.name} {ODD}"[:length]
