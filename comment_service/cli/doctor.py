"""``doctor``: look at a blogger's page and say why there are no comments on it."""

import click

from comment_service import fetching
from comment_service.actions.pages.embed_check import OK, PROBLEM, examine
from comment_service.cli.assembly import Assembly
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session

_COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}


@click.command()
@click.option("--url", required=True, help="The address of a post.")
@click.pass_obj
def doctor(assembly: Assembly, url: str) -> None:
    """Fetch a page as a browser would, and say what keeps comments from it."""
    with assembly.context() as runtime:
        try:
            page = fetching.fetch(url, guard=False)
        except fetching.FetchError as error:
            raise click.ClickException(f"{url} could not be fetched. {error}") from error
        found = examine(
            sites=sites.every(session()), service=runtime.settings.public_url, page=page
        )
    for one in found:
        word = click.style(f"{one.status:8}", fg=_COLOURS[one.status])
        click.echo(f"{word} {one.sentence}")
        if one.remedy:
            click.echo(f"{'':8} {one.remedy}")
    if any(one.status == PROBLEM for one in found):
        raise SystemExit(1)
    if all(one.status == OK for one in found):
        click.echo("Nothing is in the way.")
