"""``doctor``: check why comments do not show up on a page."""

import click

from comment_service import fetching
from comment_service.actions.pages.embed_check import OK, PROBLEM, check_page, check_readers
from comment_service.cli.assembly import Assembly
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session

_COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}


@click.command()
@click.option("--url", required=True, help="URL of a post.")
@click.pass_obj
def doctor(assembly: Assembly, url: str) -> None:
    """Check why comments do not show up on a page."""
    with assembly.context() as runtime:
        try:
            page = fetching.fetch_page(url, guard=False)
        except fetching.FetchError as error:
            raise click.ClickException(f"{url} could not be fetched. {error}") from error
        known = sites.all_sites(session())
        found = check_page(sites=known, service=runtime.settings.public_url, page=page)
        found += check_readers(session(), known, runtime.now())
    for finding in found:
        status = click.style(f"{finding.status:8}", fg=_COLOURS[finding.status])
        click.echo(f"{status} {finding.sentence}")
        if finding.remedy:
            click.echo(f"{'':8} {finding.remedy}")
    if any(finding.status == PROBLEM for finding in found):
        raise SystemExit(1)
    if all(finding.status == OK for finding in found):
        click.echo("No problems found.")
