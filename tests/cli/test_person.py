"""``person export`` and ``person erase`` as from a terminal."""

import json
from pathlib import Path

from click.testing import CliRunner

from tests.cli.test_backup import say, texts
from tests.cli.test_commands import GROUP, Run, run

__all__ = ["run"]


def test_export_and_erase(run: Run, tmp_path: Path) -> None:
    run("site", "list")
    say("by Ada", email="ada@example.org")
    say("by nobody")
    found = json.loads(run("person", "export", "ADA@example.org").output)
    assert found["authors"][0]["comments"][0]["text"] == "by Ada"
    asked = CliRunner().invoke(GROUP, ["person", "erase", "ada@example.org"], input="n\n")
    assert asked.exit_code == 1
    assert "1 authors, 1 comments" in asked.output
    assert texts() == ["by Ada", "by nobody"]
    done = run("person", "erase", "ada@example.org", "--remove-texts", "--yes")
    assert done.exit_code == 0, done.output
    assert texts() == ["", "by nobody"]
    again = run("person", "erase", "ada@example.org", "--yes")
    assert (again.exit_code, "stores nothing" in again.output) == (1, True)
    assert "Enter an e-mail address" in run("person", "export", "ada").output
    assert "There is no site x" in run("person", "export", "a@b.example", "--site", "x").output
