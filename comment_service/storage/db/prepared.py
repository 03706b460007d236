"""Run statements that were built once, for what every submission reads and writes.

A statement whose values are bound by name is built at import and compiled once per database. Then
only the driver is called: the work of SQLAlchemy's session and connection, which checks and
translates a statement anew for every call, costs several times as much as the query itself. While
anything listens to the engine's statements, such as the log of slow ones, SQLAlchemy runs them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Executable,
    Insert,
    Integer,
    Select,
    Table,
    bindparam,
    inspect,
    literal_column,
    select,
)
from sqlalchemy import insert as sql_insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, set_committed_value
from sqlalchemy.sql.compiler import SQLCompiler

from comment_service.storage.tables.base import Base

Found = TypeVar("Found", bound=Base)
Values = Mapping[str, object]
_CONNECTION = "comments_connection"


def rows(session: Session, statement: Executable, **values: object) -> Sequence[Any]:
    """Return the rows of a statement that selects columns, after pending changes are flushed."""
    connection = _flushed(session)
    if _is_watched(connection.engine):
        return connection.execute(statement, values).all()
    made = _compiled(connection.dialect, statement)
    found = _fetch(connection, made, values)
    return [made.read(row) for row in found] if any(made.readers) else found


def unread_rows(
    session: Session, statement: Executable, **values: object
) -> tuple[Sequence[Any], Callable[[Sequence[Any]], Sequence[Any]]]:
    """Return rows with values as the driver has them, and the function that reads such a row.

    That saves the reading of rows that are known already: equal rows are read alike.
    """
    connection = _flushed(session)
    if _is_watched(connection.engine):
        return [tuple(row) for row in connection.execute(statement, values)], tuple
    made = _compiled(connection.dialect, statement)
    return _fetch(connection, made, values), made.read


def first(session: Session, statement: Executable, **values: object) -> Any:
    """Return the first column of the first row, None if there is no row."""
    found = rows(session, statement, **values)
    return found[0][0] if found else None


def run(session: Session, statement: Executable, **values: object) -> None:
    """Execute a statement that changes rows, after pending changes are flushed.

    Objects that were loaded keep their values, and no page's change is collected.
    """
    _run(_flushed(session), statement, [values])


def run_text(connection: Connection, sql: str) -> None:
    """Execute a statement without values on a connection that belongs to no session yet."""
    if _is_watched(connection.engine):
        connection.exec_driver_sql(sql)
        return
    with _Cursor(connection, sql) as cursor:
        cursor.execute(sql)


def insert(session: Session, kind: type[Base], *values: Values) -> None:
    """Insert rows that nothing reads as objects; all have values for the same columns.

    A column without a value gets its default. Pending changes are flushed first, so that ids which
    the rows refer to exist.
    """
    connection = _flushed(session)
    if values:
        statement, missing = _insert_into(kind, tuple(values[0]))
        filled = [{**{c.key: _default(c) for c in missing}, **row} for row in values]
        _run(connection, statement, filled)


def add(session: Session, row: Found) -> Found:
    """Insert a new object, which gets an id unless it has one; return it.

    Columns without a value get their defaults. Objects that it refers to must be stored already.
    """
    session.flush()
    kind, given = type(row), instance_dict(row)
    for column in _columns(kind):
        if column.key not in given and not column.primary_key:
            given[column.key] = _default(column)
    for name, place in _references(kind):
        if given.get(name) is not None:
            given[place] = given[name].id
    values = {name: given[name] for name in _names(kind) if name in given}
    found = rows(session, _insert_one(kind, with_id=given.get("id") is not None), **values)
    given["id"] = found[0][0]
    make_transient_to_detached(row)
    session.add(row)
    return row


def one(
    session: Session, kind: type[Found], statement: Select[Any], **values: object
) -> Found | None:
    """Return the object of the first row of a statement that selects ``every_column``.

    As with any query, what is known of a loaded object stays, and what expired is filled in.
    """
    found = rows(session, statement, **values)
    return as_object(session, kind, found[0]) if found else None


def fill(session: Session, row: Found) -> Found:
    """Read again what expired of an object, by one statement; return the object."""
    kind, loaded = type(row), instance_dict(row)
    if any(name not in loaded for name in _names(kind)):
        one(session, kind, _by_id(kind), id=(inspect(row).identity or (None,))[0])
    return row


def detached(kind: type[Found], values: Mapping[str, object]) -> Found:
    """Return an object with these values that belongs to no session; ``add`` can store it."""
    found = kind()
    instance_dict(found).update(values)
    return found


def get(session: Session, kind: type[Found], row_id: int) -> Found | None:
    """Return the object with an id, read anew unless it is loaded."""
    known = session.identity_map.get((kind, (row_id,), None))
    if known is not None:
        loaded = instance_dict(known)
        if all(name in loaded for name in _names(kind)):
            return known
    return one(session, kind, _by_id(kind), id=row_id)


def fixed_limit(number: int) -> ColumnElement[int]:
    """Return a limit that is part of a statement's text.

    SQLite plans a statement anew at each run if its limit is a value that is bound.
    """
    return literal_column(str(number), Integer)


def every_column(kind: type[Base]) -> Sequence[Column[Any]]:
    """Return the columns of a table, for a statement whose rows become objects."""
    return _columns(kind)


def as_object(session: Session, kind: type[Found], row: Sequence[Any]) -> Found:
    """Return the object of a row that begins with ``every_column``; see ``one``."""
    names = _names(kind)
    known = session.identity_map.get((kind, (row[0],), None))
    if known is not None:
        found: Found = known
        loaded = instance_dict(found)
        for name, value in zip(names, row, strict=False):
            if name not in loaded:
                set_committed_value(found, name, value)
        return found
    found = kind()
    instance_dict(found).update(zip(names, row, strict=False))
    make_transient_to_detached(found)
    session.add(found)
    return found


@dataclass
class _Compiled:
    """A statement for one kind of database.

    Attributes:
        sql: as the driver takes it.
        names: the values in the order of their places; for a driver that takes them by name, too.
        by_name: True for such a driver.
        fixed: values that are part of the statement.
        converters: name → function that turns a value into the driver's.
        columns: of the result.
        readers: for each column the function that turns the driver's value into ours, or None; the
            first result says what the driver returns.
    """

    sql: str
    names: Sequence[str]
    by_name: bool
    fixed: Values
    converters: Sequence[tuple[str, Callable[[Any], Any]]]
    columns: Sequence[Any]
    readers: Sequence[Callable[[Any], Any] | None] = field(default_factory=list)

    def parameters(self, values: Values) -> Any:
        """Return the values as the driver takes them."""
        given = {**self.fixed, **values}
        for name, convert in self.converters:
            given[name] = convert(given[name])
        if self.by_name:
            return {name: given[name] for name in self.names}
        return tuple([given[name] for name in self.names])

    def fetch(self, dialect: Dialect, cursor: Any) -> Sequence[Any]:
        """Return the rows of a result as the driver has them."""
        found: Sequence[Any] = cursor.fetchall()
        if found and not self.readers:
            types = [column.type.dialect_impl(dialect) for column in self.columns]
            self.readers = [
                kind.result_processor(dialect, about[1])
                for kind, about in zip(types, cursor.description, strict=True)
            ]
        return found

    def read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """Return a fetched row with values of the columns' types."""
        return tuple([r(v) if r else v for r, v in zip(self.readers, row, strict=True)])


