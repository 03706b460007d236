"""``comment-service check``: one line each with the remedy, and an exit status."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from comment_service import cli
from comment_service.app import create_app, prepare, start
from comment_service.cli.assembly import Assembly
from comment_service.extension import CommentService
from tests.notify.conftest import Mailbox, mailbox

__all__ = ["mailbox"]

GROUP = cli.group("comment-service", Assembly(create_app, CommentService, prepare, start))


def check(folder: Path, *arguments: str, **keys: str) -> Result:
    environment = {
        "COMMENTS_FOLDER": str(folder),
        "COMMENTS_ALLOW_VOLATILE": "1",
        "COMMENTS_PUBLIC_URL": "https://comments.example",
        **{f"COMMENTS_{key}": value for key, value in keys.items()},
    }
    return CliRunner(env=environment).invoke(GROUP, ["check", *arguments])


def test_an_empty_database_is_a_problem_with_a_remedy(tmp_path: Path) -> None:
    done = check(tmp_path)
    assert done.exit_code == 1
    assert "problem  schema: The schema has version none" in done.output
    assert "comment-service db upgrade" in done.output


def test_a_ready_installation_passes(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    prepare(create_app({"COMMENTS_FOLDER": str(tmp_path), "COMMENTS_ALLOW_VOLATILE": True}))
    done = check(
        tmp_path, SMTP_URL=f"smtp://127.0.0.1:{mailbox[1]}", MAIL_FROM="comments@blog.example"
    )
    assert done.exit_code == 0, done.output
    lines = {line.split()[1]: line.split()[0] for line in done.output.splitlines()}
    for name in ("moderators:", "folder:", "backups:"):
        assert lines.pop(name) == "warning"
    assert set(lines.values()) == {"ok"}, done.output
    assert {"configuration:", "database:", "schema:", "disk:", "model:", "mail:"} <= set(lines)


@pytest.mark.parametrize(("hours", "status"), [(1, "ok"), (72, "problem")])
def test_age_of_the_newest_backup(tmp_path: Path, hours: int, status: str) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    assert "backups: " in check(tmp_path, "--backups", str(folder)).output
    file = folder / "comments.sqlite3"
    file.touch()
    moment = file.stat().st_mtime - hours * 3600
    os.utime(file, (moment, moment))
    line = check(tmp_path, "--backups", str(folder)).output.splitlines()[-1]
    assert line.split()[:2] == [status, "backups:"]


def test_a_mail_server_that_does_not_answer(tmp_path: Path) -> None:
    done = check(tmp_path, SMTP_URL="smtp://127.0.0.1:1", MAIL_FROM="comments@blog.example")
    assert "problem  mail: 127.0.0.1 does not answer" in done.output
    assert done.exit_code == 1
