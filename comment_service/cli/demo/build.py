"""Assemble the demo: the blog with the service mounted, on a folder that is seeded at first."""

import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click
from flask import Flask

from comment_service.cli.assembly import Assembly
from comment_service.cli.demo.blog import make_blog
from comment_service.cli.demo.seed import seed
from comment_service.cli.demo.site import move_to, prepare_site
from comment_service.storage.db.folder import DATABASE
from comment_service.storage.db.session import close_connections, session
from comment_service.storage.moderation import queue

CONFIG: Mapping[str, object] = {
    "COMMENTS_ALLOW_VOLATILE": True,
    "COMMENTS_SITE_NAME": "The Slow Kettle",
    "COMMENTS_SPAM_DAYS": 90,  # else the worker deletes the spam of the first weeks at once
}
_COUNTED = ("published", "pending", "spam")


def build(assembly: Assembly, folder: Path, address: str, now: datetime) -> tuple[Flask, Flask]:
    """Return the blog and the mounted service; seed the folder if it has no database yet.

    Args:
        assembly: how to make apps.
        folder: absolute path of the folder of the database.
        address: the blog's origin.
        now: the end of the eight weeks.
    """
    if not (folder / DATABASE).exists():
        _make_folder(assembly, folder, address, now)
    blog, service = _assemble(assembly, folder, address)
    with service.app_context():
        move_to(service.extensions["comments"], address)
    return blog, service


def _make_folder(assembly: Assembly, folder: Path, address: str, now: datetime) -> None:
    """Seed a database in a folder of its own, and move it to ``folder`` when it is complete."""
    click.echo("Letting eight weeks go by: readers write, moderators decide, the filter learns …")
    making = folder.with_name(f"{folder.name}-unfinished")
    if making.exists():  # interrupted
        shutil.rmtree(making)
    blog, service = _assemble(assembly, making, address, COMMENTS_WORKER=False)
    with service.app_context():
        prepare_site(service.extensions["comments"], address)
    seed(blog, address, now)
    with service.app_context():
        counts = queue.count_queues(session())
    close_connections(service)
    click.echo("  " + ", ".join(f"{counts[name].number} {name}" for name in _COUNTED))
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(making.iterdir(), key=lambda path: path.name == DATABASE):
        path.rename(folder / path.name)
    making.rmdir()


def _assemble(
    assembly: Assembly, folder: Path, address: str, **config: object
) -> tuple[Flask, Flask]:
    """Return the blog with the service mounted, on the data in a folder."""
    blog = make_blog({**CONFIG, "COMMENTS_FOLDER": str(folder), **config}, address)
    assembly.embed(blog)
    service: Flask = blog.extensions["comments"]
    assembly.prepare(service)
    return blog, service
