"""IPv6: a /64 is one network, and all networks of a /48 have a looser bound together."""

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.actions.comments import report, request_subscription
from comment_service.runtime import area_of
from comment_service.screening import limits
from comment_service.storage.db import outbox
from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment, Report
from comment_service.web.http.rate_limits import AREA_FACTOR
from comment_service.web.http.viewer import client_network
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import Guest

SAME_64 = ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")
SAME_48 = ("2001:db8:1:2::1", "2001:db8:1:3::1")
OTHER_48 = ("2001:db8:1:2::1", "2001:db8:2:2::1")
V4 = ("203.0.113.1", "203.0.113.2")
MAPPED = ("203.0.113.1", "::ffff:203.0.113.1")


@pytest.mark.parametrize(
    ("pair", "same_network", "same_area"),
    [
        (SAME_64, True, True),
        (SAME_48, False, True),
        (OTHER_48, False, False),
        (V4, False, False),
        (MAPPED, True, False),
    ],
)
def test_networks_and_areas(
    lite: Flask, pair: tuple[str, str], same_network: bool, same_area: bool
) -> None:
    found = []
    for address in pair:
        with lite.test_request_context(environ_base={"REMOTE_ADDR": address}):
            found.append(client_network())
    assert (found[0] == found[1]) is same_network
    areas = [area_of(network) for network in found]
    assert (areas[0] == areas[1] != "") is same_area
    assert {len(network) for network in found} == {32}


def neighbour(app: Flask, number: int) -> Guest:
    return Guest(app, f"Neighbour {number}", network=f"2001:db8:1:{number:x}::1")


def test_comments_of_a_48_are_held_and_then_refused(
    make_app: MakeApp, database_url: str, clock: FakeClock
) -> None:
    app = make_app(database_url, RATE_MINUTE=2, RATE_HOUR=2)
    held_from = limits.AREA_FACTOR * 2
    full = limits.AREA_FACTOR * limits.NETWORK_FACTOR * 2
    told = []
    for number in range(full + 1):
        clock.forward(seconds=61)
        answer = neighbour(app, number).say(f"what {number} thinks about it")
        told.append(answer.get_json().get("status", answer.status_code))
    assert told == ["published"] * held_from + ["pending"] * (full - held_from) + [429]
    far = Guest(app, "Far away", network="2001:db8:2:1::1")
    assert far.say("hello from elsewhere").get_json()["status"] == "published"


def test_likes_of_a_48_are_limited(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(sqlite_url, LIKES_HOUR=1)
    Guest(app).say("something to like")
    told = [neighbour(app, number).like(1).status_code for number in range(AREA_FACTOR + 1)]
    assert told == [200] * AREA_FACTOR + [429]
    assert Guest(app, network="2001:db8:2:1::1").like(1).status_code == 200


def test_reports_of_a_48_are_limited(
    lite: Flask, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    monkeypatch.setattr(report, "MAX_PER_HOUR", 1)
    Guest(lite).say("something to report")
    told = [
        neighbour(lite, number).report(1).status_code for number in range(limits.AREA_FACTOR + 1)
    ]
    assert told[-1] == 429
    assert 429 not in told[:-1]


def test_subscriptions_of_a_48_are_limited(
    make_app: MakeApp, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_subscription, "AREA_HOURLY", 2)
    app = make_app(
        sqlite_url, SMTP_URL="smtp://127.0.0.1:1", MAIL_FROM="c@blog.example", WORKER=False,
        PUBLIC_URL="https://c.example",
    )  # fmt: skip
    Guest(app).say("the page exists")
    for number in range(4):
        guest = neighbour(app, number)
        body = {"email": f"a{number}@x.example", "pace": "each", "token": guest.form_token()}
        sent = guest.client.post(
            "/subscriptions",
            data={**guest.page, **body},
            headers={"Origin": "https://blog.example"},
            environ_overrides={"REMOTE_ADDR": guest.network},
        )
        assert sent.status_code == 303
    with app.app_context():
        assert len(outbox.undelivered(session(), request_subscription.CONFIRM_MAIL)) == 2


def test_strangers_of_a_48_do_not_hide_a_comment(lite: Flask) -> None:
    Guest(lite).say("something to report")
    for number in range(8):
        assert neighbour(lite, number).report(1).status_code == 201
    for number in range(2):  # of other customers, whose reports count in full
        stranger = Guest(lite, network=f"2001:db8:{number + 2}::1")
        stranger.report(1)
    with lite.app_context():
        found = session().get_one(Comment, 1)
        weights = [row.weight for row in session().scalars(select(Report).order_by(Report.id))]
    assert found.status == "published"
    whole, less = report.WEIGHT_STRANGER, report.WEIGHT_UNRELIABLE
    assert weights == [whole, *7 * [less], whole, whole]
