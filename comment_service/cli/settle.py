"""``page`` and ``author``: close a thread, block or trust whoever wrote a comment."""

import click

from comment_service.actions import settle
from comment_service.actions.settle import MARKS
from comment_service.cli.assembly import Assembly
from comment_service.errors import Refusal
from comment_service.storage import sites
from comment_service.storage.session import transaction
from comment_service.text import addresses


@click.command()
@click.argument("what", type=click.Choice(("close", "open")))
@click.argument("url")
@click.option("--site", "key", default="", help="The site's key; by default the configured.")
@click.pass_obj
def page(assembly: Assembly, what: str, url: str, key: str) -> None:
    """Close the thread of the page at URL, or open it again."""
    with assembly.context() as runtime, transaction() as current:
        site = sites.find(current, key or runtime.settings.site)
        if site is None:
            raise click.ClickException(f"There is no site {key}; `site list` prints all.")
        try:
            settle.close_page(
                session=current,
                runtime=runtime,
                site_id=site.id,
                url=addresses.page_address(url),
                closed=what == "close",
            )
        except (Refusal, ValueError) as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{url} is {'closed' if what == 'close' else 'open'}.")


@click.command()
@click.argument("mark", type=click.Choice(MARKS))
@click.argument("comment_id", type=int)
@click.pass_obj
def author(assembly: Assembly, mark: str, comment_id: int) -> None:
    """Block or trust whoever wrote a comment, or clear either."""
    with assembly.context() as runtime, transaction() as current:
        try:
            found = settle.mark_author(
                session=current, runtime=runtime, comment_id=comment_id, mark=mark
            )
        except Refusal as refusal:
            raise click.ClickException(refusal.message) from refusal
        name = found.name or f"the author of comment {comment_id}"
    click.echo(f"{name}: {mark}.")
