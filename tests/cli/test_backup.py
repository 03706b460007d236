"""``backup`` and ``restore`` as from a terminal, beside a server that serves."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from comment_service.app import create_app, prepare
from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment
from tests.cli.test_commands import GROUP, Run, run
from tests.people import Guest

__all__ = ["run"]


@pytest.fixture
def said(run: Run, tmp_path: Path) -> Path:
    """Return the data folder of a server with one comment."""
    say("before the backup")
    return tmp_path / "data"


def say(words: str, **more: str) -> None:
    app = create_app({"COMMENTS_MIN_SECONDS": 0, "COMMENTS_WORKER": False})
    prepare(app)
    guest = Guest(app)
    with app.app_context():
        from comment_service.storage.admin import sites
        from comment_service.storage.db.session import transaction

        with transaction() as current:
            site = sites.find(current, "default")
            assert site is not None
            site.origins = ["https://blog.example"]
    assert guest.say(words, **more).status_code == 201
    close(app)


def close(app: object) -> None:
    from comment_service.storage.db.session import close_connections

    close_connections(app)  # type: ignore[arg-type]


def texts() -> list[str]:
    app = create_app({"COMMENTS_WORKER": False})
    with app.app_context():
        found = list(session().scalars(select(Comment.text).order_by(Comment.id)))
    close(app)
    return found


def test_backup_restore_and_what_is_printed(run: Run, said: Path, tmp_path: Path) -> None:
    path = tmp_path / "one.tar.gz"
    done = run("backup", str(path))
    assert (done.exit_code, "Wrote and verified" in done.output) == (0, True), done.output
    assert "1 comments" in done.output
    assert run("backup", str(path)).exit_code == 1, "it exists already"
    say("after the backup")
    asked = CliRunner().invoke(GROUP, ["restore", str(path)], input="n\n")
    assert (asked.exit_code, "Nothing was restored" in asked.output) == (1, True)
    assert texts() == ["before the backup", "after the backup"]


def test_restore_into_an_empty_place(
    run: Run, said: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("backup", str(tmp_path / "one.tar.gz"))
    secret = (said / "secret_key").read_text()
    monkeypatch.setenv("COMMENTS_FOLDER", str(tmp_path / "new"))
    done = run("restore", str(tmp_path / "one.tar.gz"))
    assert done.exit_code == 0, done.output
    assert texts() == ["before the backup"]
    assert (tmp_path / "new" / "secret_key").read_text() == secret


def test_backup_without_a_path_and_keep(run: Run, said: Path) -> None:
    for number in range(3):
        shutil.rmtree(said / "backups", ignore_errors=True) if number == 0 else None
        (said / "backups").mkdir(exist_ok=True)
        (said / "backups" / f"comments-2020010{number + 1}T000000Z.tar.gz").touch()
    done = run("backup", "--keep", "2")
    assert done.exit_code == 0, done.output
    assert done.output.count("Deleted") == 2
    assert len(list((said / "backups").iterdir())) == 2
    assert run("backup", "x.tar.gz", "--keep", "2").exit_code == 2


def test_a_damaged_backup_is_one_sentence(run: Run, said: Path, tmp_path: Path) -> None:
    path = tmp_path / "one.tar.gz"
    run("backup", str(path))
    os.truncate(path, path.stat().st_size // 2)
    done = run("restore", str(path), "--yes")
    assert done.exit_code == 1
    assert done.output.startswith("Error: ") and "cut off" in done.output
    assert texts() == ["before the backup"]


@pytest.fixture
def server(said: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "comment_service", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Moderation:" in line or "/setup/" in line:
                break
        yield process
        process.terminate()
        process.wait(20)


@pytest.mark.slow
def test_beside_a_running_server(
    server: "subprocess.Popen[str]", said: Path, tmp_path: Path
) -> None:
    def command(*words: str) -> "subprocess.CompletedProcess[str]":
        line = [sys.executable, "-m", "comment_service", *words]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    path = str(tmp_path / "one.tar.gz")
    assert command("backup", path).returncode == 0
    refused = command("restore", path, "--yes")
    assert (refused.returncode, "Stop" in refused.stderr) == (1, True), refused.stderr
    server.terminate()
    server.wait(20)
    say("after the backup")
    restored = command("restore", path, "--yes")
    assert restored.returncode == 0, restored.stderr
    assert "The replaced database is" in restored.stdout
    assert texts() == ["before the backup"]
