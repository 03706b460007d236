"""Each check separately, over HTTP, on SQLite (the rules do not depend on the database)."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from comment_service.screening import CHECKS, limits
from comment_service.screening.lists import listed
from comment_service.screening.pipeline import decide_status
from comment_service.screening.verdict import Finding
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Author, ListEntry, Page, Verdict
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import Guest, Moderator

LONG = "A long enough text that nobody would write twice by chance, really not."


def verdict(app: Flask, comment: int) -> tuple[str, Mapping[str, str]]:
    """Return a comment's status and its reasons by name."""
    with app.app_context():
        row = session().scalars(select(Verdict).where(Verdict.comment_id == comment)).one()
        return row.status, {r["name"]: r["sentence"] for r in row.reasons}


def said(app: Flask, text: str, **more: Any) -> tuple[str, Mapping[str, str]]:
    answer = Guest(app).say(text, **more)
    assert answer.status_code == 201, answer.get_json()
    return verdict(app, answer.get_json()["id"])


def change(app: Flask, act: Callable[[Any], None]) -> None:
    with app.app_context(), transaction() as current:
        act(current)


def close_page(current: Any) -> None:
    current.scalars(select(Page)).one().closed_at = current.scalars(select(Page)).one().created_at


def test_a_closed_page_refuses_and_says_so(lite: Flask) -> None:
    Guest(lite).say("first")
    change(lite, close_page)
    answer = Guest(lite).say("too late")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "page_closed")
    assert "Comments are closed." in Guest(lite).thread()
    assert "comments-form" not in Guest(lite).thread()


def test_a_blocked_author_is_rejected_but_kept(lite: Flask) -> None:
    guest = Guest(lite)
    guest.say("hello")
    change(lite, lambda s: setattr(s.scalars(select(Author)).one(), "blocked_at", FakeClock().now))
    answer = guest.say("again")
    status, reasons = verdict(lite, answer.get_json()["id"])
    assert (answer.status_code, status) == (201, "rejected")
    assert "blocked" in reasons


def test_trusted_author_is_published_despite_other_findings(lite: Flask) -> None:
    guest = Guest(lite)
    guest.say("hello")
    change(lite, lambda s: setattr(s.scalars(select(Author)).one(), "trusted_at", FakeClock().now))
    assert (
        guest.say("casino http://a.example http://b.example http://c.example").get_json()["status"]
        == "published"
    )


def test_newcomers_from_a_blocked_author_s_network_are_held(lite: Flask, clock: FakeClock) -> None:
    def say(name: str, network: str, text: str) -> tuple[Guest, str]:
        guest = Guest(lite, name)
        guest.network = network
        return guest, guest.say(text).get_json()["status"]

    regular, _ = say("Regular", "203.0.113.9", "from the same house")
    say("Troll", "203.0.113.9", "something rude")
    blocks = select(Author).where(Author.name == "Troll")
    change(lite, lambda s: setattr(s.scalars(blocks).one(), "blocked_at", clock.now))
    clock.forward(seconds=61)
    assert say("Another", "203.0.113.9", "a fresh browser")[1] == "pending"
    assert say("Somebody", "203.0.113.77", "elsewhere")[1] == "published"
    assert regular.say("known here already").get_json()["status"] == "published"
    clock.forward(days=8)
    assert say("Later", "203.0.113.9", "a week later")[1] == "published"


def test_rate_limit_refuses_with_retry_after(
    make_app: MakeApp, sqlite_url: str, clock: FakeClock
) -> None:
    app = make_app(sqlite_url, RATE_MINUTE=3, RATE_HOUR=5)
    guest = Guest(app)
    for number in range(3):
        assert guest.say(f"number {number}").status_code == 201
    answer = guest.say("one too many")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert Guest(app).say("somebody else").status_code == 201
    clock.forward(seconds=61)
    assert guest.say("four").status_code == guest.say("five").status_code == 201
    clock.forward(seconds=61)
    assert guest.say("six").headers["Retry-After"] == "3600"


