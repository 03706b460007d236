"""Open the SQLite database of another system, without trusting it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comment_service.transfer.records import BrokenFileError
from comment_service.transfer.safe_xml import MAX_VALUE

HEADER = b"SQLite format 3\0"


@contextmanager
def open_sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file read-only; nothing in its schema is trusted, and no value may be huge.

    Raises:
        BrokenFileError: it is not a SQLite file, or damaged.
    """
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    base = None
    try:
        base = sqlite3.connect(address, uri=True)
        base.row_factory = sqlite3.Row
        for setting in ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON"):
            base.execute(f"PRAGMA {setting}")
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE * 4)
        base.text_factory = _decoded
        yield base
    except sqlite3.Error as error:
        raise BrokenFileError(f"the SQLite file cannot be read: {error}") from error
    finally:
        if base is not None:
            base.close()


def _decoded(stored: bytes) -> str:
    """Return a text; one that is not in UTF-8 does not make the others unreadable."""
    return stored.decode("utf-8", "replace")


def columns_of(base: sqlite3.Connection, table: str) -> frozenset[str]:
    """Return the names of a table's columns, none if there is no such table."""
    found = base.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return frozenset(row[0] for row in found)


def has_columns(path: Path, head: bytes, table: str, names: set[str]) -> bool:
    """Return True for a SQLite file with a table that has these columns."""
    if not head.startswith(HEADER):
        return False
    try:
        with open_sqlite(path) as base:
            return names <= columns_of(base, table)
    except BrokenFileError:
        return False
