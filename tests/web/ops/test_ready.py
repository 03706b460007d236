"""``/healthz`` and ``/readyz`` tell the truth, whatever is broken, and say so within seconds."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from comment_service.actions.admin import readiness
from comment_service.paths import shipped_model
from comment_service.spam import ArtifactError, Classifier
from comment_service.storage.admin import sites
from comment_service.storage.db import condition, outbox
from comment_service.storage.db.file_guard import DatabaseFileError
from comment_service.storage.db.session import db, session, transaction
from comment_service.storage.db.sqlite_driver import preferred_module
from comment_service.storage.tables import Model, OutboxRow
from comment_service.web.ops import health
from tests.conftest import MakeApp
from tests.fakes import FakeClassifier, FakeClock
from tests.people import Guest
from tests.web.comments.test_query_counts import statements


@pytest.fixture
def served(make_app: MakeApp, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(health, "READY_SECONDS", 0)
    monkeypatch.setattr(condition, "LONGEST_WAIT", 50)
    return make_app(sqlite_url)


def ready(app: Flask) -> tuple[int, dict[str, str]]:
    """Return the status and the name of every condition that is not fine."""
    answer = app.test_client().get("/readyz")
    assert answer.headers["Cache-Control"] == "no-store"
    checks = answer.get_json()["checks"]
    return answer.status_code, {
        one["name"]: one["sentence"] for one in checks if one["status"] != "ok"
    }


def file_of(app: Flask) -> Path:
    with app.app_context():
        return Path(str(db.engine.url.database))


def test_a_healthy_server_is_ready(served: Flask) -> None:
    assert ready(served) == (200, {})
    assert served.test_client().get("/healthz").get_json() == {"live": True}


@pytest.mark.postgres
def test_postgresql_is_ready(make_app: MakeApp, postgres_database: str) -> None:
    assert ready(make_app(postgres_database)) == (200, {})


def post_is_refused_with_the_text(app: Flask, fields: dict[str, Any]) -> None:
    answer = app.test_client().post(
        "/comments", data=fields, headers={"Origin": "https://blog.example", "Accept": "text/html"}
    )
    assert answer.status_code == 503
    assert fields["text"] in answer.get_data(as_text=True)


@pytest.mark.parametrize("fault", ["moved", "deleted", "replaced"])
def test_a_database_file_that_is_gone_takes_no_writes(served: Flask, fault: str) -> None:
    guest = Guest(served)
    assert guest.say("stored before").status_code == 201
    fields = guest.fields("half an hour of work")
    file, aside = file_of(served), file_of(served).with_suffix(".aside")
    file.rename(aside)
    if fault == "replaced":
        shutil.copy(aside, file)
    assert served.test_client().get("/healthz").status_code == 200
    status, problems = ready(served)
    assert (status, set(problems)) == (503, {"database"})
    assert ("replaced" if fault == "replaced" else "moved or deleted") in problems["database"]
    assert str(file) not in problems["database"], "a public answer names no path"
    post_is_refused_with_the_text(served, fields)
    assert file.exists() is (fault == "replaced"), "no empty database is made in its place"
    if fault != "deleted":
        aside.rename(file)
        assert ready(served) == (200, {})
        assert guest.post("/comments", fields).status_code == 201
        with served.app_context():
            assert session().scalar(text("SELECT count(*) FROM comments_comments")) == 2


def test_a_write_into_a_file_that_goes_away_meanwhile_is_not_acknowledged(served: Flask) -> None:
    file = file_of(served)
    with served.app_context(), pytest.raises(DatabaseFileError), transaction() as current:
        current.execute(text("UPDATE comments_sites SET name = 'changed'"))
        file.rename(file.with_suffix(".aside"))


def test_a_locked_database_is_not_ready(served: Flask) -> None:
    other = preferred_module().connect(file_of(served), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    status, problems = ready(served)
    assert (status, "locked" in problems["database"]) == (503, True)
    other.execute("ROLLBACK")
    other.close()
    assert ready(served) == (200, {})


def test_the_check_really_writes(served: Flask) -> None:
    log = file_of(served).with_name(f"{file_of(served).name}-wal")
    assert ready(served) == (200, {})
    before = log.read_bytes()
    assert ready(served) == (200, {})
    assert log.read_bytes() != before


def test_a_full_or_read_only_database_is_not_ready(served: Flask) -> None:
    with served.app_context(), db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    status, problems = ready(served)
    assert (status, "readonly" in problems["database"]) == (503, True)


def test_an_old_schema_is_not_ready_and_a_newer_one_is(served: Flask) -> None:
    def set_version(version: str) -> None:
        with served.app_context(), transaction() as current:
            current.execute(
                text("UPDATE comments_alembic_version SET version_num = :v"), {"v": version}
            )

    set_version("0001")
    assert ready(served)[0] == 503
    set_version("9999")
    status, warnings = ready(served)
    assert (status, "newer" in warnings["schema"]) == (200, True)


def _little_space(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(readiness, "_free_bytes", lambda _folder: readiness.LEAST_SPACE - 1)


def _no_model(patch: pytest.MonkeyPatch) -> None:
    def verify(_model: FakeClassifier) -> None:
        raise ArtifactError("damaged")

    patch.setattr(FakeClassifier, "verify", verify)


@pytest.mark.parametrize(("name", "break_it"), [("disk", _little_space), ("model", _no_model)])
def test_disk_and_model(
    served: Flask,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    break_it: Callable[[pytest.MonkeyPatch], None],
) -> None:
    break_it(monkeypatch)
    status, problems = ready(served)
    assert (status, set(problems)) == (503, {name})


@pytest.mark.parametrize(
    ("state", "status"), [("here", 200), ("elsewhere", 200), ("unknown", 200), ("none", 503)]
)
def test_worker(served: Flask, state: str, status: int) -> None:
    served.extensions["comments"].worker_state = lambda: state
    assert ready(served)[0] == status


def test_late_and_given_up_deliveries(served: Flask, clock: FakeClock) -> None:
    with served.app_context(), transaction() as current:
        outbox.enqueue(current, "held_mail", {"comment_id": 1}, clock.now)
    clock.forward(minutes=9)
    assert ready(served) == (200, {})
    clock.forward(minutes=2)
    assert ready(served) == (503, {"outbox": "A delivery has been due for 11 minutes."})
    with served.app_context(), transaction() as current:
        current.get_one(OutboxRow, 1).leased_until = clock.now + outbox.LEASE
    assert ready(served) == (200, {}), "somebody works on it"
    with served.app_context(), transaction() as current:
        outbox.mark_failed(current.get_one(OutboxRow, 1), "refused", clock.now, final=True)
    assert ready(served) == (200, {"outbox": "1 deliveries were given up."})


def test_the_result_is_reused_for_two_seconds(
    served: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "READY_SECONDS", 100)
    assert ready(served)[0] == 200
    served.extensions["comments"].worker_state = lambda: "none"
    assert ready(served)[0] == 200


def test_rows_of_a_clock_in_the_future_are_reported_and_lock_nobody_out(
    make_app: MakeApp, sqlite_url: str, clock: FakeClock
) -> None:
    app = make_app(sqlite_url, RATE_MINUTE=2, RATE_HOUR=2)
    ada = Guest(app)
    clock.forward(days=365)
    assert [ada.say(f"from next year {n}").status_code for n in range(3)] == [201, 201, 429]
    with app.app_context(), transaction() as current:
        row = outbox.enqueue(current, "held_mail", {"comment_id": 1}, clock.now)
        current.flush()
        outbox.mark_failed(row, "refused", clock.now)
        row.attempts = 1
    clock.forward(days=-365)
    assert ready(app)[1] == {"clock": "The newest comment is dated in the future."}
    assert [ada.say(f"now {n}").status_code for n in range(3)] == [201, 201, 429]
    with app.app_context(), transaction() as current:
        assert outbox.recover_from_clock(current, clock.now) >= 1
        assert outbox.lease(current, clock.now)
        assert outbox.recover_from_clock(current, clock.now) == 0


def test_a_site_whose_own_model_cannot_be_used_is_told(served: Flask, clock: FakeClock) -> None:
    with served.app_context(), transaction() as current:
        for key in ("good", "gone", "odd"):
            site = sites.ensure_site(current, key=key, name=key, origins=[], now=clock.now)
            if key != "gone":
                card = dict(Classifier.from_path(shipped_model()).card) if key == "good" else {}
                row = Model(id=key, site_id=site.id, state="active", card=card, arrays=b"x")
                row.report, row.created_at = {}, clock.now
                current.add(row)
                current.flush()
            site.model_id = key
    answer = served.test_client().get("/readyz")
    told = [one for one in answer.get_json()["checks"] if one["name"] == "site_model"]
    assert [one["status"] for one in told] == ["warning", "warning"]
    with served.app_context():
        found = readiness.check_all(session=session(), runtime=served.extensions["comments"])
        remedies = [one.remedy for one in found if one.name == "site_model"]
        assert [key in remedy for key, remedy in zip(("gone", "odd"), remedies, strict=True)] == [
            True,
            True,
        ]


def test_readiness_reads_no_arrays_and_asks_as_much_for_many_sites(
    served: Flask, clock: FakeClock
) -> None:
    def asked() -> int:
        with statements(served) as sent:
            served.test_client().get("/readyz")
        assert not any("arrays" in one for one in sent)
        return len(sent)

    asked()
    few = asked()
    with served.app_context(), transaction() as current:
        for number in range(5):
            sites.ensure_site(
                current, key=f"s{number}", name="S", origins=[], now=clock.now
            ).model_id = None
    assert asked() == few
