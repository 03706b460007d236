"""Scheduled backups: made when due, pruned, and failures reported everywhere."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from comment_service.actions.admin import backup
from comment_service.cli.check import check_plan
from comment_service.config import read_settings
from comment_service.errors import SetupError
from comment_service.notify import schedule, worker
from comment_service.storage.db import outbox
from comment_service.storage.db.session import session
from tests.fakes import FakeClock
from tests.people import Guest, Moderator


def planned(app: Flask, plan: str = "daily:2") -> Any:
    state = app.extensions["comments"]
    state.settings = replace(state.settings, backup=plan, metrics_token="t")
    return state


def minute(app: Flask) -> None:
    """Do what the worker does every minute."""
    state = app.extensions["comments"]
    with app.app_context():
        schedule.enqueue_due_jobs(state)
        worker.deliver_due(state)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "backups").iterdir())


def test_backups_are_made_when_due_and_pruned(
    lite: Flask, tmp_path: Path, clock: FakeClock
) -> None:
    planned(lite)
    Guest(lite).say("hello")
    for _again in range(3):
        minute(lite)
    assert names(tmp_path) == ["comments-20261101T120000Z.tar.gz"]
    clock.forward(hours=23)
    minute(lite)
    assert len(names(tmp_path)) == 1
    for _day in range(3):
        clock.forward(days=1)
        minute(lite)
    assert names(tmp_path) == [
        "comments-20261104T110000Z.tar.gz",
        "comments-20261105T110000Z.tar.gz",
    ]


def test_without_a_plan_nothing_is_made(lite: Flask, tmp_path: Path) -> None:
    minute(lite)
    assert not (tmp_path / "backups").exists()


def test_pruning_leaves_other_files_alone(lite: Flask, tmp_path: Path, clock: FakeClock) -> None:
    planned(lite, "hourly:1")
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "comments-old.tar.gz").write_text("mine")
    for _hour in range(3):
        minute(lite)
        clock.forward(hours=1)
    assert names(tmp_path) == ["comments-20261101T140000Z.tar.gz", "comments-old.tar.gz"]


def metrics(app: Flask) -> str:
    asked = {"Authorization": "Bearer t"}
    return app.test_client().get("/metrics", headers=asked).get_data(as_text=True)


def test_a_failure_is_reported_until_a_backup_succeeds(
    lite: Flask, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = planned(lite)
    minute(lite)
    owner = Moderator(lite)
    assert "Last good backup" in owner.client.get("/moderation/week/").get_data(as_text=True)
    assert "comments_backup_failed 0" in metrics(lite)
    clock.forward(days=1)

    def fail(**_arguments: object) -> None:
        raise SetupError("the disk is full")

    monkeypatch.setattr(backup, "make_backup", fail)
    minute(lite)
    assert len(names(tmp_path)) == 1, "the older one is kept"
    page = owner.client.get("/moderation/week/").get_data(as_text=True)
    assert "The last attempt failed: SetupError: the disk is full" in page
    assert "comments_backup_failed 1" in metrics(lite)
    assert "comments_backup_age_seconds 86400" in metrics(lite)
    with lite.app_context():
        assert check_plan(state).status == "problem"
    for _try in range(12):
        clock.forward(hours=6)
        minute(lite)
    with lite.app_context():
        assert outbox.count_dead(session()) == 1
    monkeypatch.undo()
    clock.forward(hours=7)
    minute(lite)
    clock.forward(hours=7)
    minute(lite)
    with lite.app_context():
        assert outbox.count_dead(session()) == 0
        assert check_plan(state).status == "ok"
    assert "comments_backup_failed 0" in metrics(lite)


def test_a_worker_that_stands_still_is_reported(lite: Flask, clock: FakeClock) -> None:
    state = planned(lite)
    with lite.app_context():
        assert check_plan(state).status == "warning"
    minute(lite)
    clock.forward(days=2, seconds=1)
    with lite.app_context():
        found = check_plan(state)
        assert (found.status, "48 hours old" in found.sentence) == ("problem", True)
    page = Moderator(lite).client.get("/moderation/week/").get_data(as_text=True)
    assert "It is older than planned" in page


def test_moderators_do_not_see_the_state_of_backups(lite: Flask) -> None:
    planned(lite)
    page = Moderator(lite, "Helper", "moderator").client.get("/moderation/week/")
    assert 'id="backup"' not in page.get_data(as_text=True)


@pytest.mark.parametrize("wrong", ["daily", "daily:0", "monthly:3", "daily:-1", "daily:x", "14"])
def test_a_wrong_plan_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="COMMENTS_BACKUP takes a period"):
        read_settings({"COMMENTS_BACKUP": wrong})


def test_plans() -> None:
    found = [backup.parse_backup_plan(text) for text in ("", "hourly:48", "weekly:8")]
    assert found[0] is None
    assert [(p.every, p.keep) for p in found[1:] if p] == [
        (timedelta(hours=1), 48),
        (timedelta(days=7), 8),
    ]
