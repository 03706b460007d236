"""``db``: manage database migrations."""

import click

from comment_service.cli.assembly import Assembly
from comment_service.storage.db import migrate
from comment_service.storage.db.session import db as database


@click.group()
def db() -> None:
    """Manage database migrations."""


@db.command()
@click.argument("revision", default="head")
@click.pass_obj
def upgrade(assembly: Assembly, revision: str) -> None:
    """Migrate up, by default to the newest schema."""
    with assembly.app(prepared=False).app_context():
        migrate.upgrade(database.engine, revision)
        click.echo(f"The database is at {migrate.current(database.engine)}.")


@db.command()
@click.argument("revision")
@click.confirmation_option(
    prompt="This can delete data that the older schema cannot store. Continue?"
)
@click.pass_obj
def downgrade(assembly: Assembly, revision: str) -> None:
    """Migrate down to REVISION ("base" removes all tables of the service)."""
    with assembly.app(prepared=False).app_context():
        migrate.downgrade(database.engine, revision)
        click.echo(f"The database is at {migrate.current(database.engine) or 'base'}.")


@db.command()
@click.pass_obj
def current(assembly: Assembly) -> None:
    """Print the current and the newest schema version."""
    with assembly.app(prepared=False).app_context():
        click.echo(f"at {migrate.current(database.engine)}, newest {migrate.head()}")
