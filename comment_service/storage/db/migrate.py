"""Migrate a database to a schema version, with Alembic and a version table of our own.

A host that shares its database has its own migrations; ``include_object`` keeps them away from the
service's tables.

Only one process migrates at a time: on SQLite the transaction begins as a writer, on PostgreSQL it
holds an advisory lock. A second process finds the work done. Alembic is imported only to migrate:
with its template engine it would need memory in every process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.schema import CreateSchema

from comment_service.paths import migrations
from comment_service.storage import tables
from comment_service.storage.db import counters, search, statistics
from comment_service.storage.db.engine import WRITE
from comment_service.storage.tables.base import PREFIX

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "comments_alembic_version"
_LOCK = 0x636F6D6D  # an arbitrary number that only this service uses: "comm"


def is_own_object(name: str | None, kind: str, _parents: object = None) -> bool:
    """Return True if a database object belongs to the service; a host's tables may be beside ours.

    The full-text search objects are excluded: their migration creates them by hand.
    """
    if kind == "table":
        return bool(name and name.startswith(PREFIX) and not name.startswith(search.TABLE))
    return name not in {search.WORDS, f"ix_{PREFIX}comments_{search.WORDS}"}


def include_object(
    item: object, name: str | None, kind: str, _reflected: bool, _compare_to: object
) -> bool:
    """Return False for tables of the service, and for everything that belongs to them.

    For Alembic's ``context.configure(include_object=…)`` or ``Migrate(app, db, include_object=…)``.
    Without it, ``flask db migrate`` proposes to drop the service's tables, because the host's
    models do not have them. A host's table is kept, even if its name begins with ``comments_``.
    """
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", None)
    return table is None or not is_service_table(table)


def is_service_table(name: str) -> bool:
    """Return True for a table of the service, its version table and its search index."""
    own = name in tables.Author.metadata.tables or name == VERSION_TABLE
    return own or name == search.TABLE or name.startswith(f"{search.TABLE}_")


def _config(connection: Connection) -> "Config":
    """Return the Alembic configuration for the service's scripts."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations()))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """Return the newest schema version: migrations are numbered, without branches."""
    return max(_versions())


def is_known(version: str) -> bool:
    """Return True if this program has the migration of a schema version."""
    return version in _versions()


def _versions() -> set[str]:
    return {path.name.partition("_")[0] for path in (migrations() / "versions").glob("*_*.py")}


def current(engine: Engine) -> str | None:
    """Return the database's schema version, or None for an empty database."""
    with engine.connect() as connection:
        return _version(connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
    return found


def create_schema(engine: Engine, schema: str) -> None:
    """Create a PostgreSQL schema if it does not exist; "" is the default one."""
    if schema and engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            _lock(connection)
            connection.execute(CreateSchema(schema, if_not_exists=True))


def upgrade(engine: Engine, target: str = "head") -> None:
    """Migrate up to ``target``; do nothing if the database is already there.

    A database that a newer program has migrated stays as it is: during an upgrade, old and new
    processes run side by side.
    """
    found = current(engine) if target == "head" else None
    if found is not None and (found == head() or not is_known(found)):
        return
    from alembic import command

    with _migrating(engine) as connection:
        command.upgrade(_config(connection), target)


def downgrade(engine: Engine, target: str) -> None:
    """Migrate down to ``target``; "base" removes all of the service's tables."""
    from alembic import command

    with _migrating(engine) as connection:
        command.downgrade(_config(connection), target)


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    """Yield a connection on which no other process migrates, and commit its work.

    To change a column, SQLite creates the table anew and drops the old one. With foreign keys on,
    the drop deletes every referring row; so they are off meanwhile and checked at the end.
    """
    with engine.connect().execution_options(**{WRITE: True}) as connection:
        _foreign_keys(connection, on=False)
        try:
            with connection.begin():
                _lock(connection)
                counters.remove(connection)
                yield connection
                search.install(connection)
                counters.install(connection)
                _check_foreign_keys(connection)
                statistics.analyze(connection)
        finally:
            _foreign_keys(connection, on=True)


def _foreign_keys(connection: Connection, *, on: bool) -> None:
    """Switch SQLite's foreign keys on or off, which works only outside a transaction."""
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        if driver is not None:
            driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def _check_foreign_keys(connection: Connection) -> None:
    """Refuse to commit a migration that left dangling references.

    Raises:
        RuntimeError: names the table; the database is unchanged.
    """
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise RuntimeError(f"the migration would break references of {broken[0]}; not done")


def _lock(connection: Connection) -> None:
    """Wait until no other process migrates, as long as that takes.

    On SQLite, BEGIN IMMEDIATE has done that already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
