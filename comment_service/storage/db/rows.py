"""Every stored row as plain JSON values, for exports; derived from the tables' metadata.

A new table or column is exported by itself, unless it is listed here as left out, with the reason.
"""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from comment_service.storage.tables import Decision, Moderator
from comment_service.storage.tables.base import PREFIX, Base, UtcDateTime

LEFT_OUT: Mapping[str, str] = {
    "sessions": "Hashes of tokens in cookies; everyone signs in again.",
    "sign_ins": "Sign-ins that have not finished.",
    "tickets": "Hashes of one-time links.",
    "login_failures": "Counts of wrong passwords.",
    "provider_apps": "Client secrets; the service registers again by itself.",
    "api_keys": "Hashes of keys; make new ones.",
    "external_checks": "Texts of other programs, kept for 90 days.",
    "check_counts": "Counts of the calls of a key.",
    "webhooks": "Addresses and tokens of other servers; enter them again.",
    "webhook_deliveries": "Deliveries of this installation; a copy would send them again.",
    "outbox": "Deliveries of this installation; a copy would send the same mails again.",
    "embed_origins": "Which pages asked for comments lately; they are seen again by themselves.",
    "glances": "Who has which comment open at this moment.",
    "moderators.password_hash": "Moderators sign in by a link and set a new password.",
    "moderators.failed_count": "Counts of wrong passwords.",
    "moderators.locked_until": "Counts of wrong passwords.",
    "moderators.second_salt": "Secret of the second factor.",
    "moderators.second_since": "The second factor is off without its secret.",
    "moderators.second_last": "Secret of the second factor.",
    "moderators.recovery": "Hashes of recovery codes.",
}
"""Table, or table and column, without the prefix → why it is not exported."""

AT_ONCE, LARGE_AT_ONCE = 500, 4
"""Rows in memory at a time; of a table with binary columns."""


def tables() -> Sequence[Table]:
    """Return the exported tables; a table comes after those that it refers to."""
    return [table for table in Base.metadata.sorted_tables if short_name(table) not in LEFT_OUT]


def short_name(table: Table) -> str:
    """Return a table's name without the prefix."""
    return table.name.removeprefix(PREFIX)


def columns(table: Table) -> Sequence[Column[Any]]:
    """Return the exported columns of a table."""
    return [c for c in table.columns if f"{short_name(table)}.{c.name}" not in LEFT_OUT]


def belongs_to(table: Table, site_id: int | None) -> ColumnElement[bool]:
    """Return the condition for the rows of one site; None is every site.

    Rows without a site of their own, moderators and bulk actions, belong to the sites whose rows
    refer to them.

    Raises:
        LookupError: nothing leads from the table to a site.
    """
    if site_id is None:
        return true()
    found = _belongs_to(table, site_id)
    if found is None:
        raise LookupError(f"{table.name} needs a way to its site in storage/db/rows.py")
    return found


def _belongs_to(table: Table, site_id: int) -> ColumnElement[bool] | None:
    name = short_name(table)
    if name == "sites":
        return table.c.id == site_id
    if "site_id" in table.c:
        return table.c.site_id == site_id
    if name == "moderators":
        return or_(*_referring_to_moderators(site_id))
    if name == "batches":
        used = select(Decision.batch_id).where(_of_site(Decision.__table__, site_id))  # type: ignore[arg-type]
        return table.c.id.in_(used)
    for column in sorted(table.columns, key=lambda c: bool(c.nullable)):
        for key in column.foreign_keys:
            parent = key.column.table
            if parent in {table, Moderator.__table__}:
                continue
            condition = _belongs_to(parent, site_id)
            if condition is not None:
                found = select(1).where(key.column == column, condition)
                return found.correlate(table).exists()
    return None


def _of_site(table: Table, site_id: int) -> ColumnElement[bool]:
    found = _belongs_to(table, site_id)
    return true() if found is None else found


