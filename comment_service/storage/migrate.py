"""Bring a database to a schema version, with Alembic and a version table of our own.

Only one process migrates at a time: on SQLite the transaction begins as a writer, on PostgreSQL it
holds an advisory lock; the second finds the work done.
"""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from comment_service.paths import migrations
from comment_service.storage.engine import WRITE

VERSION_TABLE = "comments_alembic_version"
_LOCK = 0x636F6D6D  # any number that is ours alone: "comm"


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
    with engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        _lock(connection)
        command.upgrade(_config(connection), target)


def downgrade(engine: Engine, target: str) -> None:
    """Migrate down to ``target`` ("base" empties the database of our tables)."""
    with engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        _lock(connection)
        command.downgrade(_config(connection), target)


def _lock(connection: Connection) -> None:
    """Wait until no other process migrates (SQLite's BEGIN IMMEDIATE has done so already)."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
