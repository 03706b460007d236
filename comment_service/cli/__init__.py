"""Doors: how one comes in from a terminal. May import actions, storage, notify and the ground.

The commands do not know how the app is assembled: they get that as the context's object, so that
the same commands serve ``comment-service`` and a host's ``flask comments``.
"""

import click

from comment_service.cli.assembly import Assembly
from comment_service.cli.config import config
from comment_service.cli.db import db
from comment_service.cli.demo import demo
from comment_service.cli.lists import lists
from comment_service.cli.people import moderator, site
from comment_service.cli.serve import serve, work
from comment_service.cli.spam import spam

COMMANDS = (serve, demo, work, db, site, moderator, lists, spam, config)


def group(name: str, assembly: Assembly) -> click.Group:
    """Return all commands under one name."""
    found = click.Group(
        name,
        help="Comments for blogs, with a spam filter of one's own.",
        context_settings={"obj": assembly, "help_option_names": ["-h", "--help"]},
    )
    for command in COMMANDS:
        found.add_command(command)
    return found
