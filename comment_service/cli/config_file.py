"""``--config FILE``: the option of commands that run the service."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

KEY = "COMMENTS_CONFIG"
Command = TypeVar("Command", bound=Callable[..., object])


def config_option(command: Command) -> Command:
    """Add ``--config FILE``; worker processes find the file through the environment."""

    def remember(_context: click.Context, _option: click.Parameter, path: Path | None) -> None:
        if path is not None:
            os.environ[KEY] = str(path.absolute())

    return click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        callback=remember,
        expose_value=False,
        is_eager=True,
        help="TOML file with the settings; also COMMENTS_CONFIG.",
    )(command)
