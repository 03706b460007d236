"""A site's models on the command line."""

import json

from click.testing import CliRunner, Result
from flask import Flask

from comment_service import cli
from comment_service.app import prepare, start
from comment_service.cli.assembly import Assembly
from comment_service.extension import CommentService
from tests.fakes import FakeClock
from tests.web.filter.test_views import add_version


def spam(app: Flask, *words: str) -> Result:
    group = cli.group("x", Assembly(lambda config=None: app, CommentService, prepare, start))
    return CliRunner().invoke(group, ["spam", *words])


def test_models_promote_and_rollback(lite: Flask, clock: FakeClock) -> None:
    add_version(lite, clock)
    group = cli.group("x", Assembly(lambda config=None: lite, CommentService, prepare, start))
    run = CliRunner()

    def states() -> dict[str, str]:
        rows = json.loads(run.invoke(group, ["spam", "models", "--json"]).output)
        return {row["id"]: row["state"] for row in rows}

    assert states() == {"site-default-1": "candidate", "fake-1": "active"}
    assert run.invoke(group, ["spam", "promote", "site-default-1"]).exit_code == 0
    assert states() == {"site-default-1": "active", "fake-1": "retired"}
    assert run.invoke(group, ["spam", "promote", "site-default-1"]).exit_code == 3
    assert run.invoke(group, ["spam", "promote", "nobody"]).exit_code == 3
    assert run.invoke(group, ["spam", "rollback"]).exit_code == 0
    assert states() == {"site-default-1": "retired", "fake-1": "active"}
    shown = run.invoke(group, ["spam", "models"]).output
    assert "Kept as a candidate" in shown


def test_promote_and_rollback_print_json(lite: Flask, clock: FakeClock) -> None:
    add_version(lite, clock)
    promoted = spam(lite, "promote", "site-default-1", "--json")
    assert json.loads(promoted.stdout) == {"active": "site-default-1", "before": "shipped"}
    back = spam(lite, "rollback", "--json")
    assert json.loads(back.stdout) == {"active": "shipped", "before": "site-default-1"}
    assert (promoted.exit_code, back.exit_code) == (0, 0)
    refused = spam(lite, "promote", "shipped", "--json")
    assert refused.exit_code == 3
    assert json.loads(refused.stdout)["error"]["message"] == "shipped judges already."


def test_rollback_to_a_version_by_its_id(lite: Flask, clock: FakeClock) -> None:
    for number in (1, 2, 3):
        add_version(lite, clock, f"site-default-{number}")
    for number in (1, 2):
        assert spam(lite, "promote", f"site-default-{number}").exit_code == 0
    never = spam(lite, "rollback", "site-default-3")
    assert never.exit_code == 3
    assert "never judged here" in never.stderr
    unknown = spam(lite, "rollback", "nobody")
    assert (unknown.exit_code, unknown.stderr) == (
        3, "There is no model nobody here; `spam models` prints all.\n",
    )  # fmt: skip
    assert "judges already" in spam(lite, "rollback", "site-default-2").stderr
    assert spam(lite, "rollback", "shipped").stdout == "shipped is active again.\n"
    assert spam(lite, "rollback", "site-default-1").stdout == "site-default-1 is active again.\n"
    assert spam(lite, "rollback").stdout == "shipped is active again.\n"


def test_each_rollback_goes_further_back(lite: Flask, clock: FakeClock) -> None:
    for number in (1, 2, 3):
        add_version(lite, clock, f"site-default-{number}")
        assert spam(lite, "promote", f"site-default-{number}").exit_code == 0
    assert spam(lite, "promote", "shipped").exit_code == 0
    back = [spam(lite, "rollback").stdout.split()[0] for _ in range(2)]
    assert back == ["site-default-3", "site-default-2"]
    assert spam(lite, "promote", "site-default-3").exit_code == 0
    back = [spam(lite, "rollback").stdout.split()[0] for _ in range(3)]
    assert back == ["site-default-2", "site-default-1", "shipped"]
    nothing = spam(lite, "rollback")
    assert nothing.exit_code == 3
    assert "No model was active before" in nothing.stderr


def test_every_version_is_printed(lite: Flask, clock: FakeClock) -> None:
    for number in range(60):
        add_version(lite, clock, f"site-default-{number}")
    rows = json.loads(spam(lite, "models", "--json").stdout)
    assert len({row["id"] for row in rows}) == 61


def test_an_unknown_site_is_named(lite: Flask) -> None:
    for words in (["promote", "x"], ["rollback"], ["models"]):
        refused = spam(lite, *words, "--site", "elsewhere")
        assert refused.exit_code == 1
        assert "There is no site elsewhere" in refused.stderr