def test_many_people_behind_one_address_are_held_and_not_refused(
    make_app: MakeApp, sqlite_url: str, clock: FakeClock
) -> None:
    app = make_app(sqlite_url, RATE_MINUTE=2, RATE_HOUR=20)

    def say(number: int) -> TestResponse:
        person = Guest(app, f"Pupil number {number}")
        person.network = "203.0.113.9"
        clock.forward(seconds=2)
        return person.say(f"what pupil {number} thinks")

    answers = [say(number) for number in range(2 * limits.NETWORK_FACTOR)]
    told = [answer.get_json()["status"] for answer in answers]
    assert told == ["published"] * 2 + ["pending"] * (len(answers) - 2)
    assert "same network" in verdict(app, answers[-1].get_json()["id"])[1]["network_rate"]
    refused = say(99)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert "from your network" in refused.get_json()["error"]["message"]


def test_a_fresh_browser_with_the_same_name_has_the_same_limit(
    make_app: MakeApp, sqlite_url: str
) -> None:
    app = make_app(sqlite_url, RATE_MINUTE=2)
    told = []
    for number in range(3):
        guest = Guest(app, "Ada")
        guest.network = "203.0.113.9"
        told.append(guest.say(f"number {number}").status_code)
    assert told == [201, 201, 429]


def test_same_text_by_the_same_author_is_refused(lite: Flask) -> None:
    guest = Guest(lite)
    guest.say(LONG)
    again = guest.say(LONG.upper() + "!!")
    assert (again.status_code, again.get_json()["error"]["code"]) == (409, "already_said")
    assert Guest(lite, "Somebody else").say(LONG).status_code == 201


def test_a_copy_of_spam_is_filed_with_it(lite: Flask) -> None:
    first = Guest(lite).say(LONG).get_json()["id"]
    Moderator(lite).decide(first, "spam")
    status, reasons = said(lite, LONG.replace("a", "а\u200b"))
    assert status == "spam"
    assert f"comment {first}" in reasons["known_spam"]


@pytest.mark.parametrize(
    ("who", "name", "url", "refused"),
    [
        ("the same browser", "Ada", "", True),
        ("the same browser", "Ada", "https://blog.example/other", False),
        ("another browser", "Ada", "", True),
        ("another browser", "Bob", "", False),
        ("another network", "Ada", "", False),
    ],
)
def test_who_repeats_and_where(lite: Flask, who: str, name: str, url: str, refused: bool) -> None:
    first = Guest(lite, "Ada", network="198.51.100.7")
    first.say(LONG)
    others = {
        "the same browser": first,
        "another browser": Guest(lite, name, network="198.51.100.7"),
        "another network": Guest(lite, name, network="203.0.113.7"),
    }
    answer = others[who].say(LONG, **({"url": url} if url else {}))
    assert (answer.status_code == 409) is refused


def test_a_text_that_is_public_elsewhere_is_no_copy_of_spam(lite: Flask) -> None:
    public, filed = (Guest(lite).say(LONG).get_json()["id"] for _ in range(2))
    Moderator(lite).decide(filed, "spam")
    assert public != filed
    assert "known_spam" not in said(lite, LONG)[1]


def test_the_page_itself_is_not_another_page(lite: Flask) -> None:
    said(lite, LONG, url="https://blog.example/1")
    said(lite, LONG)
    assert "repeated" not in said(lite, LONG)[1]


def test_a_text_on_many_pages_is_held(lite: Flask) -> None:
    for number in range(2):
        assert said(lite, LONG, url=f"https://blog.example/{number}")[0] == "published"
    status, reasons = said(lite, LONG)
    assert (status, reasons["repeated"]) == ("pending", "The same text on 2 other pages")


