"""``--config FILE``: the option of every command that works on an installation."""

import copy
import os
from pathlib import Path

import click

KEY = "COMMENTS_CONFIG"
_OWN = {"config", "demo", "i18n", "init"}
"""Commands that read no settings of an installation."""


def with_config(command: click.Command) -> click.Command:
    """Return the command, or a group's commands, with ``--config FILE``."""
    if command.name in _OWN:
        return command
    found = copy.copy(command)
    if isinstance(found, click.Group):
        found.commands = {name: with_config(one) for name, one in found.commands.items()}
    else:
        found.params = [*found.params, _option()]
    return found


def _option() -> click.Option:
    return click.Option(
        ["--config"],
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        callback=_remember,
        expose_value=False,
        is_eager=True,
        help="TOML file with the settings; also COMMENTS_CONFIG.",
    )


def _remember(_context: click.Context, _option: click.Parameter, path: Path | None) -> None:
    """Let worker processes, too, find the file: through the environment."""
    if path is not None:
        os.environ[KEY] = str(path.absolute())
