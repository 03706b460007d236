"""The command line. May import actions, storage, notify and the base modules.

The commands do not know how the app is created: they get an ``Assembly`` as the context's object,
so that the same commands work in ``comment-service`` and in a host's ``flask comments``.
"""

import click

from comment_service.cli.assembly import Assembly
from comment_service.cli.check import check
from comment_service.cli.config import config
from comment_service.cli.config_file import with_config
from comment_service.cli.db import db
from comment_service.cli.demo import demo
from comment_service.cli.doctor import doctor
from comment_service.cli.i18n import i18n
from comment_service.cli.init import init
from comment_service.cli.keys import key
from comment_service.cli.lists import lists
from comment_service.cli.mail import mail
from comment_service.cli.pages import page
from comment_service.cli.people import moderator, site
from comment_service.cli.serve import run_worker, serve
from comment_service.cli.settle import author
from comment_service.cli.spam import spam
from comment_service.cli.transfer.backup import backup, restore
from comment_service.cli.transfer.export import export, load
from comment_service.cli.transfer.imports import import_
from comment_service.cli.transfer.person import person
from comment_service.cli.versions import models_command, promote, retrain, rollback
from comment_service.cli.webmention import webmention

HOST_COMMANDS = (
    check,
    run_worker,
    db,
    site,
    page,
    webmention,
    import_,
    moderator,
    author,
    person,
    lists,
    key,
    mail,
    export,
    load,
    backup,
    restore,
    spam,
    doctor,
    i18n,
    config,
)
"""Commands that are useful in a host, which has its own server and configuration."""


def group(name: str, assembly: Assembly, *, hosted: bool = False) -> click.Group:
    """Return all commands in one group; ``hosted`` omits those that a host replaces.

    Only the service's own commands take ``--config``: a host's settings are in its own config.
    """
    found = click.Group(
        name,
        help="Self-hosted comments with a spam filter that learns from you.",
        context_settings={"obj": assembly, "help_option_names": ["-h", "--help"]},
    )
    for command in HOST_COMMANDS if hosted else (init, serve, demo, *HOST_COMMANDS):
        found.add_command(command if hosted else with_config(command))
    return click.version_option(package_name="comment-service", prog_name=name)(found)


for command in (models_command, promote, rollback, retrain):
    spam.add_command(command)
