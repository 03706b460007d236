"""Keep the planner's statistics fresh: without them SQLite guesses how selective an index is.

PostgreSQL's autovacuum analyses tables by itself; after a migration it is asked at once. SQLite
analyses when told: after a migration and once a day, a bounded number of rows of each index.
"""

from sqlalchemy import Connection, Engine

from comment_service.storage.db.engine import WRITE
from comment_service.storage.tables.base import Base

ROWS = 1000
"""Rows of each index that SQLite reads at most."""
_CHECK_ALL_TABLES = 0x10002
"""Argument of ``PRAGMA optimize``: analyse what needs it, not only tables this connection used."""


def analyze(connection: Connection) -> None:
    """Analyse the service's tables, inside the caller's transaction."""
    dialect = connection.dialect
    found = set(dialect.get_table_names(connection))
    if dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA analysis_limit={ROWS}")
    for table in Base.metadata.sorted_tables:
        if table.name in found:
            connection.exec_driver_sql(f"ANALYZE {table.name}")


def optimize(engine: Engine) -> None:
    """Analyse the tables of a SQLite database that changed much since they were analysed last."""
    if engine.dialect.name != "sqlite":
        return
    with engine.execution_options(**{WRITE: True}).begin() as connection:
        connection.exec_driver_sql(f"PRAGMA analysis_limit={ROWS}")
        connection.exec_driver_sql(f"PRAGMA optimize={_CHECK_ALL_TABLES}")
