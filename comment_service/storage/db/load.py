"""Store exported rows in an empty database, with the ids that they had."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from comment_service.storage.db import counters, rows
from comment_service.storage.db.rows import short_name
from comment_service.storage.db.session import StorageError
from comment_service.storage.tables import Site

AT_ONCE = 500

Numbered = tuple[int, tuple[str, Mapping[str, Any]]]
"""The number of a line, the table's name without its prefix, and column → JSON value."""


class LoadError(ValueError):
    """A row cannot be stored; the message names the line and the reason."""


def occupied(session: Session) -> Sequence[str]:
    """Return the names of the exported tables that have rows; bare sites do not count."""
    found = [short_name(table) for table in rows.tables() if _has_rows(session, table)]
    return [name for name in found if name != "sites"]


def _has_rows(session: Session, table: Table) -> bool:
    return session.scalar(select(1).select_from(table).limit(1)) is not None


def load(session: Session, numbered: Iterable[Numbered]) -> Mapping[str, int]:
    """Store rows with their ids; sites that the start of a server created are removed first.

    The database must have no rows (``occupied``). Triggers that keep counts are off meanwhile,
    because the rows come with their counts.

    Returns:
        Table → number of its rows.

    Raises:
        LoadError: a row does not fit; the caller must roll back.
    """
    session.execute(delete(Site))
    connection = session.connection()
    known = {short_name(table): table for table in rows.tables()}
    loaded: dict[str, int] = {}
    later: list[_Later] = []
    with counters.suspended(connection):
        for table, batch in _batches(known, numbered):
            _insert(session, table, batch, later)
            loaded[short_name(table)] = loaded.get(short_name(table), 0) + len(batch)
        _update(session, later)
    continue_ids(connection)
    return loaded


_Batch = list[tuple[int, dict[str, Any]]]
_Later = tuple[Column[Any], Any, Any]
"""A column that refers to its own table, the row's id, and the id that it refers to."""


def _batches(
    known: Mapping[str, Table], numbered: Iterable[Numbered]
) -> Iterator[tuple[Table, _Batch]]:
    """Yield rows of one table at a time, decoded and complete."""
    plans = {name: _Plan(table) for name, table in known.items()}
    current: Table | None = None
    batch: _Batch = []
    for number, (name, values) in numbered:
        plan = plans.get(name)
        if plan is None:
            raise LoadError(f"Line {number}: there is no table {name[:64]} to load.")
        table = plan.table
        if current is not None and (table is not current or len(batch) >= AT_ONCE):
            yield current, batch
            batch = []
        current = table
        batch.append((number, _decoded(plan, number, values)))
    if current is not None and batch:
        yield current, batch


class _Plan:
    """How the rows of a table are decoded, worked out once."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.exported = {column.name for column in rows.columns(table)}
        self.columns = [(column.name, column, rows.decoder(column)) for column in table.columns]


def _decoded(plan: _Plan, number: int, values: Mapping[str, Any]) -> dict[str, Any]:
    complete: dict[str, Any] = {}
    name = short_name(plan.table)
    unknown = values.keys() - plan.exported
    if unknown:
        raise LoadError(f"Line {number}: {name} has no column {min(unknown)[:64]}.")
    try:
        for key, column, decode in plan.columns:
            complete[key] = decode(values[key]) if key in values else _missing(column)
    except ValueError as error:
        raise LoadError(f"Line {number}: {name}: {error}.") from error
    return complete


def _missing(column: Column[Any]) -> Any:
    """Return the value of a column that a file does not have: it is younger, or left out.

    Raises:
        ValueError: the column has no default.
    """
    if column.primary_key or (not column.nullable and column.default is None):
        raise ValueError(f"{column.name} is missing")
    return _default(column)


def _default(column: Column[Any]) -> Any:
    """Return a column's default, as for a column that is younger than the file."""
    default = column.default
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg  # type: ignore[attr-defined]


def _insert(session: Session, table: Table, batch: _Batch, later: list[_Later]) -> None:
    """Insert rows; references to later rows of the same table are noted in ``later``."""
    own = [c for c in table.columns if any(k.column.table is table for k in c.foreign_keys)]
    for _number, values in batch:
        for column in own:
            referred = values[column.name]
            if referred is not None and referred > values["id"]:
                later.append((column, values["id"], referred))
                values[column.name] = None
    try:
        session.execute(insert(table), [values for _number, values in batch])
    except StorageError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        lines = f"Lines {batch[0][0]} to {batch[-1][0]}"
        raise LoadError(
            f"{lines}: rows of {short_name(table)} cannot be stored ({reason})."
        ) from error


def _update(session: Session, later: Sequence[_Later]) -> None:
    for column in {column for column, _id, _referred in later}:
        change = update(column.table).where(column.table.c.id == bindparam("row_id"))
        values = [
            {"row_id": row_id, "referred": referred}
            for own, row_id, referred in later
            if own is column
        ]
        try:
            session.connection().execute(
                change.values({column.name: bindparam("referred")}), values
            )
        except StorageError as error:
            raise LoadError(
                f"A row's {column.name} refers to a row of {short_name(column.table)} that the "
                "file does not have."
            ) from error


def continue_ids(connection: Connection) -> None:
    """Let PostgreSQL's sequences go on after the loaded ids; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in rows.tables():
        keys = list(table.primary_key.columns)
        if len(keys) != 1 or not isinstance(keys[0].type, Integer) or keys[0].foreign_keys:
            continue
        newest = connection.scalar(select(func.max(keys[0])))
        if newest is not None:
            sequence = "SELECT setval(pg_get_serial_sequence(:name, 'id'), :newest)"
            connection.execute(text(sequence), {"name": table.name, "newest": newest})
