"""``demo``: run a small blog with live threads and the moderation pages, on SQLite."""

import shutil
import threading
from pathlib import Path
from typing import Any

import click
from flask import Flask

from comment_service.actions.admin import login
from comment_service.cli.assembly import Assembly
from comment_service.cli.demo.blog import make_blog
from comment_service.cli.demo.check import check as run_check
from comment_service.cli.demo.posts import POSTS
from comment_service.cli.demo.seed import seed
from comment_service.cli.people import one_time_link
from comment_service.cli.serve import bind, free_port, listen
from comment_service.errors import SetupError
from comment_service.storage.admin import people, sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import queue
from comment_service.storage.pages import pages

MODERATOR = "demo@blog.example"
_SEEDED = ("published", "pending", "spam")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=5000,
    show_default=True,
    help="Port; 0 picks a free one.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("instance/demo"),
    show_default=True,
    help="Where the demo keeps its database.",
)
@click.option("--fresh", is_flag=True, help="Start with an empty database.")
@click.option(
    "--check", is_flag=True, help="Start the server, test it over HTTP, print the results, stop."
)
@click.pass_obj
def demo(assembly: Assembly, host: str, port: int, folder: Path, fresh: bool, check: bool) -> None:
    """Run a small demo blog with live threads and the moderation pages."""
    folder = folder.with_name(f"{folder.name}-check") if check else folder
    if (fresh or check) and folder.exists():
        shutil.rmtree(folder)
    port = free_port(host) if check or port == 0 else port
    bind(host, port).close()  # fail before seeding if the port is in use
    name = "localhost" if host == "127.0.0.1" else host  # passkeys do not work on IP addresses
    address = f"http://{name}:{port}"
    blog, service = _build(assembly, folder, address)
    server = listen(blog, host, port)
    with service.app_context():
        link = one_time_link(f"{address}/comments", MODERATOR)
    if check:
        threading.Thread(target=server.run, daemon=True).start()
        raise SystemExit(0 if run_check(address, link) else 1)
    _print_links(address, link, folder)
    server.run()


def _build(assembly: Assembly, folder: Path, address: str) -> tuple[Flask, Flask]:
    """Return the blog and the mounted service, seeded if there are no comments yet."""
    folder.mkdir(parents=True, exist_ok=True)
    config: dict[str, Any] = {
        "COMMENTS_FOLDER": str(folder.absolute()),
        "COMMENTS_ALLOW_VOLATILE": True,
        "COMMENTS_SITE_NAME": "The Slow Kettle",
    }
    blog = make_blog(config, address)
    assembly.embed(blog)
    service: Flask = blog.extensions["comments"]
    assembly.prepare(service)
    with service.app_context():
        empty = _register(service, address)
    if empty:
        click.echo("Seeding the threads by posting comments …")
        seed(blog, address)
        with service.app_context():
            counts = queue.count_queues(session())
        click.echo("  " + ", ".join(f"{counts[name].number} {name}" for name in _SEEDED))
    return blog, service


def _register(service: Flask, address: str) -> bool:
    """Create the moderator and register the origin; return True if there are no comments yet."""
    state = service.extensions["comments"]
    with transaction() as current:
        if not people.any_moderator(current):
            login.add_moderator(
                session=current, runtime=state, name="Demo moderator", email=MODERATOR
            )
        site = sites.find(current, state.settings.site)
        if site is None:
            raise SetupError("The demo's database has no site; run again with --fresh.")
        site.origins = sorted({*site.origins, address})
        return pages.find(current, site.id, f"{address}{POSTS[0].path}") is None


def _print_links(address: str, link: str, folder: Path) -> None:
    """Print the links."""
    click.echo(f"\nThe blog            {address}/")
    for post in POSTS:
        click.echo(f"                    {address}{post.path}")
    click.echo(f"As a moderator      {link}\n                    (works once, within a day)")
    click.echo(f"The queue           {address}/comments/moderation/")
    click.echo(f"Data in             {folder.absolute()}")
    click.echo("Stop with Ctrl-C. `--fresh` begins again with an empty database.")
