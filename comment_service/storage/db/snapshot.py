"""Read the database as it is at one moment, however long the reading takes."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.orm import Session


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """Yield a session of its own that sees one state of the database; writers go on meanwhile.

    SQLite's read transactions are snapshots anyway; PostgreSQL's need an isolation level.
    """
    with engine.connect() as opened:
        connection = opened
        if engine.dialect.name == "postgresql":
            connection = opened.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with Session(bind=connection, autoflush=False) as session:
            yield session
            session.rollback()