@pytest.mark.parametrize(
    ("text", "more", "status"),
    [
        ("buy rolex now", {}, "spam"),
        ("buy r0l\u200bex now", {}, "spam"),
        ("rolexes are fine", {}, "published"),
        ("replicas and such", {}, "pending"),
        ("hi", {"name": "Rolex Store"}, "spam"),
        ("see https://www.bad.example/x", {}, "spam"),
        ("hi", {"website": "https://shop.bad.example"}, "spam"),
        ("see https://fine.example/ref=123", {}, "pending"),
        ("hi", {"email": "joe@Mail.bad.example"}, "pending"),
        ("nothing to see", {}, "published"),
    ],
)
def test_lists(lite: Flask, text: str, more: dict[str, str], status: str) -> None:
    entries = [
        ("word", "rolex", "spam"),
        ("word", "replica*", "pending"),
        ("domain", "bad.example", "spam"),
        ("link", "ref=123", "pending"),
        ("email", "@mail.bad.example", "pending"),
    ]

    def add(current: Any) -> None:
        site = sites.find(current, "default")
        assert site is not None
        for kind, value, becomes in entries:
            row = ListEntry(site_id=site.id, kind=kind, value=value, status=becomes)
            row.created_at, row.actor = FakeClock().now, "test"
            current.add(row)

    change(lite, add)
    assert said(lite, text, **more)[0] == status


def test_too_many_links_are_held(lite: Flask) -> None:
    guest = Guest(lite)
    guest.say("known by now")
    two = guest.say("http://a.example and http://b.example")
    three = guest.say("http://a.example and http://b.example and www.c.example")
    assert two.get_json()["status"] == "published"
    assert three.get_json()["status"] == "pending"


def test_a_first_comment_with_a_link_is_held(lite: Flask) -> None:
    status, reasons = said(lite, "see http://a.example")
    assert (status, "first_comment_link" in reasons) == ("pending", True)


@pytest.mark.parametrize(
    ("policy", "first", "second", "doubtful"),
    [
        ("publish", "published", "published", "published"),
        ("uncertain", "published", "published", "pending"),
        ("first", "pending", "pending", "pending"),
        ("all", "pending", "pending", "pending"),
    ],
)
def test_policy(
    make_app: MakeApp, sqlite_url: str, policy: str, first: str, second: str, doubtful: str
) -> None:
    guest = Guest(make_app(sqlite_url, POLICY=policy))
    assert guest.say("one").get_json()["status"] == first
    assert guest.say("two").get_json()["status"] == second
    assert guest.say("maybe").get_json()["status"] == doubtful


def test_filled_honeypot_is_spam(lite: Flask) -> None:
    status, reasons = said(lite, "hello", subject="buy")
    assert (status, "honeypot" in reasons) == ("spam", True)


def test_too_fast_comment_is_held(make_app: MakeApp, sqlite_url: str, clock: FakeClock) -> None:
    app = make_app(sqlite_url, MIN_SECONDS=2)
    hasty, calm = Guest(app), Guest(app)
    body = calm.fields("I thought about this")
    clock.forward(seconds=1.5)
    assert hasty.say("quick!").get_json()["status"] == "pending"
    clock.forward(seconds=1)
    assert calm.post("/comments", body).get_json()["status"] == "published"


def test_trust_overrides_other_findings() -> None:
    trust = Finding("moderator", "", status="published")
    assert decide_status([trust, Finding("model", "", status="spam")]) == "published"


@pytest.mark.parametrize(
    ("asked", "becomes"),
    [([], "published"), (["pending", "spam"], "spam"), (["rejected", "spam"], "rejected")],
)
def test_most_severe_status_wins(asked: list[str], becomes: str) -> None:
    assert decide_status([Finding("x", "", status=status) for status in asked]) == becomes


def test_every_check_has_a_docstring() -> None:
    assert all(check.__doc__ for check in CHECKS)
    assert listed in CHECKS


def test_list_changes_apply_from_the_next_comment(lite: Flask) -> None:
    def swap(old: str, new: str) -> Callable[[Any], None]:
        def act(current: Any) -> None:
            sites.remove_from_list(current, 1, kind="word", values=[old])
            now = FakeClock().now.replace(minute=ord(new[0]) % 60)
            more = {"kind": "word", "status": "pending", "actor": "a test", "now": now}
            sites.add_to_list(current, 1, values=[new], **more)

        return act

    change(lite, swap("", "umbrella"))
    assert said(lite, "my umbrella")[0] == "pending"
    change(lite, swap("umbrella", "raincoat"))
    assert said(lite, "another umbrella")[0] == "published"
    assert said(lite, "and a raincoat")[0] == "pending"
