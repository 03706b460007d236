"""The writing time of a comment: proven by the form token, or measured by the browser."""

from typing import Any

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import Guest
from tests.web.comments.test_write_views import form, hidden


@pytest.fixture
def app(make_app: MakeApp, sqlite_url: str) -> Flask:
    return make_app(sqlite_url, MIN_SECONDS=2, FORM_HOURS=2)


@pytest.mark.parametrize(
    ("measured", "status"),
    [
        (45, "published"),  # a restored draft, or one begun without a network
        (2.5, "published"),
        ("45", "published"),
        (1e12, "published"),  # bounded, not refused
        (0.4, "pending"),
        (0, "pending"),
        (-45, "pending"),
        ("", "pending"),
        (None, "pending"),
        (True, "pending"),
        ("nan", "pending"),
        ("inf", "pending"),
        ("1e999", "pending"),
        ("soon", "pending"),
    ],
)
def test_measured_time_counts_beside_the_token(app: Flask, measured: Any, status: str) -> None:
    answer = Guest(app).say("Thank you for this.", seconds=measured)
    assert answer.get_json()["status"] == status


def test_the_longer_time_counts(app: Flask, clock: FakeClock) -> None:
    guest = Guest(app)
    sent = guest.fields("Thank you for this.", seconds=0.1)
    clock.forward(seconds=30)
    assert guest.post("/comments", sent).get_json()["status"] == "published"


def test_a_bot_gains_nothing_with_a_measured_time(app: Flask) -> None:
    bot = Guest(app)
    for token in ("", "forged", bot.get("/form-token", url="https://blog.example/2").json["token"]):
        answer = bot.say("Buy now, all of it.", token=token, seconds=60)
        assert answer.get_json()["error"]["code"] == "stale_form"
    trapped = bot.say("Buy now, all of it.", subject="Hello", seconds=60)
    assert trapped.get_json()["status"] == "pending"
    sent = {**form(Guest(app)), "seconds": "60"}  # a field that the HTML form does not have
    answer = app.test_client().post("/comments", data=sent)
    assert "posted=pending" in answer.headers["Location"]


def test_refused_form_without_script_keeps_its_time(app: Flask, clock: FakeClock) -> None:
    for hours in (0.1, 1.9, 3):  # the last one is refused because the form is too old
        client = app.test_client()
        sent = {**form(Guest(app), name=""), "text": f"Written within {hours} hours."}
        clock.forward(hours=hours)
        page = client.post("/comments", data=sent)
        assert page.status_code == 422
        again = {**sent, **hidden(page.get_data(as_text=True)), "name": "Ada"}
        clock.forward(seconds=1)
        answer = client.post("/comments", data=again)
        assert "posted=published" in answer.headers["Location"]


def test_line_break_counts_as_one_character(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(sqlite_url, MAX_LENGTH=100)
    guest = Guest(app)
    lines = "\r\n".join(["A line of 9"] * 8)  # 95 characters with line breaks of one character
    assert len(lines) > 100
    assert guest.client.post("/comments", data={**form(guest), "text": lines}).status_code == 303
    too_long = {**form(guest), "text": lines + "\r\n" + "x" * 5}
    page = guest.client.post("/comments", data=too_long)
    assert page.status_code == 422
    assert "this has 1 more" in page.get_data(as_text=True)
