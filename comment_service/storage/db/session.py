"""The session, and the one place that commits.

``transaction()`` begins as a writer, commits, and only then tells what was announced in it; each
listener hears on its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.storage.db.engine import WRITE, engine_options, prepare
from comment_service.storage.tables.base import Base

StorageError = SQLAlchemyError
"""What a database raises that cannot do what it is asked."""

db = SQLAlchemy(model_class=Base, disable_autonaming=True)
_ANNOUNCED = "comments_announced"


def init_app(app: Flask, url: str) -> None:
    """Bind the app to its database."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url)
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)


def session() -> Session:
    """Return the session of the running request or command."""
    current: Session = db.session()
    return current


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit what the block did, or nothing of it; then tell what it announced.

    What the session had read before is let go: a transaction that reads first and writes later
    cannot be upgraded safely on SQLite.
    """
    current = session()
    current.rollback()
    current.info[_ANNOUNCED] = []
    current.connection(execution_options={WRITE: True})
    try:
        yield current
        current.commit()
    except BaseException:
        current.rollback()
        raise
    events.deliver(current.info.pop(_ANNOUNCED))


def is_alive() -> bool:
    """Tell whether the database answers.

    Raises:
        StorageError: it does not.
    """
    return session().execute(text("SELECT 1")).scalar() == 1


def serialise(current: Session, name: str) -> None:
    """Let only one transaction at a time pass here under this name, until its end.

    On SQLite every writing transaction is alone already.
    """
    if current.get_bind().dialect.name == "postgresql":
        current.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def announce(current: Session, signal: str, sender: str, **payload: object) -> None:
    """Have ``signal`` told to its listeners after the commit."""
    current.info[_ANNOUNCED].append(events.Announcement(signal, sender, payload))
