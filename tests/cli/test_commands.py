"""The commands, run as from a terminal."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from comment_service import __version__, cli
from comment_service.app import create_app, prepare, start
from comment_service.cli.assembly import Assembly
from comment_service.extension import CommentService
from comment_service.storage.db import migrate
from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment
from tests.people import PAGE, Guest

GROUP = cli.group("comment-service", Assembly(create_app, CommentService, prepare, start))


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COMMENTS_FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("COMMENTS_ALLOW_VOLATILE", "1")

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(GROUP, words)

    return invoke


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert run("--version").output == f"comment-service, version {__version__}\n"


def test_sites_and_origins(run: Run) -> None:
    assert run("site", "add", "second", "https://Second.example/blog").exit_code == 0
    assert run("site", "add", "second").exit_code == 1
    run("site", "add-origin", "second", "http://localhost:4000")
    assert (
        "second\tsecond\thttp://localhost:4000 https://second.example" in run("site", "list").output
    )
    assert "starts with http" in run("site", "add-origin", "second", "nonsense").output
    assert (
        "https://*.b.example" in run("site", "add-origin", "second", "https://*.B.example").output
    )
    assert "different owners" in run("site", "add-origin", "second", "https://*.co.uk").output
    assert "There is no site third" in run("site", "add-origin", "third", "https://a.b").output
    assert "letters, digits" in run("site", "add", "no blanks").output
    gone = run("site", "remove-origin", "second", "http://localhost:4000").output
    assert gone == "second: https://*.b.example https://second.example\n"
    assert "not registered" in run("site", "remove-origin", "second", "https://a.example").output


def test_sites_are_renamed_and_removed(run: Run) -> None:
    run("site", "add", "second")
    run("site", "add", "third")
    assert "second is called Notes." in run("site", "rename", "second", "Notes").output
    assert "Enter a name" in run("site", "rename", "second", " ").output
    removed = run("site", "remove", "second", "--yes").output
    assert removed.endswith("Removed second.\n")
    assert "0 comments" in removed
    assert run("site", "remove", "third").exit_code == 1, "nobody typed its name"
    assert "COMMENTS_SITE" in run("site", "remove", "default", "--yes").output
    left = [line.partition("\t")[0] for line in run("site", "list").output.splitlines()]
    assert left == ["default", "third"]


def test_moderators_and_their_links(run: Run) -> None:
    first = run("moderator", "link").output
    assert re.match(r"http://127\.0\.0\.1:8000/moderation/setup/[\w-]{40,}\n", first)
    added = run("moderator", "add", "Olive", "o@a.example", "--password", "a long sentence")
    assert added.exit_code == 0
    assert run("moderator", "add", "Olive", "O@a.example", "--password", "x").exit_code == 1
    assert "Olive\to@a.example\towner everywhere" in run("moderator", "list").output
    seat = ("--role", "moderator", "--site", "default")
    added = run("moderator", "add", "Ann", "a@a.example", "--password", "a long sentence", *seat)
    assert added.exit_code == 0
    assert "Ann\ta@a.example\tmoderator of default" in run("moderator", "list").output
    assert "Unlocked a@a.example" in run("moderator", "unlock", "a@a.example").output
    assert "/moderation/enter/" in run("moderator", "reset", "a@a.example").output
    assert "There is no moderator x@a.example" in run("moderator", "unlock", "x@a.example").output
    nowhere = run("moderator", "add", "Bo", "b@a.example", "--password", "x", "--site", "none")
    assert "There is no site none" in nowhere.output
    assert "/moderation/enter/" in run("moderator", "link", "o@a.example").output
    assert "Name a moderator" in run("moderator", "link").output


def test_lists(run: Run, tmp_path: Path) -> None:
    assert "Added 2" in run("lists", "add", "casino*", "pills", "--spam").output
    file = tmp_path / "block.txt"
    file.write_text("pills\nrolex\n\n")
    assert (
        "Added 1 to the word list of default, 1 known" in run("lists", "import", str(file)).output
    )
    shown = run("lists", "show").output.splitlines()
    assert sorted(shown) == ["word\tpending\tpills", "word\tpending\trolex", "word\tspam\tcasino*"]
    assert "Removed 1" in run("lists", "remove", "rolex").output


def test_schema_migrates_up_and_down(run: Run) -> None:
    assert f"at {migrate.head()}" in run("db", "upgrade").output
    assert "newest" in run("db", "current").output
    assert "at base" in run("db", "downgrade", "base", "--yes").output
    assert run("db", "downgrade", "base").exit_code == 1, "asked, and not answered"


def test_setup_error_is_reported_without_a_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMENTS_ALLOW_VOLATILE", "0")
    monkeypatch.setenv("COMMENTS_FOLDER", "/tmp/comments-volatile")
    refused = run("serve")
    assert refused.exit_code == 1
    assert "every comment would be lost" in refused.output
    monkeypatch.setenv("COMMENTS_POLICY", "strict")
    assert "COMMENTS_POLICY takes" in run("serve").output


def test_config_prints_every_key(run: Run) -> None:
    assert "`COMMENTS_POLICY`" in run("config").output


def test_closing_pages_and_marking_authors(lite: Flask) -> None:
    group = cli.group("x", Assembly(lambda config=None: lite, CommentService, prepare, start))
    guest = Guest(lite)
    comment = guest.say("hello").get_json()["id"]

    def run(*words: str) -> Result:
        return CliRunner().invoke(group, words)

    assert run("page", "close", PAGE).exit_code == 0
    assert "Comments are closed." in guest.thread(), "the cached fragment is not the old one"
    assert guest.say("too late").status_code == 403
    assert run("page", "open", PAGE).exit_code == 0
    assert run("author", "block", str(comment)).exit_code == 0
    blocked = guest.say("blocked now").get_json()["id"]
    with lite.app_context():
        assert session().get_one(Comment, blocked).status == "rejected"
    assert run("author", "trust", str(comment)).exit_code == 0
    assert guest.say("casino, and trusted").get_json()["status"] == "published"
    assert run("author", "clear", str(comment)).exit_code == 0
    assert guest.say("casino again").get_json()["status"] == "pending"
    assert "Nothing was said" in run("page", "close", "https://blog.example/none").output
    assert "There is no comment 99" in run("author", "block", "99").output
