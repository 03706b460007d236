"""Keep a host's migrations away from the service's tables in a shared database."""

from comment_service.storage import tables
from comment_service.storage.db import search
from comment_service.storage.db.migrate import VERSION_TABLE


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
