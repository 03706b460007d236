"""The filter page: figures, versions, labels; only owners have access."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import labels, versions
from comment_service.storage.filter.figures import BINS, Histogram
from comment_service.storage.tables import Label, Model, ShadowScore, Switch
from comment_service.web.filter.thresholds import Rate, estimates, slider
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import Guest, Moderator

PATHS = [
    ("GET", "/moderation/model/"),
    ("GET", "/moderation/model/versions"),
    ("GET", "/moderation/model/versions/x"),
    ("GET", "/moderation/model/switches"),
    ("GET", "/moderation/model/sources"),
    ("GET", "/moderation/model/forgotten"),
    ("GET", "/moderation/model/cells/pending/spam"),
    ("GET", "/moderation/model/progress"),
    ("GET", "/moderation/model/labels.jsonl"),
    ("POST", "/moderation/model/careful"),
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


def test_every_owner_route_is_in_the_guest_test(lite: Flask) -> None:
    rules = {str(rule) for rule in lite.url_map.iter_rules() if rule.endpoint.startswith("filter.")}
    names = {"/x": "/<model_id>", "/pending/spam": "/<said>/<now>", "/1/": "/<id:forgetting_id>/"}
    listed = set()
    for _, path in PATHS:
        for example, name in names.items():
            path = path.replace(example, name)  # noqa: PLW2901
        listed.add(path)
    assert rules == listed


def add_version(app: Flask, clock: FakeClock, model_id: str = "site-default-1") -> None:
    with app.app_context(), transaction() as current:
        row = Model(id=model_id, site_id=1, state="candidate", card={"a": 1}, arrays=b"x")
        row.report, row.created_at = {"sentence": "Kept as a candidate: <b>few</b>."}, clock.now
        current.add(row)


def test_page_compares_filter_decisions_with_final_status(app: Flask, clock: FakeClock) -> None:
    guest = Guest(app)
    for text in ("one", "two", "maybe three", "maybe four", "the casino"):
        guest.say(text)
    moderator = Moderator(app)
    moderator.decide(3, "approve")
    moderator.decide(4, "spam")
    add_version(app, clock)
    page = moderator.client.get("/moderation/model/").get_data(as_text=True)
    assert "1 honest held or marked as spam, 0 missed spam" in page
    assert "1 honest, 1 spam" in page
    assert "Kept as a candidate: &lt;b&gt;few" in page
    cell = moderator.client.get("/moderation/model/cells/pending/spam").get_data(as_text=True)
    assert "maybe four" in cell
    assert "maybe three" not in cell
    version = moderator.client.get("/moderation/model/versions/site-default-1")
    assert version.status_code == 200
    assert moderator.client.get("/moderation/model/versions/none").status_code == 404
    assert moderator.client.get("/moderation/model/cells/x/y").status_code == 404


def test_a_version_lists_decisions_that_contradict_the_others(app: Flask, clock: FakeClock) -> None:
    Guest(app).say("maybe <b>this</b> one")
    moderator = Moderator(app)
    moderator.decide(1, "spam")
    add_version(app, clock)
    where = "/moderation/model/versions/site-default-1"
    assert "Decisions to check again" not in moderator.client.get(where).get_data(as_text=True)
    with app.app_context(), transaction() as current:
        label = current.scalars(select(Label)).one()
        current.get_one(Model, "site-default-1").report = {"set_aside": [label.id, 999]}
    page = moderator.client.get(where).get_data(as_text=True)
    assert "Decisions to check again" in page
    assert "maybe &lt;b&gt;this&lt;/b&gt; one" in page
    assert "Decided as spam" in page


def test_most_useful_comments_come_first(app: Flask) -> None:
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


def test_missing_model_is_reported(app: Flask, clock: FakeClock) -> None:
    for number in range(40):
        Guest(app).say(f"remark {number}")
    clock.forward(minutes=1)
    page = Moderator(app).client.get("/moderation/model/").get_data(as_text=True)
    assert "all alike: the filter is blind" in page
    assert "Nothing to worry about" not in page


def test_unchanged_week_is_reported_as_healthy(lite: Flask, clock: FakeClock) -> None:
    for week in range(2):
        for number in range(30):
            Guest(lite).say(f"{'maybe' if number % 3 else 'surely'} a remark {week} {number}")
        clock.forward(days=8 - 7 * week)
    page = Moderator(lite).client.get("/moderation/model/").get_data(as_text=True)
    assert "The last seven days look like the time before." in page


def test_empty_site_has_a_filter_page(lite: Flask) -> None:
    page = Moderator(lite).client.get("/moderation/model/").get_data(as_text=True)
    assert "Working normally" in page
    assert "So far it has seen 0 honest and 0 spam comments here" in page
    assert "polyline" not in page
    assert "Too few comments to compare: 0 in the last seven days" in page
    assert "No decisions yet" in page


def test_slider_figures_match_the_counts() -> None:
    honest, spam = [0] * BINS, [0] * BINS
    honest[10], honest[120], spam[120], spam[199] = 90, 6, 3, 30
    points = estimates(Histogram(honest, spam, days=60))
    at = {point.threshold: point for point in points}
    assert (at[0.6].honest_held.number, at[0.6].spam_through.number) == (3.0, 0.0)
    assert (at[0.605].honest_held.number, at[0.605].spam_through.number) == (0.0, 1.5)
    assert at[0.6].looks.number == round((6 + 3 + 30) / (60 / 7), 1)
    assert estimates(Histogram([0] * BINS, [0] * BINS, days=1)) == []


@pytest.mark.parametrize(
    ("count", "low", "high"), [(0, 0.0, 3.69), (1, 0.03, 5.57), (10, 4.8, 18.4), (90, 72.4, 110.6)]
)
def test_rate_has_a_poisson_interval(count: int, low: float, high: float) -> None:
    found = Rate.of(count, 0.01)  # values from the published table, to two decimals
    assert (found.low / 100, found.high / 100) == pytest.approx((low, high), rel=0.02, abs=0.15)


@pytest.mark.parametrize(
    ("honest", "spam", "decided", "few", "unseen"),
    [(100, 20, (100, 20), False, False), (99, 20, (99, 20), True, True),
     (500, 19, (500, 19), True, True), (500, 90, (99, 90), False, True)],
)  # fmt: skip
def test_slider_warns_of_few_moderated_comments(
    honest: int, spam: int, decided: tuple[int, int], few: bool, unseen: bool
) -> None:
    counts = Histogram([honest] + [0] * (BINS - 1), [0] * (BINS - 1) + [spam], 90, decided)
    found = slider(counts, 0.5)
    assert (found.few, found.unseen, found.now) == (few, unseen, BINS // 2)


def test_few_comments_give_no_figures(app: Flask) -> None:
    guest = Guest(app)
    for text in ("one", "two", "maybe three", "the casino"):
        guest.say(text)
    moderator = Moderator(app)
    moderator.decide(3, "approve")
    page = moderator.client.get("/moderation/model/").get_data(as_text=True)
    assert "So far it has seen 3 honest and 1 spam comments here" in page
    assert "polyline" not in page


def test_owner_chooses_how_careful_it_is(lite: Flask) -> None:
    moderator = Moderator(lite)
    page = moderator.client.get("/moderation/model/").get_data(as_text=True)
    assert "which the filter chose" in page
    assert moderator.post("/moderation/model/careful", hold_at="0.8").status_code == 200
    with lite.app_context():
        found = sites.find(session(), "default")
        assert found is not None
        assert found.rules == {"hold_at": 0.8}
    assert Guest(lite).say("maybe held before").get_json()["status"] == "published"
    page = moderator.client.get("/moderation/model/").get_data(as_text=True)
    assert "as your rules say" in page
    assert moderator.post("/moderation/model/careful", hold_at="0").status_code == 200
    assert Guest(lite).say("maybe held again").get_json()["status"] == "pending"
    for wrong in ("1", "-0.1", "nan", "x", ""):
        assert moderator.post("/moderation/model/careful", hold_at=wrong).status_code == 400


def test_promote_and_rollback_from_the_page(app: Flask, clock: FakeClock) -> None:
    add_version(app, clock)
    moderator = Moderator(app)

    def active() -> str | None:
        with app.app_context():
            return versions.active_id(session(), 1)

    assert moderator.post("/moderation/model/promote", model="site-default-1").status_code == 200
    assert active() == "site-default-1"
    page = moderator.client.get("/moderation/model/").get_data(as_text=True)
    assert "The filter does not work" in page, "its arrays cannot be read, and the page says so"
    assert moderator.post("/moderation/model/rollback").status_code == 200
    assert active() is None
    assert moderator.post("/moderation/model/promote", model="nobody").status_code == 404


def test_labels_can_be_exported_retracted_and_restored(app: Flask) -> None:
    moderator = Moderator(app, "Grace <i>")
    for text in ("maybe one", "maybe two"):
        moderator.decide(Guest(app).say(text).get_json()["id"], "spam")
    lines = moderator.client.get("/moderation/model/labels.jsonl").get_data(as_text=True)
    rows = [json.loads(line) for line in lines.splitlines()]
    assert [(row["text"], row["label"]) for row in rows] == [
        ("maybe one", "spam"),
        ("maybe two", "spam"),
    ]
    named = {"source": "decision", "actor": "Grace <i>"}
    assert moderator.post("/moderation/model/forget", **named).status_code == 200
    assert count_labels(app) == {}
    assert moderator.post("/moderation/model/forget", **named).status_code == 409
    page = moderator.client.get("/moderation/model/").get_data(as_text=True)
    assert "2 labels of Grace &lt;i&gt;, decision" in page
    assert "2 labels, of which 0 count" in page
    undo = re.findall(r"/moderation/model/forgotten/\d+/undo", page)
    assert len(undo) == 1
    assert moderator.post(undo[0]).status_code == 200
    assert count_labels(app) == {"spam": 2}
    page = moderator.client.get("/moderation/model/forgotten").get_data(as_text=True)
    assert "Restored by Grace &lt;i&gt;" in page
    assert "/undo" not in page


def count_labels(app: Flask) -> dict[str, int]:
    with app.app_context():
        return dict(labels.count(session(), 1))


def walk(client: FlaskClient, path: str, wanted: str) -> list[str]:
    """Return the rows of a list, following all pages of results."""
    found: list[str] = []
    for _ in range(20):
        page = client.get(path).get_data(as_text=True)
        found += re.findall(wanted, page)
        onwards = re.search(r'class="further"><a href="([^"]+)"', page)
        if onwards is None:
            return found
        path = unescape(onwards[1])
    raise AssertionError("the list does not end")


def test_every_list_can_be_paged_to_its_end(
    sqlite_url: str, make_app: MakeApp, clock: FakeClock
) -> None:
    app = make_app(sqlite_url, PAGE_SIZE=4)
    for number in range(11):
        Guest(app, f"Guest {number:02}").say(f"maybe {number:02}")
    with app.app_context(), transaction() as current:
        for number in range(11):
            when = clock.now + timedelta(minutes=number // 3)
            row = Model(id=f"site-{number:02}", site_id=1, state="candidate", card={}, arrays=b"")
            row.created_at = when
            current.add(row)
            current.add(Label(site_id=1, label="ham", text="x", source="import", weight=1.0,
                              actor=f"Actor {number:02}", created_at=when))  # fmt: skip
        current.flush()
        for number in range(11):
            current.add(Switch(site_id=1, to_id=f"to-{number:02}", actor="O", created_at=clock.now))
            current.add(ShadowScore(comment_id=number + 1, model_id="site-10", score=0.1,
                                    status="published", created_at=clock.now))  # fmt: skip
    moderator = Moderator(app)
    for number in range(11):
        actor = f"Actor {number:02}"
        moderator.post("/moderation/model/forget", source="import", actor=actor)
    down = [f"{number:02}" for number in reversed(range(11))]

    def shown(path: str, wanted: str) -> list[str]:
        return walk(moderator.client, f"/moderation/model/{path}", wanted)

    assert shown("versions", r">site-(\d\d)</a>") == down
    assert shown("switches", r"to-(\d\d)") == down
    assert shown("forgotten", r"<p>1 labels of Actor (\d\d)") == down
    assert shown("sources", r"<bdi>Actor (\d\d)") == down[::-1]
    assert shown("cells/pending/pending", r"</bdi>: maybe (\d\d)") == down
    assert shown("versions/site-10", r"</bdi>: maybe (\d\d)") == down
    beyond = moderator.client.get("/moderation/model/cells/pending/pending?before=1")
    assert "Nothing further." in beyond.get_data(as_text=True)


def test_cell_lists_the_counted_comments(app: Flask, clock: FakeClock) -> None:
    Guest(app).say("maybe long ago")
    clock.forward(days=91)
    Guest(app).say("maybe now")
    page = Moderator(app).client.get("/moderation/model/cells/pending/pending")
    assert "maybe now" in page.get_data(as_text=True)
    assert "maybe long ago" not in page.get_data(as_text=True)


def test_empty_lists_have_a_message(lite: Flask) -> None:
    moderator = Moderator(lite)
    for path, words in {
        "versions": "No versions of your own yet",
        "switches": "No other model has been active yet.",
        "sources": "No decisions yet.",
        "forgotten": "No sources have been removed.",
        "cells/pending/spam": "No such comment in the last 90 days.",
    }.items():
        assert words in moderator.client.get(f"/moderation/model/{path}").get_data(as_text=True)


def test_links_keep_the_selected_site(lite: Flask, clock: FakeClock) -> None:
    with lite.app_context(), transaction() as current:
        sites.ensure_site(current, key="other", name="Other", origins=[], now=clock.now)
    moderator = Moderator(lite)
    page = moderator.client.get("/moderation/model/?site=other").get_data(as_text=True)
    assert "<bdi>Other</bdi>" in page
    for action in re.findall(r'action="(/moderation/model/[^"]+)"', page):
        assert action.endswith("?site=other"), action
    assert "/moderation/model/?site=default" in page


def test_the_card_of_the_shipped_model_is_shown(sqlite_url: str, make_app: MakeApp) -> None:
    moderator = Moderator(make_app(sqlite_url, real_model=True))
    page = moderator.client.get("/moderation/model/versions/shipped").get_data(as_text=True)
    assert "How it did on comments that it had not seen" in page
    assert "For whom it is right, and what it cannot do" in page
    assert re.search(r'scope="row">fr</th><td>[\d,]+</td>', page)


def test_train_now_requests_one_training(app: Flask) -> None:
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


def test_embed_check_refuses_local_addresses(lite: Flask) -> None:
    lite.config["WTF_CSRF_ENABLED"] = False
    client = Moderator(lite).client
    answer = client.post("/moderation/doctor/", data={"url": "http://127.0.0.1:9/post"})
    said = answer.get_data(as_text=True)
    assert "on this machine or in a private network" in said
    assert "comment-service doctor --url" in said
