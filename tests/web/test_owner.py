"""The owner's page: figures from counts, versions, labels; nobody else may see or do anything."""

import json

import pytest
from flask import Flask

from comment_service.storage import labels, versions
from comment_service.storage.figures import BINS, Histogram
from comment_service.storage.session import session, transaction
from comment_service.storage.tables import Model
from comment_service.web.model_page import what_if
from tests.fakes import FakeClock
from tests.people import Guest, Moderator

PATHS = [
    ("GET", "/moderation/model/"),
    ("GET", "/moderation/model/versions/x"),
    ("GET", "/moderation/model/cells/pending/spam"),
    ("GET", "/moderation/model/progress"),
    ("GET", "/moderation/model/labels.jsonl"),
    ("POST", "/moderation/model/train"),
    ("POST", "/moderation/model/promote"),
    ("POST", "/moderation/model/rollback"),
    ("POST", "/moderation/model/forget"),
    ("POST", "/moderation/model/forgotten/1/undo"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_a_guest_is_refused(lite: Flask, method: str, path: str) -> None:
    lite.config["WTF_CSRF_ENABLED"] = False
    answer = lite.test_client().open(path, method=method, headers={"Accept": "application/json"})
    assert answer.status_code == 401


def test_every_page_of_the_owner_is_in_that_list(lite: Flask) -> None:
    rules = {str(rule) for rule in lite.url_map.iter_rules() if rule.endpoint.startswith("owner.")}
    names = {"/x": "/<model_id>", "/pending/spam": "/<said>/<now>", "/1/": "/<id:forgetting_id>/"}
    listed = set()
    for _, path in PATHS:
        for example, name in names.items():
            path = path.replace(example, name)  # noqa: PLW2901
        listed.add(path)
    assert rules == listed


def add_version(app: Flask, clock: FakeClock) -> None:
    with app.app_context(), transaction() as current:
        row = Model(id="site-default-1", site_id=1, state="candidate", card={"a": 1}, arrays=b"x")
        row.report, row.created_at = {"sentence": "Kept as a candidate: <b>few</b>."}, clock.now
        current.add(row)


def test_the_page_shows_what_was_said_and_what_it_came_to(app: Flask, clock: FakeClock) -> None:
    guest = Guest(app)
    for text in ("one", "two", "maybe three", "maybe four", "the casino"):
        guest.say(text)
    moderator = Moderator(app)
    moderator.decide(3, "approve")
    moderator.decide(4, "spam")
    add_version(app, clock)
    page = moderator.client.get("/moderation/model/").get_data(as_text=True)
    assert "1 honest held or filed, 0 spam let through" in page
    assert "1 honest, 1 spam" in page
    assert "Kept as a candidate: &lt;b&gt;few" in page
    cell = moderator.client.get("/moderation/model/cells/pending/spam").get_data(as_text=True)
    assert "maybe four" in cell
    assert "maybe three" not in cell
    version = moderator.client.get("/moderation/model/versions/site-default-1")
    assert version.status_code == 200
    assert moderator.client.get("/moderation/model/versions/none").status_code == 404
    assert moderator.client.get("/moderation/model/cells/x/y").status_code == 404


def test_the_comments_that_teach_most_come_first(app: Flask) -> None:
    guest = Guest(app)
    for number in range(8):
        guest.say(f"an ordinary remark {number}")
    guest.say("maybe this one")
    moderator = Moderator(app)
    page = moderator.client.get("/moderation/first").get_data(as_text=True)
    assert "near the threshold" in page
    assert "drawn at random" in page
    assert page.count("maybe this one") == 1
    moderator.decide(9, "spam")
    assert "maybe this one" not in moderator.client.get("/moderation/first").get_data(as_text=True)


def test_a_blind_filter_is_told(app: Flask, clock: FakeClock) -> None:
    for number in range(40):
        Guest(app).say(f"remark {number}")
    clock.forward(minutes=1)
    page = Moderator(app).client.get("/moderation/model/").get_data(as_text=True)
    assert "all alike: the filter is blind" in page


def test_an_empty_site_has_a_page_too(lite: Flask) -> None:
    page = Moderator(lite).client.get("/moderation/model/").get_data(as_text=True)
    assert "Nothing was published or filed" in page
    assert "No decisions yet" in page


def test_the_slider_s_numbers_are_the_counts() -> None:
    honest, spam = [0] * BINS, [0] * BINS
    honest[10], honest[120], spam[120], spam[199] = 90, 6, 3, 30
    points = what_if(Histogram(honest, spam, days=60))
    at = {point.threshold: point for point in points}
    assert (at[0.6].honest_held, at[0.6].spam_through) == (3.0, 0.0)
    assert (at[0.605].honest_held, at[0.605].spam_through) == (0.0, 1.5)
    assert at[0.6].looks == round((6 + 3 + 30) / (60 / 7), 1)
    assert what_if(Histogram([0] * BINS, [0] * BINS, days=1)) == []


def test_promote_and_rollback_from_the_page(app: Flask, clock: FakeClock) -> None:
    add_version(app, clock)
    moderator = Moderator(app)

    def active() -> str | None:
        with app.app_context():
            return versions.active_id(session(), 1)

    assert moderator.post("/moderation/model/promote", model="site-default-1").status_code == 200
    assert active() == "site-default-1"
    page = moderator.client.get("/moderation/model/").get_data(as_text=True)
    assert "The filter is blind" in page, "its arrays cannot be read, and the page says so"
    assert moderator.post("/moderation/model/rollback").status_code == 200
    assert active() is None
    assert moderator.post("/moderation/model/promote", model="nobody").status_code == 404


def test_labels_can_be_exported_and_forgotten(app: Flask) -> None:
    moderator = Moderator(app, "Grace")
    for text in ("maybe one", "maybe two"):
        moderator.decide(Guest(app).say(text).get_json()["id"], "spam")
    lines = moderator.client.get("/moderation/model/labels.jsonl").get_data(as_text=True)
    rows = [json.loads(line) for line in lines.splitlines()]
    assert [(row["text"], row["label"]) for row in rows] == [
        ("maybe one", "spam"),
        ("maybe two", "spam"),
    ]
    moderator.post("/moderation/model/forget", source="decision", actor="Grace")
    with app.app_context():
        assert labels.count(session(), 1) == {}


def test_train_now_orders_one_training(app: Flask) -> None:
    moderator = Moderator(app)
    refused = moderator.post("/moderation/model/train")
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (400, "unacceptable")
    for number in range(10):
        comment = Guest(app).say(f"maybe {number}").get_json()["id"]
        moderator.decide(comment, "spam" if number % 2 else "approve")
    moderator.post("/moderation/model/train")
    told = moderator.client.get("/moderation/model/progress").get_json()
    assert told["running"] is True
    assert "Training…" in moderator.client.get("/moderation/model/").get_data(as_text=True)
