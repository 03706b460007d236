"""``key``: manage keys of programs."""

import click

from comment_service.actions.admin import api_keys
from comment_service.cli.assembly import Assembly
from comment_service.cli.sites import find_site
from comment_service.errors import Refusal
from comment_service.storage.admin import api_keys as stored
from comment_service.storage.admin import people, sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import SCOPES


@click.group()
def key() -> None:
    """Manage keys of programs."""


@key.command("add")
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True)
@click.option("--site", "site_key", help="Key of the site; default: the configured one.")
@click.option("--everywhere", is_flag=True, help="For every site.")
@click.option("--moderator", "email", help="Address of the person for whom the key decides.")
@click.pass_obj
def add_key(
    assembly: Assembly,
    name: str,
    scopes: tuple[str, ...],
    site_key: str | None,
    everywhere: bool,
    email: str | None,
) -> None:
    """Make a key called NAME and print it; it cannot be read again."""
    with assembly.context() as runtime, transaction() as current:
        row = find_site(runtime, site_key)
        person = people.find_moderator(current, email) if email else None
        if email and person is None:
            raise click.ClickException(f"{email} is not on the team.")
        made = api_keys.create(
            session=current,
            runtime=runtime,
            site_id=None if everywhere else row.id,
            name=name,
            scopes=scopes,
            by=None,
            acts_for=person.id if person else None,
        )
    click.echo(made.token)


@key.command("list")
@click.pass_obj
def list_keys(assembly: Assembly) -> None:
    """Print every key: number, site, end of the key, what it may do, last use, name."""
    with assembly.context():
        db = session()
        for site in (None, *sites.all_sites(db)):
            for row in stored.of_site(db, site.id if site else None):
                used = row.used_at.isoformat(timespec="minutes") if row.used_at else "never"
                state = "revoked" if row.revoked_at else used
                where, may = site.key if site else "*", ",".join(row.scopes)
                click.echo(f"{row.id}\t{where}\t…{row.hint}\t{may}\t{state}\t{row.name}")


@key.command("revoke")
@click.argument("number", type=int)
@click.pass_obj
def revoke_key(assembly: Assembly, number: int) -> None:
    """Revoke the key with this NUMBER at once."""
    with assembly.context() as runtime, transaction() as current:
        try:
            row = api_keys.revoke(session=current, runtime=runtime, by=None, key_id=number)
        except Refusal as refusal:
            raise click.ClickException(f"{refusal} `key list` prints all.") from None
        click.echo(f"Revoked {row.name}.")
