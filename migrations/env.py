"""Alembic's environment: runs on the connection that it is given, in that transaction."""

from alembic import context

from comment_service.storage import tables  # noqa: F401 - registers the tables
from comment_service.storage.db.migrate import VERSION_TABLE, ours
from comment_service.storage.tables.base import Base

connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("Run `comment-service db upgrade`; these scripts need its connection.")
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    include_name=ours,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
