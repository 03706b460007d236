"""``db``: the database's schema."""

import click

from comment_service.cli.assembly import Assembly
from comment_service.storage.db import migrate
from comment_service.storage.db.session import db as database


@click.group()
def db() -> None:
    """Look after the database's schema."""


@db.command()
@click.argument("revision", default="head")
@click.pass_obj
def upgrade(assembly: Assembly, revision: str) -> None:
    """Migrate up, by default to the newest schema."""
    with assembly.app({"COMMENTS_AUTO_MIGRATE": False}).app_context():
        migrate.upgrade(database.engine, revision)
        click.echo(f"The database is at {migrate.current(database.engine)}.")


@db.command()
@click.argument("revision")
@click.confirmation_option(
    prompt="This can delete data that the older schema has no place for. Go?"
)
@click.pass_obj
def downgrade(assembly: Assembly, revision: str) -> None:
    """Migrate down to REVISION ("base" removes every table of ours)."""
    with assembly.app({"COMMENTS_AUTO_MIGRATE": False}).app_context():
        migrate.downgrade(database.engine, revision)
        click.echo(f"The database is at {migrate.current(database.engine) or 'base'}.")


@db.command()
@click.pass_obj
def current(assembly: Assembly) -> None:
    """Print the schema's version and the newest there is."""
    with assembly.app({"COMMENTS_AUTO_MIGRATE": False}).app_context():
        click.echo(f"at {migrate.current(database.engine)}, newest {migrate.head()}")
