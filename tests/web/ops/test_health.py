"""Health and metrics: access, values, and the cost of a scrape."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from comment_service.actions.filter import health as health_action
from comment_service.storage.db import outbox
from comment_service.storage.db.session import db, session, transaction
from comment_service.storage.filter import versions
from comment_service.web.ops.metrics import Gauge, render_gauges
from tests.conftest import MakeApp
from tests.fakes import FakeClassifier, FakeClock
from tests.people import Guest, Moderator

TOKEN = "a long token"
PREFIX = "comments_filter_"
COUNTED = re.compile(r"\bcomments_(http|kept|shared|public|verdict)")


@pytest.fixture
def watched(database_url: str, make_app: MakeApp) -> Flask:
    return make_app(database_url, METRICS_TOKEN=TOKEN)


def scrape(app: Flask) -> dict[str, float]:
    """Return the metrics by name and labels, after checking each line's format."""
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    found, typed = {}, set()
    for line in answer.get_data(as_text=True).splitlines():
        if COUNTED.search(line):  # tests/web/ops/test_observation.py
            continue
        if match := re.fullmatch(r"# TYPE (\w+) gauge", line):
            assert match[1] not in typed
            typed.add(match[1])
        elif not line.startswith("# HELP "):
            match = re.fullmatch(r'((\w+)(?:\{\w+="[^"]*"(?:,\w+="[^"]*")*\})?) ([-+.\de]+)', line)
            assert match, line
            assert match[2] in typed, line
            found[match[1].removeprefix(PREFIX)] = float(match[3])
    return found


def measured(found: dict[str, float]) -> dict[str, float]:
    """Return the metrics that are measured every five minutes."""
    return {name: value for name, value in found.items() if not name.startswith("comments_")}


def test_outbox_and_queue_are_in_the_metrics(watched: Flask, clock: FakeClock) -> None:
    Guest(watched).say("maybe this waits")
    with watched.app_context(), transaction() as current:
        outbox.enqueue(current, "held_mail", {"comment_id": 1}, clock.now)
        dead = outbox.enqueue(current, "held_mail", {"comment_id": 1}, clock.now)
        current.flush()
        outbox.mark_failed(dead, "refused", clock.now, final=True)
    clock.forward(minutes=5)
    found = scrape(watched)
    assert found["comments_queue_pending"] == 1
    assert found["comments_queue_oldest_seconds"] == 300
    assert found["comments_outbox_dead"] == 1
    assert found["comments_outbox_waiting"] >= 1
    assert found["comments_outbox_late_seconds"] == 300


def test_metrics_need_a_configured_token(lite: Flask) -> None:
    answer = lite.test_client().get("/metrics", headers={"Authorization": "Bearer "})
    assert answer.status_code == 404


@pytest.mark.parametrize("sent", ["", "Bearer ", "Bearer another", TOKEN, "Bearer é"])
def test_metrics_require_the_token(watched: Flask, sent: str) -> None:
    answer = watched.test_client().get("/metrics", headers={"Authorization": sent})
    assert answer.status_code == 403
    assert PREFIX not in answer.get_data(as_text=True)
    moderator = Moderator(watched).client.get("/metrics")
    assert moderator.status_code == 403


def test_metrics_match_the_filter_page(watched: Flask, clock: FakeClock) -> None:
    guest = Guest(watched)
    for text_ in ("one", "two", "maybe three", "the casino"):
        guest.say(text_)
    Moderator(watched).decide(3, "spam")
    found = scrape(watched)
    assert found['blind{site="default"}'] == 0
    assert found['submissions{site="default"}'] == 4
    assert found['held{site="default"}'] == 1
    assert found['unscored{site="default"}'] == 0
    assert found['calibration_said{site="default",tenth="7"}'] == pytest.approx(0.7)
    assert found['calibration_was{site="default",tenth="7"}'] == 1
    assert found['calibration_comments{site="default",tenth="7"}'] == 1
    assert found['calibration_error{site="default"}'] == pytest.approx(0.3)
    assert {
        f'{name}{{site="default"}}' for name in ("score_drift", "word_drift", "new_words")
    } <= set(found)


def test_missing_model_is_in_the_metrics(watched: Flask, clock: FakeClock) -> None:
    with watched.app_context(), transaction() as current:
        versions.activate(current, 1, "gone", actor="O", reason="r", now=clock.now)
    found = scrape(watched)
    assert (found['blind{site="default"}'], found['warnings{site="default"}']) == (1, 1)


def test_failing_model_is_in_the_metrics(
    watched: Flask, classifier: FakeClassifier, clock: FakeClock
) -> None:
    classifier.fails = True
    Guest(watched).say("hello")
    clock.forward(minutes=1)
    found = scrape(watched)
    assert (found['unscored{site="default"}'], found['warnings{site="default"}']) == (1, 1)
    page = Moderator(watched).client.get("/moderation/model/").get_data(as_text=True)
    assert "1 of the last day&#39;s 1 submissions could not be scored" in page


def test_constant_scores_are_reported(watched: Flask, clock: FakeClock) -> None:
    for number in range(40):
        Guest(watched).say(f"remark {number}")
    clock.forward(minutes=1)
    assert scrape(watched)['warnings{site="default"}'] == 1


def test_metrics_are_cached_for_five_minutes(watched: Flask, clock: FakeClock) -> None:
    asked: list[str] = []
    with watched.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    before = scrape(watched)
    Guest(watched).say("one")
    asked.clear()
    assert measured(scrape(watched)) == measured(before)
    assert len(asked) <= 6, "only the outbox and the queue are counted anew"
    clock.forward(minutes=5)
    assert scrape(watched)['submissions{site="default"}'] == 1


def test_rows_read_are_bounded(
    watched: Flask, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_action, "MAX_COMMENTS", 3)
    guest, moderator = Guest(watched), Moderator(watched)
    for number in range(8):
        moderator.decide(guest.say(f"maybe {number}").get_json()["id"], "spam")
    clock.forward(minutes=1)
    with watched.app_context():
        found = health_action.health(
            session=session(), runtime=watched.extensions["comments"], site_id=1
        )
    assert found.submissions == found.held == 3
    assert [tenth.comments for tenth in found.calibration] == [3]


def test_labels_of_metrics_are_escaped() -> None:
    told = render_gauges([Gauge("a", "What.", 0.25, {"site": 'x"\\\n'}), Gauge("a", "What.", 1e9)])
    assert told == '# HELP a What.\n# TYPE a gauge\na{site="x\\"\\\\\\n"} 0.25\na 1e+09\n'


SCRAPE = """
import sys
from comment_service.app import create_app
app = create_app({"COMMENTS_FOLDER": sys.argv[1], "COMMENTS_METRICS_TOKEN": "x",
                  "COMMENTS_ALLOW_VOLATILE": True})
app.testing = True  # no warm-up of the model in the background
answer = app.test_client().get("/metrics", headers={"Authorization": "Bearer x"})
assert answer.status_code == 200, answer.get_data(as_text=True)
assert 'comments_filter_blind{site="default"} 0' in answer.get_data(as_text=True)
print(sorted({"numpy", "scipy", "sklearn"} & set(sys.modules)))
"""


def test_a_scrape_loads_no_numpy(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRAPE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
