"""Rules of a site over the installation's, of a page over the site's; trying rules."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.actions.admin import rules as rule
from comment_service.errors import DoesNotExist
from comment_service.storage.admin import rules, sites
from comment_service.storage.admin.rules import Rules
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import pages
from comment_service.storage.tables import RuleChange, Site
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import PAGE, Guest, Moderator

LINKS = "See https://one.example and https://two.example and https://three.example"


def the_site() -> Site:
    found = sites.find(session(), "default")
    assert found is not None
    return found


def settle(app: Flask, **changes: Any) -> None:
    with app.app_context(), transaction() as current:
        state = app.extensions["comments"]
        rule.save_rules(
            session=current, runtime=state, site=the_site(), changes=changes, actor="Olive"
        )


def settle_page(app: Flask, **changes: Any) -> None:
    with app.app_context(), transaction() as current:
        rule.save_page_rules(
            session=current,
            runtime=app.extensions["comments"],
            site=the_site(),
            url=PAGE,
            changes=changes,
            actor="Olive",
        )


def status(answer: Any) -> str:
    return str(answer.get_json()["status"])


def test_only_differences_from_the_defaults_are_stored(app: Flask) -> None:
    settle(app, policy="all", max_links=2)
    with app.app_context():
        assert the_site().rules == {"policy": "all"}
        row = session().scalars(select(RuleChange)).one()
        assert (row.before, row.after, row.actor) == ({}, {"policy": "all"}, "Olive")
    settle(app, policy="uncertain")
    with app.app_context():
        assert the_site().rules == {}


def test_unchanged_rules_add_no_audit_entry(lite: Flask) -> None:
    settle(lite, max_links=2)
    with lite.app_context():
        assert not list(session().scalars(select(RuleChange)))


def test_policy_all_holds_everything(app: Flask) -> None:
    settle(app, policy="all")
    assert status(Guest(app).say("thanks for all of it")) == "pending"


def test_first_comments_wait_until_enough_were_approved(lite: Flask) -> None:
    settle(lite, policy="first", approved_before=2)
    guest, moderator = Guest(lite), Moderator(lite)
    for text in ("one of them", "two of them"):
        answer = guest.say(text)
        assert status(answer) == "pending"
        moderator.decide(answer.get_json()["id"], "approve")
    assert status(guest.say("three of them")) == "published"


def test_thresholds_and_links_of_the_site_count(lite: Flask) -> None:
    settle(lite, hold_at=0.8, max_links=3)
    guest = Guest(lite)
    guest.say("a first word")
    assert status(guest.say("maybe this is spam")) == "published"  # the model's score is 0.7
    assert status(guest.say(LINKS)) == "published"
    settle(lite, hold_at=0.6, max_links=0)
    assert status(guest.say("maybe this one is too")) == "pending"
    assert status(guest.say("one link: https://one.example")) == "pending"


def test_an_author_must_be_known_for_a_while(
    make_app: MakeApp, sqlite_url: str, clock: FakeClock
) -> None:
    app = make_app(sqlite_url)
    settle(app, known_hours=24)
    guest = Guest(app)
    assert status(guest.say("just arrived")) == "pending"
    clock.now += timedelta(hours=25)
    assert status(guest.say("still here")) == "published"


def test_the_rate_of_the_site_counts(lite: Flask) -> None:
    settle(lite, rate_minute=1)
    guest = Guest(lite)
    guest.say("one")
    assert guest.say("two").status_code == 429


def test_a_page_closes_by_its_age_and_says_so(
    make_app: MakeApp, sqlite_url: str, clock: FakeClock
) -> None:
    app = make_app(sqlite_url)
    settle(app, close_after_days=14)
    guest = Guest(app)
    guest.say("while it is open")
    assert "comments-form" in guest.thread()
    clock.now += timedelta(days=14)
    assert "Comments are closed." in guest.thread()
    answer = guest.post("/comments", {**guest.page, "token": "x", "key": "k" * 16, "text": "late"})
    assert answer.status_code in (403, 422)


def test_guests_are_refused_if_an_account_is_required(lite: Flask) -> None:
    settle(lite, guests=False)
    guest = Guest(lite)
    answer = guest.say("may I?")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "account_required")
    assert "Sign in to comment" in guest.thread()
    assert "comments-name" not in guest.thread()


def test_page_rules_override_site_rules(app: Flask) -> None:
    Guest(app).say("a first word")
    settle_page(app, policy="all", rate_minute=1)
    assert status(Guest(app).say("on this page")) == "pending"
    assert status(Guest(app).say("on another", url=PAGE + "/other")) == "published"
    with app.app_context():
        state = app.extensions["comments"]
        page = rules.of_page(state.settings, the_site(), the_site_page())
        assert (page.policy, page.rate_minute) == ("all", state.settings.rate_minute)


def the_site_page() -> Any:

    return pages.find(session(), the_site().id, PAGE)


def test_an_unknown_page_is_refused(lite: Flask) -> None:
    with pytest.raises(DoesNotExist, match="check the address"):
        settle_page(lite, policy="all")


def attempt(app: Flask, entries: Any = (), **changes: Any) -> rule.TrialResult:
    with app.app_context():
        state = app.extensions["comments"]
        return rule.try_rules(
            session=session(),
            runtime=state,
            site=the_site(),
            rules=Rules.of_settings(state.settings).over(changes),
            entries=entries,
        )


def test_rules_are_tried_on_past_comments(app: Flask) -> None:
    moderator = Moderator(app)
    guests = [Guest(app) for _ in range(3)]
    for number, guest in enumerate(guests):
        guest.say(f"a plain word, number {number}")
    maybe = guests[0].say("maybe a doubtful one").get_json()["id"]
    moderator.decide(maybe, "approve")
    casino = guests[1].say("casino").get_json()["id"]
    usual = attempt(app)
    assert (usual.comments, usual.before, usual.stopped, usual.newly) == (5, 2, 2, [])
    assert (usual.approved, usual.spam) == (1, 1)
    strict = attempt(app, policy="all")
    assert (strict.stopped, len(strict.newly), strict.approved) == (5, 3, 4)
    loose = attempt(app, hold_at=0.8)
    assert (loose.stopped, loose.freed) == (1, [maybe])
    listed = attempt(app, entries=[("word", "plain", "pending")])
    assert (listed.stopped, len(listed.newly)) == (5, 3)
    assert (listed.matching, listed.matching_public) == (3, 3)
    assert (usual.matching, usual.matching_public) == (0, 0)
    one = attempt(app, entries=[("word", "casino", "pending")])
    assert (one.matching, one.matching_public) == (1, 0)
    assert casino not in listed.newly


def test_older_comments_are_not_tried(make_app: MakeApp, sqlite_url: str, clock: FakeClock) -> None:
    app = make_app(sqlite_url)
    Guest(app).say("long ago")
    clock.now += timedelta(days=91)
    assert attempt(app, policy="all").comments == 0
