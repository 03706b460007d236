"""``page``: close or reopen threads; list, alias, move and merge pages."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from comment_service.actions.moderation import trust_author
from comment_service.actions.pages import edit_page, syndicate
from comment_service.actions.pages import merge as merge_pages
from comment_service.cli.assembly import Assembly
from comment_service.cli.sites import ACTOR, find_site, site_option
from comment_service.errors import DoesNotExist
from comment_service.runtime import Runtime
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import page_lists, pages, syndicated_threads
from comment_service.storage.tables import Page, Site
from comment_service.text import addresses
from comment_service.text.syndication import post_address


@click.group()
def page() -> None:
    """Manage pages: their threads and URLs."""


@contextmanager
def _site_transaction(assembly: Assembly, key: str) -> Iterator[tuple[Runtime, Site]]:
    """Start a transaction on a site; report an invalid address without a traceback."""
    with assembly.context() as runtime, transaction():
        site = find_site(runtime, key)
        try:
            yield runtime, site
        except ValueError as error:
            raise click.ClickException(str(error)) from error


def _page(site: Site, url: str) -> Page:
    """Return the page with a URL.

    Raises:
        DoesNotExist: the page has no comments yet.
        ValueError: the URL is invalid.
    """
    found = pages.find(session(), site.id, addresses.clean_page_url(url))
    if found is None:
        raise DoesNotExist(f"Nothing was said on {url} yet; check the address.")
    return found


@page.command("close")
@click.argument("url")
@site_option
@click.pass_obj
def close(assembly: Assembly, url: str, key: str) -> None:
    """Close the thread of the page at URL."""
    _close(assembly, url, key, closed=True)


@page.command("open")
@click.argument("url")
@site_option
@click.pass_obj
def reopen(assembly: Assembly, url: str, key: str) -> None:
    """Reopen the thread of the page at URL."""
    _close(assembly, url, key, closed=False)


def _close(assembly: Assembly, url: str, key: str, *, closed: bool) -> None:
    with _site_transaction(assembly, key) as (runtime, site):
        trust_author.close_page(
            session=session(),
            runtime=runtime,
            site_id=site.id,
            url=addresses.clean_page_url(url),
            closed=closed,
        )
    click.echo(f"{url} is {'closed' if closed else 'open'}.")


@page.command("list")
@click.argument("words", default="")
@click.option("--before", type=int, help="Pages with a smaller number than this only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@site_option
@click.pass_obj
def list_pages(assembly: Assembly, words: str, before: int | None, limit: int, key: str) -> None:
    """Print pages, newest first: number, comments, URL, title.

    WORDS is a part of the title or the URL.
    """
    with _site_transaction(assembly, key) as (_runtime, site):
        found = page_lists.search_pages(session(), site.id, words=words, before=before, limit=limit)
        for row in found.pages:
            click.echo(f"{row.id}\t{row.comment_count}\t{row.url}\t{row.title}")
    if found.following is not None:
        click.echo(f"There may be more: --before {found.following}", err=True)


@page.command("alias")
@click.argument("url")
@click.argument("other")
@site_option
@click.pass_obj
def alias(assembly: Assembly, url: str, other: str, key: str) -> None:
    """Add OTHER as an alias URL of the page at URL."""
    with _site_transaction(assembly, key) as (runtime, site):
        found = edit_page.add_alias(
            session=session(),
            runtime=runtime,
            page_id=_page(site, url).id,
            url=other,
            actor=ACTOR,
        )
        click.echo(f"Added {other} as an alias of {found.url}.")


@page.command("posts")
@click.argument("url")
@click.option("--add", metavar="POST", help="Show the replies of POST under the page.")
@click.option("--remove", metavar="POST", help="Show no more replies of POST.")
@click.option("--withdraw", is_flag=True, help="With --remove: withdraw the replies shown so far.")
@site_option
@click.pass_obj
def posts(
    assembly: Assembly, url: str, add: str | None, remove: str | None, withdraw: bool, key: str
) -> None:
    """Print the posts on Mastodon and Bluesky whose replies the page at URL shows.

    One line a post: address, time of the last reading, error.
    """
    with _site_transaction(assembly, key) as (runtime, site):
        if add:
            new = syndicate.add_page(session=session(), runtime=runtime, site=site, url=url)
            syndicate.add(session=session(), runtime=runtime, page_id=new.id, url=add, actor=ACTOR)
        found = _page(site, url)
        if remove:
            syndicate.remove(
                session=session(),
                runtime=runtime,
                page_id=found.id,
                thread_id=_post_id(found, remove),
                keep_replies=not withdraw,
                actor=ACTOR,
            )
        for row in syndicated_threads.of_page(session(), found.id):
            read = row.read_at.isoformat() if row.read_at else "not read yet"
            click.echo(f"{row.url}\t{read}\t{row.error}")


def _post_id(found: Page, url: str) -> int:
    """Return the id of the post at an address whose replies a page shows.

    Raises:
        DoesNotExist: it shows none of it.
    """
    address = post_address(url)
    for row in syndicated_threads.of_page(session(), found.id):
        if address is not None and row.url == address.url:
            return row.id
    raise DoesNotExist(f"{found.url} shows no replies of {url}.")


@page.command("move")
@click.argument("url")
@click.argument("to")
@site_option
@click.pass_obj
def move(assembly: Assembly, url: str, to: str, key: str) -> None:
    """Change a page's URL to TO; the old URL remains an alias."""
    with _site_transaction(assembly, key) as (runtime, site):
        found = edit_page.change_address(
            session=session(), runtime=runtime, page_id=_page(site, url).id, url=to, actor=ACTOR
        )
        click.echo(f"The thread is now at {found.url}.")


@page.command("merge")
@click.argument("url")
@click.argument("into")
@click.option("--yes", is_flag=True, help="Do not ask.")
@site_option
@click.pass_obj
def merge(assembly: Assembly, url: str, into: str, yes: bool, key: str) -> None:
    """Move all comments of the page at URL to the page at INTO; URL becomes an alias."""
    with _site_transaction(assembly, key) as (_runtime, site):
        ids = {"page_id": _page(site, url).id, "into_id": _page(site, into).id}
        preview = merge_pages.preview(session=session(), moderator_id=None, **ids)
        click.echo(f"{preview.gone.url} into {preview.page.url}: {preview.comments} comments move.")
    if not yes:
        click.confirm("Merge them?", abort=True)
    with _site_transaction(assembly, key) as (runtime, _site_again):
        merge_pages.merge(session=session(), runtime=runtime, actor=ACTOR, **ids)
    click.echo("Merged into one thread.")
