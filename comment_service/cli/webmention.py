"""``webmention``: tell other websites of a page that links to them."""

import click

from comment_service import fetching
from comment_service.cli.assembly import Assembly
from comment_service.cli.sites import find_site, site_option
from comment_service.notify import webmention_sender
from comment_service.storage.pages.sent_webmentions import Outcome


@click.group()
def webmention() -> None:
    """Send Webmentions for your pages."""


@webmention.command("send")
@click.argument("url")
@site_option
@click.pass_obj
def send(assembly: Assembly, url: str, key: str) -> None:
    """Tell every site that the page at URL links to.

    Run it after you published, changed or deleted a post. Links that the page had before are told
    too. Each line shows the answer and the link.
    """
    with assembly.context() as runtime:
        try:
            found = webmention_sender.send_now(runtime, find_site(runtime, key), url)
            outcomes = [_print(one) for one in found]
        except fetching.FetchError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{sum(one.is_sent for one in outcomes)} of {len(outcomes)} links were told.")


def _print(outcome: Outcome) -> Outcome:
    if outcome.error:
        words = outcome.error
    elif outcome.is_sent:
        words = "sent" if outcome.linked else "sent: no longer linked"
    else:
        words = "takes no Webmentions"
    click.echo(f"{words}\t{outcome.target}")
    return outcome
