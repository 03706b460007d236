"""Flood protection: holds a page for a while, notifies moderators once, ignores busy days."""

import secrets
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, insert, select

from comment_service.actions.comments.flood import FLOOD_MAIL, hold_on_flood
from comment_service.actions.comments.submit import HELD_MAIL
from comment_service.storage.admin.rules import Rules
from comment_service.storage.db.session import db, session, transaction
from comment_service.storage.tables import Comment, OutboxRow, Page, Shield
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import Guest, Moderator, ruled

OTHER = "https://blog.example/other"


@pytest.fixture
def app(make_app: MakeApp, database_url: str) -> Flask:
    app = make_app(database_url, MAIL_TO="mod@blog.example")
    ruled(app, burst_comments=5, shield_minutes=60)
    return app


def flood(app: Flask, number: int, **more: str) -> list[str]:
    """Submit one comment each from that many people; return the status of each."""
    return [
        Guest(app, f"N{k}").say(f"a word by {secrets.token_hex(4)}", **more).get_json()["status"]
        for k in range(number)
    ]


def kinds(app: Flask) -> list[str]:
    with app.app_context():
        return list(session().scalars(select(OutboxRow.kind).order_by(OutboxRow.id)))


def test_flood_holds_the_page_and_notifies_once(app: Flask) -> None:
    assert flood(app, 8) == 5 * ["published"] + 3 * ["pending"]
    assert flood(app, 1, url=OTHER) == ["published"]
    assert kinds(app).count(FLOOD_MAIL) == 1
    assert HELD_MAIL not in kinds(app)
    with app.app_context():
        shield = session().scalars(select(Shield)).one()
        assert (shield.comments, shield.page is not None) == (5, True)


def test_hold_expires_and_slow_pages_are_not_held(app: Flask, clock: FakeClock) -> None:
    flood(app, 6)
    clock.forward(minutes=61)
    assert flood(app, 1) == ["published"]
    clock.forward(hours=1)
    for number in range(8):
        clock.forward(minutes=3)
        assert Guest(app, f"M{number}").say(f"slowly, {number}").get_json()["status"] == "published"


def test_moderator_ends_the_hold_and_decides_in_bulk(app: Flask, clock: FakeClock) -> None:
    flood(app, 8)
    moderator = Moderator(app)
    page = moderator.queue()
    assert "Flood on" in page
    assert "Decide about the 3 pending" in page
    assert moderator.queue("pending", flood=1).count('class="card"') == 3
    assert moderator.queue("all", flood=1).count('class="card"') == 8
    assert moderator.queue("all", flood=99).count('class="card"') == 0
    clock.forward(minutes=1)
    moderator.post("/moderation/shields/1/end")
    assert flood(app, 4) == 4 * ["published"]
    assert kinds(app).count(FLOOD_MAIL) == 1
    assert flood(app, 2) == ["published", "pending"]
    assert kinds(app).count(FLOOD_MAIL) == 2
    with app.app_context():
        assert session().get_one(Shield, 1).ended_by == "Mod"
    assert "published again since" in moderator.queue()


def test_flood_over_many_pages_holds_the_site(app: Flask) -> None:
    said = [flood(app, 1, url=f"https://blog.example/p{page}")[0] for page in range(17)]
    assert said == 15 * ["published"] + 2 * ["pending"]
    with app.app_context():
        assert session().scalars(select(Shield)).one().page_id is None


def crowd(app: Flask, number: int, clock: FakeClock) -> None:
    """Add that many comments to the site over the last five days."""
    flood(app, 1)
    with app.app_context(), transaction() as current:
        row = current.execute(select(Comment.__table__)).mappings().first()
        assert row is not None
        step = timedelta(days=5) / number
        values = [
            {**row, "id": 100 + n, "idempotency_key": f"k{n}", "created_at": clock.now - n * step}
            for n in range(1, number + 1)
        ]
        current.execute(insert(Comment), values)


def test_usual_traffic_is_no_flood(app: Flask, clock: FakeClock) -> None:
    crowd(app, 4000, clock)  # four in ten minutes over a week, so eight on a page are a flood
    assert flood(app, 5, url=OTHER) == 5 * ["published"]
    assert flood(app, 8, url=OTHER)[3:] == 5 * ["pending"]


def test_trusted_authors_are_not_held(app: Flask) -> None:
    ada = Guest(app, "Ada")
    first = ada.say("known here").get_json()["id"]
    Moderator(app).post(f"/moderation/comments/{first}/author", mark="trust")
    flood(app, 6)
    assert ada.say("still welcome here").get_json()["status"] == "published"


def test_flood_protection_can_be_turned_off(app: Flask) -> None:
    ruled(app, burst_comments=0)
    assert flood(app, 20) == 20 * ["published"]


def asked(app: Flask) -> int:
    """Return the number of queries of the flood check on the first page."""
    with app.app_context(), transaction() as current:
        page = current.scalars(select(Page).order_by(Page.id)).first()
        assert page is not None
        assert page.site.shield_until is None
        sent: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            sent.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        hold_on_flood(current, app.extensions["comments"], page, Rules(burst_comments=5))
        event.remove(db.engine, "before_cursor_execute", note)
    return len(sent)


def test_flood_check_needs_few_queries(app: Flask) -> None:
    flood(app, 1)
    assert asked(app) == 1
    flood(app, 4, url=OTHER)
    assert asked(app) == 2
