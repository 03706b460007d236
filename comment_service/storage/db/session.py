"""The database session, and the only place that commits.

``transaction()`` begins as a writer, commits, and then sends the signals announced inside it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.storage.db import file_guard
from comment_service.storage.db.engine import WRITE, engine_options, prepare
from comment_service.storage.tables.base import Base

StorageError = SQLAlchemyError
"""Exceptions raised by a database that cannot do what it was asked."""

db = SQLAlchemy(model_class=Base, disable_autonaming=True)
_ANNOUNCED = "comments_announced"


def init_app(app: Flask, url: str, module: ModuleType | None = None, schema: str = "") -> None:
    """Bind the app to its database; ``module`` and ``schema`` as in ``engine_options``."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url, module, schema)
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)


def forget_connections(app: Flask) -> None:
    """Leave the parent's connections alone in the child of a fork, and open new ones on demand."""
    with app.app_context():
        db.engine.dispose(close=False)


def session() -> Session:
    """Return the session of the current request or command."""
    current: Session = db.session()
    return current


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit everything the block did, or nothing; then send the announced signals.

    Ends what the session read before: SQLite cannot safely upgrade a transaction that reads first
    and writes later.
    """
    current = session()
    current.rollback()
    current.info[_ANNOUNCED] = []
    current.connection(execution_options={WRITE: True})
    try:
        yield current
        current.commit()
        file_guard.check(current.get_bind().engine)  # else a deleted file may have got the rows
    except BaseException:
        current.rollback()
        raise
    events.deliver(current.info.pop(_ANNOUNCED), wait=current_app.testing)


def is_alive() -> bool:
    """Return True if the database answers.

    Raises:
        StorageError: it does not.
    """
    return session().execute(text("SELECT 1")).scalar() == 1


def serialise(current: Session, name: str) -> None:
    """Let only one transaction at a time hold this name, until it ends.

    On SQLite every writing transaction is alone anyway.
    """
    if current.get_bind().dialect.name == "postgresql":
        current.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def announce(current: Session, signal: str, sender: str, **payload: object) -> None:
    """Send ``signal`` to its listeners after the commit."""
    current.info[_ANNOUNCED].append(events.Announcement(signal, sender, payload))
