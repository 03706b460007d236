"""``lists``: manage blocklists of words, links, domains and e-mail addresses."""

from pathlib import Path

import click

from comment_service.cli.assembly import Assembly
from comment_service.cli.sites import ACTOR, find_site, site_option
from comment_service.storage.admin import sites
from comment_service.storage.admin.sites import LIST_KINDS
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import PENDING, SPAM

_kind = click.option("--kind", type=click.Choice(LIST_KINDS), default="word", show_default=True)


@click.group()
def lists() -> None:
    """Manage a site's blocklists of words, links, domains and e-mail addresses."""


@lists.command("add")
@click.argument("values", nargs=-1, required=True)
@_kind
@site_option
@click.option("--spam", "spam", is_flag=True, help="File as spam instead of holding.")
@click.pass_obj
def add(assembly: Assembly, values: tuple[str, ...], kind: str, key: str, spam: bool) -> None:
    """Add entries (words may use * as a wildcard; see --kind)."""
    _add(assembly, values, kind=kind, key=key, status=SPAM if spam else PENDING)


@lists.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_kind
@site_option
@click.option("--spam", "spam", is_flag=True, help="File as spam instead of holding.")
@click.pass_obj
def import_file(assembly: Assembly, file: Path, kind: str, key: str, spam: bool) -> None:
    """Add every line of FILE (the format of WordPress block lists)."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    values = tuple(line.strip() for line in lines if line.strip())
    _add(assembly, values, kind=kind, key=key, status=SPAM if spam else PENDING)


@lists.command("show")
@site_option
@click.pass_obj
def show(assembly: Assembly, key: str) -> None:
    """Print a site's blocklists."""
    with assembly.context() as runtime:
        for entry in sites.entries(session(), find_site(runtime, key).id):
            click.echo(f"{entry.kind}\t{entry.status}\t{entry.value}")


@lists.command("remove")
@click.argument("values", nargs=-1, required=True)
@_kind
@site_option
@click.pass_obj
def remove(assembly: Assembly, values: tuple[str, ...], kind: str, key: str) -> None:
    """Remove entries."""
    with assembly.context() as runtime, transaction() as current:
        gone = sites.remove_from_list(current, find_site(runtime, key).id, kind=kind, values=values)
    if not gone:
        raise click.ClickException(
            f"None of these is on the {kind} list; `lists show` prints all entries."
        )
    click.echo(f"Removed {gone}.")


def _add(assembly: Assembly, values: tuple[str, ...], *, kind: str, key: str, status: str) -> None:
    """Add new entries; set the status of existing ones."""
    with assembly.context() as runtime, transaction() as current:
        site = find_site(runtime, key)
        new = sites.add_to_list(
            current,
            site.id,
            kind=kind,
            values=values,
            status=status,
            actor=ACTOR,
            now=runtime.now(),
        )
        known = len(set(values)) - new
        click.echo(f"Added {new} to the {kind} list of {site.key}, {known} known.")