_by_dialect: WeakKeyDictionary[Dialect, dict[Executable, _Compiled]] = WeakKeyDictionary()


def _compiled(dialect: Dialect, statement: Executable) -> _Compiled:
    """Return the statement for this kind of database, compiled at most once."""
    known = _by_dialect.setdefault(dialect, {})
    found = known.get(statement)
    if found is None:
        found = known[statement] = _compile(dialect, statement)
    return found


def _compile(dialect: Dialect, statement: Any) -> _Compiled:
    made: SQLCompiler = statement.compile(dialect=dialect)
    if made.post_compile_params:
        raise ValueError("a statement with a list of values has no fixed text")
    by_name = not made.positional
    names = list(made.binds) if by_name else list(made.positiontup or ())
    converters = [
        (name, convert)
        for name, bind in made.binds.items()
        if (convert := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    ]
    fixed = {name: bind.value for name, bind in made.binds.items() if not bind.required}
    columns = list(statement.exported_columns)
    return _Compiled(made.string, names, by_name, fixed, converters, columns)


def remember(session: Session, connection: Connection | None) -> None:
    """Remember the connection of a session's transaction while it lasts; None forgets it."""
    session.info[_CONNECTION] = connection


def _flushed(session: Session) -> Connection:
    """Return the connection of the session's transaction, after pending changes are flushed.

    To ask the session for it costs as much as a query.
    """
    session.flush()
    found: Connection | None = session.info.get(_CONNECTION)
    return found if found is not None else session.connection()


def _is_watched(engine: Engine) -> bool:
    """Return True if anything listens to the statements of an engine."""
    heard = engine.dispatch
    of_statement = heard.before_execute or heard.after_execute
    return bool(of_statement or heard.before_cursor_execute or heard.after_cursor_execute)


def _run(connection: Connection, statement: Executable, values: Sequence[Values]) -> None:
    if _is_watched(connection.engine):
        connection.execute(statement, list(values))
        return
    made = _compiled(connection.dialect, statement)
    given = [made.parameters(row) for row in values]
    with _Cursor(connection, made.sql) as cursor:
        if len(given) == 1:
            cursor.execute(made.sql, given[0])
        else:
            cursor.executemany(made.sql, given)


def _fetch(connection: Connection, made: _Compiled, values: Values) -> Sequence[Any]:
    given = made.parameters(values)
    with _Cursor(connection, made.sql) as cursor:
        cursor.execute(made.sql, given)
        return made.fetch(connection.dialect, cursor)


class _Cursor:
    """The driver's cursor; its errors become SQLAlchemy's, without the values."""

    def __init__(self, connection: Connection, sql: str) -> None:
        self._connection, self._sql = connection, sql

    def __enter__(self) -> Any:
        self._cursor = self._connection.connection.cursor()
        return self._cursor

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._cursor.close()
        dialect = self._connection.dialect
        if error is None or dialect.dbapi is None or not isinstance(error, dialect.dbapi.Error):
            return
        raw = self._connection.connection.dbapi_connection
        gone = dialect.is_disconnect(error, raw, self._cursor)
        if gone:
            self._connection.invalidate(error)
        raise DBAPIError.instance(
            self._sql,
            None,
            error,
            dialect.dbapi.Error,
            hide_parameters=True,
            connection_invalidated=gone,
            dialect=dialect,
        ) from error


@cache
def _columns(kind: type[Base]) -> Sequence[Column[Any]]:
    """Return the columns of a table, the id first."""
    return tuple(Base.metadata.tables[kind.__tablename__].columns)


@cache
def _names(kind: type[Base]) -> Sequence[str]:
    return tuple(column.key for column in _columns(kind))


@cache
def _by_id(kind: type[Base]) -> Select[Any]:
    columns = _columns(kind)
    return select(*columns).where(columns[0] == bindparam("id"))


@cache
def _references(kind: type[Base]) -> Sequence[tuple[str, str]]:
    """Return the relationships of a table with the column that each of them fills."""
    found = inspect(kind).relationships
    return tuple((one.key, str(next(iter(one.local_columns)).key)) for one in found)


def _default(column: Column[Any]) -> Any:
    """Return the value of a column that was given none."""
    default: Any = column.default
    if default is None:
        return None
    return default.arg if default.is_scalar else default.arg(None)


@cache
def _insert_one(kind: type[Base], *, with_id: bool) -> Insert:
    """Build the statement that inserts one row, and returns the id."""
    table = Base.metadata.tables[kind.__tablename__]
    columns = [column for column in table.columns if with_id or not column.primary_key]
    return _insertion(table, columns).returning(table.c.id)


@cache
def _insert_into(kind: type[Base], names: tuple[str, ...]) -> tuple[Insert, Sequence[Column[Any]]]:
    """Build the statement that inserts rows; return it with the columns that get their default."""
    table = Base.metadata.tables[kind.__tablename__]
    missing = [c for c in table.columns if c.default is not None and c.key not in names]
    return _insertion(table, [*(table.c[name] for name in names), *missing]), missing


def _insertion(table: Table, columns: Sequence[Column[Any]]) -> Insert:
    """Return the statement that inserts rows with values for these columns, bound by name."""
    given = {column.key: bindparam(column.key, type_=column.type) for column in columns}
    return sql_insert(table).values(given)
