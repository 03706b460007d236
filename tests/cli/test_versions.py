"""A site's models from a terminal."""

import json

from click.testing import CliRunner
from flask import Flask

from comment_service import cli
from comment_service.app import start
from comment_service.cli.assembly import Assembly
from comment_service.extension import CommentService
from tests.fakes import FakeClock
from tests.web.test_owner import add_version


def test_models_promote_and_rollback(lite: Flask, clock: FakeClock) -> None:
    add_version(lite, clock)
    group = cli.group("x", Assembly(lambda config=None: lite, CommentService, start))
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
