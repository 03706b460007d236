"""``--config FILE``: every command works on the installation that the file describes."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from comment_service import cli
from comment_service.app import create_app, prepare, start
from comment_service.cli.assembly import Assembly
from comment_service.extension import CommentService

ASSEMBLY = Assembly(create_app, CommentService, prepare, start)
GROUP = cli.group("comment-service", ASSEMBLY)
WITHOUT = {"config", "demo", "i18n check", "i18n fill", "i18n report", "init"}


def leaves(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, f"{before}{name} ")
        else:
            yield before + name, command


def test_every_command_of_an_installation_takes_a_file() -> None:
    for name, command in leaves(GROUP):
        takes = any(one.name == "config" for one in command.params)
        assert takes == (name not in WITHOUT and not name.startswith("i18n")), name


def test_a_host_has_its_own_settings() -> None:
    hosted = cli.group("comments", ASSEMBLY, hosted=True)
    assert not any(one.name == "config" for _, command in leaves(hosted) for one in command.params)


@pytest.mark.parametrize(
    "command", [["moderator", "link"], ["site", "list"], ["db", "upgrade"], ["mail", "dead"]]
)
def test_a_command_uses_the_database_of_the_file(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, other = tmp_path / "s.toml", tmp_path / "other"
    file.write_text(f'folder = "{tmp_path / "data"}"\npublic_url = "https://c.example"\n')
    monkeypatch.setenv("COMMENTS_CONFIG", "")  # set by the command, removed after the test
    monkeypatch.setenv("COMMENTS_ALLOW_VOLATILE", "1")
    monkeypatch.setenv("XDG_DATA_HOME", str(other))
    done = CliRunner().invoke(GROUP, [*command, "--config", str(file)])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "data" / "comments.sqlite3").exists()
    assert not other.exists()
