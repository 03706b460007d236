"""Alembic's environment: runs on the connection that it is given, in that transaction."""

from alembic import context

from comment_service.storage import tables  # noqa: F401 - registers the tables
from comment_service.storage.base import PREFIX, Base
from comment_service.storage.migrate import VERSION_TABLE


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Look at our own tables only: a host's may stand in the same database."""
    return kind != "table" or bool(name and name.startswith(PREFIX))


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
