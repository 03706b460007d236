"""Doors: how one comes in from a terminal. May import actions, storage, notify and the ground.

The commands do not know how the app is assembled: they get that as the context's object, so that
the same commands serve ``comment-service`` and a host's ``flask comments``.
"""

import click

from comment_service.cli.assembly import Assembly
from comment_service.cli.config import config
from comment_service.cli.db import db
from comment_service.cli.demo import demo
from comment_service.cli.doctor import doctor
from comment_service.cli.i18n import i18n
from comment_service.cli.lists import lists
from comment_service.cli.mail import mail
from comment_service.cli.pages import page
from comment_service.cli.people import moderator, site
from comment_service.cli.serve import serve, work
from comment_service.cli.settle import author
from comment_service.cli.spam import spam
from comment_service.cli.versions import models_command, promote, retrain, rollback

HOSTED = (work, db, site, page, moderator, author, lists, mail, spam, doctor, i18n, config)
"""The commands that make sense in a host, which is served and configured by itself."""


def group(name: str, assembly: Assembly, *, hosted: bool = False) -> click.Group:
    """Return all commands under one name; ``hosted`` leaves out what a host does by itself."""
    found = click.Group(
        name,
        help="Comments for blogs, with a spam filter of one's own.",
        context_settings={"obj": assembly, "help_option_names": ["-h", "--help"]},
    )
    for command in HOSTED if hosted else (serve, demo, *HOSTED):
        found.add_command(command)
    return found


for command in (models_command, promote, rollback, retrain):
    spam.add_command(command)
