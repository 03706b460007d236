"""``import``: dry run, import, list, undo, and what a broken file says."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from comment_service import cli
from comment_service.app import create_app, prepare, start
from comment_service.cli.assembly import Assembly
from comment_service.cli.transfer.import_output import progress
from comment_service.extension import CommentService
from tests.transfer.exports import disqus, disqus_post, disqus_thread, wxr, wxr_comment, wxr_item


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for key, value in {
        "FOLDER": str(tmp_path / "data"), "DATABASE_URL": sqlite_url, "ALLOW_VOLATILE": "1",
        "ORIGINS": "https://blog.example", "SITE_NAME": "A blog",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"COMMENTS_{key}", value)
    group = cli.group("comment-service", Assembly(create_app, CommentService, prepare, start))

    def run(*words: str) -> Result:
        return CliRunner().invoke(group, ["import", *words])

    return run


BLOG = wxr(wxr_item(wxr_comment(7) + wxr_comment(8, "Spam", approved="spam")))


def test_from_dry_run_to_undo(run, tmp_path: Path) -> None:
    path = tmp_path / "blog.xml"
    path.write_text(BLOG, encoding="utf-8")
    dry = run(str(path), "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "WordPress: 2 comments on 1 page in the file." in dry.output
    assert "https://blog.example/post/  (new page)" in dry.output
    assert run("list").output == ""
    real = run(str(path))
    assert "In the file: 2; here: 2" in real.output
    assert "https://blog.example/post/#comment-9" in real.output
    assert "Added: 0" in run(str(path)).output
    assert [line.split("\t")[3:5] for line in run("list").output.splitlines()] == [
        ["finished", "0 comments"], ["finished", "2 comments"],
    ]  # fmt: skip
    undone = run("undo", "1", "--yes")
    assert "Deleted 2 comments and 1 pages" in undone.output
    again = run("undo", "1", "--yes")
    assert (again.exit_code, "nothing to undo" in again.output) == (1, True)
    assert run("undo", "77", "--yes").exit_code == 1
    assert not list((tmp_path / "data/imports").iterdir())


def test_a_broken_file_changes_nothing(run, tmp_path: Path) -> None:
    path = tmp_path / "broken.xml"
    path.write_text(disqus(disqus_thread(), disqus_post(1))[:-30], encoding="utf-8")
    found = run(str(path))
    assert found.exit_code == 1
    assert (
        "Nothing was imported. Line 1: the file is cut off: it ends too early (column "
        in found.output
    )
    assert run("list").output == ""


def test_options_that_cannot_work_are_refused(run, tmp_path: Path) -> None:
    path = tmp_path / "blog.xml"
    path.write_text(BLOG, encoding="utf-8")
    for words, sentence in (
        (["--format", "nothing"], "There is no format nothing"),
        (["--map", "nothing"], "is no rule"),
        (["--base", "nothing"], "nothing: "),
        (["--site", "nothing"], "There is no site nothing"),
    ):
        found = run(str(path), *words)
        assert (found.exit_code, sentence in found.output) == (1, True), found.output
    assert run(str(tmp_path / "absent.xml")).exit_code == 2


def test_progress_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comment_service.cli.transfer.import_output._PLAIN_SECONDS", 0)
    with progress("Importing", "comments") as report:
        report(50, 100)
    assert "Importing: 50 of 100 comments" in capsys.readouterr().err