def _referring_to_moderators(site_id: int) -> Iterator[ColumnElement[bool]]:
    staff = Moderator.__table__.c.id
    for table in tables():
        for column in table.columns:
            if any(key.column is staff for key in column.foreign_keys):
                yield staff.in_(select(column).where(_of_site(table, site_id)))


def count(session: Session, table: Table, site_id: int | None) -> int:
    """Return the number of rows of a table, of one site or of all."""
    query = select(func.count()).select_from(table).where(belongs_to(table, site_id))
    return session.scalar(query) or 0


def read(session: Session, table: Table, site_id: int | None) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a table as column → JSON value, by primary key, some at a time."""
    chosen = columns(table)
    large = any(isinstance(column.type, LargeBinary) for column in chosen)
    condition = _in_key_order(session, table, site_id)
    query = select(*chosen).where(condition).order_by(*_order(session, table))
    found = session.execute(query.execution_options(yield_per=LARGE_AT_ONCE if large else AT_ONCE))
    names = [column.name for column in chosen]
    for row in found:
        yield {name: _encode(value) for name, value in zip(names, row, strict=True)}


def _in_key_order(session: Session, table: Table, site_id: int | None) -> ColumnElement[bool]:
    """Return the condition for the rows of one site, for a query by primary key.

    SQLite would find the rows of a site by an index and sort all of them, in memory. It uses no
    index for a sum, so it reads the table in the order of its key.
    """
    if site_id is None or "site_id" not in table.c or session.get_bind().dialect.name != "sqlite":
        return belongs_to(table, site_id)
    return table.c.site_id + 0 == site_id


def _order(session: Session, table: Table) -> Iterator[ColumnElement[Any]]:
    """Yield the primary key; texts in the order of their bytes, as SQLite compares them."""
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    for column in table.primary_key.columns:
        text = isinstance(column.type, String)
        yield column.collate("C") if text and on_postgresql else column


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def decoder(column: Column[Any]) -> Callable[[Any], Any]:
    """Return the function that turns a column's JSON values into those to store.

    It raises ValueError for a value that does not fit; the message says what does.

    Raises:
        LookupError: the column has a type that cannot be loaded.
    """
    convert = next((how for kind, how in _CONVERSIONS if isinstance(column.type, kind)), None)
    if convert is None:
        raise LookupError(f"{column.table.name}.{column.name} has a type that cannot be loaded")

    def decode(value: Any) -> Any:
        if value is not None:
            return convert(column, value)
        if not column.nullable:
            raise ValueError(f"{column.name} must not be null")
        return None

    return decode


def _expect(column: Column[Any], value: Any, fits: bool, shape: str) -> Any:
    if not fits:
        raise ValueError(f"{column.name} takes {shape}")
    return value


def _decode_time(column: Column[Any], value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError(f"{column.name} takes a time with a zone, such as 2026-11-29T12:00:00Z")
    return found


def _decode_bytes(column: Column[Any], value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        raise ValueError(f"{column.name} takes bytes in base64") from None


def _decode_whole(column: Column[Any], value: Any) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return _expect(column, value, whole and abs(value) < 2**63, "a whole number")


def _decode_number(column: Column[Any], value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return _expect(column, value, number, "a number")


def _decode_truth(column: Column[Any], value: Any) -> Any:
    return _expect(column, value, isinstance(value, bool), "true or false")


def _decode_text(column: Column[Any], value: Any) -> Any:
    longest = getattr(column.type, "length", None)
    fits = isinstance(value, str) and (longest is None or len(value) <= longest)
    shape = f"a text of at most {longest} characters" if longest else "a text"
    return _expect(column, value, fits and "\0" not in value, shape)


_CONVERSIONS: Sequence[tuple[type[Any], Callable[[Column[Any], Any], Any]]] = (
    (JSON, lambda _column, value: value),
    (UtcDateTime, _decode_time),
    (LargeBinary, _decode_bytes),
    (Boolean, _decode_truth),
    (Integer, _decode_whole),
    (Float, _decode_number),
    (String, _decode_text),
)
"""Type of a column → what turns a JSON value into one to store."""
