"""Bring a database to a schema version, with Alembic and a version table of our own.

Only one process migrates at a time: on SQLite the transaction begins as a writer, on PostgreSQL it
holds an advisory lock; the second finds the work done.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from comment_service.paths import migrations
from comment_service.storage.db import search
from comment_service.storage.db.engine import WRITE
from comment_service.storage.tables.base import PREFIX

VERSION_TABLE = "comments_alembic_version"
_LOCK = 0x636F6D6D  # any number that is ours alone: "comm"


def ours(name: str | None, kind: str, _parents: object = None) -> bool:
    """Tell whether the tables' declarations speak for this: a host's tables may stand beside them.

    What searches full text is the database's own, and made by hand in its migration.
    """
    if kind == "table":
        return bool(name and name.startswith(PREFIX) and not name.startswith(search.TABLE))
    return name not in {search.WORDS, f"ix_{PREFIX}comments_{search.WORDS}"}


def _config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for our scripts."""
    config = Config()
    config.set_main_option("script_location", str(migrations()))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """Return the newest version there is."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def current(engine: Engine) -> str | None:
    """Return the database's version; None for an empty one."""
    with engine.connect() as connection:
        return _version(connection)


def _version(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def upgrade(engine: Engine, target: str = "head") -> None:
    """Migrate up to ``target``; nothing happens where the database is there already."""
    if target == "head" and current(engine) == head():
        return
    with _migrating(engine) as connection:
        command.upgrade(_config(connection), target)


def downgrade(engine: Engine, target: str) -> None:
    """Migrate down to ``target`` ("base" empties the database of our tables)."""
    with _migrating(engine) as connection:
        command.downgrade(_config(connection), target)


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    """Give a connection on which nobody else migrates, and commit what was done on it.

    SQLite changes a column by making the table anew and dropping the old one, and with foreign keys
    on a drop deletes every row that refers to it: they are off meanwhile, and checked at the end.
    """
    with engine.connect().execution_options(**{WRITE: True}) as connection:
        _foreign_keys(connection, on=False)
        try:
            with connection.begin():
                _lock(connection)
                yield connection
                search.install(connection)
                _check_foreign_keys(connection)
        finally:
            _foreign_keys(connection, on=True)


def _foreign_keys(connection: Connection, *, on: bool) -> None:
    """Switch SQLite's foreign keys, which it allows only outside a transaction."""
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        if driver is not None:
            driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def _check_foreign_keys(connection: Connection) -> None:
    """Refuse to commit a migration that left rows behind which refer to nothing.

    Raises:
        RuntimeError: naming the table; the database is as it was.
    """
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise RuntimeError(f"the migration would break references of {broken[0]}; not done")


def _lock(connection: Connection) -> None:
    """Wait until no other process migrates (SQLite's BEGIN IMMEDIATE has done so already)."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
