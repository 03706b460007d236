"""``demo``: run a small blog with live threads and the moderation pages, on SQLite."""

import shutil
import threading
from pathlib import Path

import click

from comment_service.cli.assembly import Assembly
from comment_service.cli.demo.build import build as build_demo
from comment_service.cli.demo.check import check as run_check
from comment_service.cli.demo.posts import POSTS
from comment_service.cli.demo.site import OWNER
from comment_service.cli.people import one_time_link
from comment_service.cli.serve import bind, free_port, listen
from comment_service.runtime import utc_now


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
    folder = folder.absolute()
    folder = folder.with_name(f"{folder.name}-check") if check else folder
    if (fresh or check) and folder.exists():
        shutil.rmtree(folder)
    port = free_port(host) if check or port == 0 else port
    bind(host, port).close()  # fail before seeding if the port is in use
    name = "localhost" if host == "127.0.0.1" else host  # passkeys do not work on IP addresses
    address = f"http://{name}:{port}"
    blog, service = build_demo(assembly, folder, address, utc_now())
    server = listen(blog, host, port)
    with service.app_context():
        link = one_time_link(f"{address}/comments", OWNER)
    if check:
        threading.Thread(target=server.run, daemon=True).start()
        raise SystemExit(0 if run_check(address, link) else 1)
    _print_links(address, link, folder)
    server.run()


def _print_links(address: str, link: str, folder: Path) -> None:
    """Print the links."""
    click.echo(f"\nThe blog            {address}/")
    for post in POSTS:
        click.echo(f"                    {address}{post.path}")
    click.echo(f"As a moderator      {link}\n                    (works once, within a day)")
    click.echo(f"The queue           {address}/comments/moderation/")
    click.echo(f"Data in             {folder}")
    click.echo("Stop with Ctrl-C. `--fresh` begins again with an empty database.")
