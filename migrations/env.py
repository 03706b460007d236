"""Alembic environment: run migrations on the caller's connection, inside its transaction."""

from alembic import context

from comment_service.storage import tables  # noqa: F401 - registers the tables
from comment_service.storage.db.migrate import VERSION_TABLE, is_own_object
from comment_service.storage.tables.base import Base

connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("Run `comment-service db upgrade`; these scripts need its connection.")
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    include_name=is_own_object,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
