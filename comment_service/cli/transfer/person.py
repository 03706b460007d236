"""``person``: export or erase what a site stores under an e-mail address."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from comment_service.actions.readers import person as acting
from comment_service.cli.assembly import Assembly
from comment_service.cli.sites import ACTOR, find_site, site_option
from comment_service.runtime import Runtime
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Site


@click.group()
def person() -> None:
    """Export or erase what a site stores under an e-mail address."""


@contextmanager
def _asked(assembly: Assembly, key: str, address: str) -> Iterator[tuple[Runtime, Site, str]]:
    """Yield the runtime, the site and the checked address."""
    with assembly.context() as runtime:
        site = find_site(runtime, key)
        yield runtime, site, acting.checked_address(address)


@person.command("export")
@click.argument("address")
@site_option
@click.pass_obj
def export_one(assembly: Assembly, address: str, key: str) -> None:
    """Print everything stored under ADDRESS as JSON."""
    with _asked(assembly, key, address) as (runtime, site, checked):
        with transaction() as current:
            acting.record(session=current, runtime=runtime, site=site, address=checked,
                          actor=ACTOR, change=acting.EXPORTED, counts={})  # fmt: skip
        parts = acting.export_person(session=session(), runtime=runtime, site=site, address=checked)
        for part in parts:
            click.echo(part, nl=False)


@person.command()
@click.argument("address")
@site_option
@click.option("--remove-texts/--keep-texts", "removes", default=None,
              help="Whether the texts of comments go too; default: the site's rule.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Erase without a question.")
@click.pass_obj
def erase(assembly: Assembly, address: str, key: str, removes: bool | None, yes: bool) -> None:
    """Erase everything stored under ADDRESS, after showing what that is."""
    with _asked(assembly, key, address) as (runtime, site, checked):
        found = acting.find_person(session=session(), site_id=site.id, address=checked)
        comments = found.comments + sum(one.comments for one in found.authors)
        click.echo(
            f"{site.key}: {len(found.authors)} authors, {comments} comments, "
            f"{found.subscriptions} subscriptions, {found.labels} training examples, "
            f"{found.checks} texts that other programs had checked."
        )
        if found.entries:
            click.echo("The address is on the blocklist and stays there; see `list`.")
        if not found.nothing and not yes:
            click.confirm("Erase this permanently?", abort=True)
        with transaction() as current:
            acting.erase_person(session=current, runtime=runtime, site=site, address=checked,
                                actor=ACTOR, removes=removes)  # fmt: skip
        click.echo("Erased. Backups keep the data until they are deleted.")
