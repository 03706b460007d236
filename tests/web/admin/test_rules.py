"""Rules page: try and save rules, add and remove list entries, page rules; escaping."""

import re
from dataclasses import fields

import pytest
from flask import Flask
from flask.testing import FlaskClient
from wtforms.validators import NumberRange

from comment_service.storage.admin import sites
from comment_service.storage.admin.rules import CHOICES, LIMITS, Rules
from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment
from comment_service.web.admin import rule_forms
from tests.conftest import MakeApp
from tests.people import PAGE, Guest, Moderator

PATHS = [
    ("GET", "/moderation/rules/"),
    ("POST", "/moderation/rules/"),
    ("GET", "/moderation/rules/changes"),
    ("GET", "/moderation/rules/lists"),
    ("POST", "/moderation/rules/lists"),
    ("POST", "/moderation/rules/lists/remove"),
    ("GET", "/moderation/rules/pages"),
    ("POST", "/moderation/rules/pages"),
]
RULES = {
    "policy": "uncertain",
    "approved_before": "1",
    "max_links": "2",
    "min_seconds": "2",
    "rate_minute": "5",
    "rate_hour": "40",
    "guests": "y",
    "likes": "y",
    "likers": "everyone",
    "erased_comments": "keep",
    "burst_comments_on": "y",
    "burst_comments": "30",
    "shield_minutes": "60",
    "reports_hold_on": "y",
    "reports_hold": "3",
    "edit_minutes_on": "y",
    "edit_minutes": "15",
    "reactions": "",
}
NOTHING = {"policy": "", "guests": "", "likes": ""}
NASTY = '<script>alert("x")</script>'


@pytest.fixture
def owner(lite: Flask) -> FlaskClient:
    lite.config["WTF_CSRF_ENABLED"] = False
    return Moderator(lite).client


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_a_guest_is_refused(lite: Flask, method: str, path: str) -> None:
    lite.config["WTF_CSRF_ENABLED"] = False
    answer = lite.test_client().open(path, method=method, headers={"Accept": "application/json"})
    assert answer.status_code == 401


def test_every_rules_route_is_in_the_guest_test(lite: Flask) -> None:
    found = {
        (method, str(rule))
        for rule in lite.url_map.iter_rules()
        if rule.endpoint.startswith("rules.")
        for method in (rule.methods or set()) & {"GET", "POST"}
    }
    assert found == set(PATHS)


def test_rules_are_not_saved_without_csrf_token(lite: Flask) -> None:
    answer = Moderator(lite).client.post("/moderation/rules/", data=RULES)
    assert answer.status_code in (400, 422)
    with lite.app_context():
        assert not sites.all_sites(session()) or sites.all_sites(session())[0].rules == {}


def test_rules_are_saved_and_shown(lite: Flask, owner: FlaskClient) -> None:
    sent = {**RULES, "policy": "all", "thresholds_on": "y", "hold_at": "55", "spam_at": "90"}
    del sent["guests"]
    answer = owner.post("/moderation/rules/", data=sent)
    assert answer.status_code == 303
    told = owner.get(answer.location).get_data(as_text=True)
    assert "Saved." in told
    assert "Guests: <bdi>no</bdi>" in told
    with lite.app_context():
        found = sites.find(session(), "default")
        assert found is not None
        wanted = {"policy": "all", "hold_at": 0.55, "guests": False}
        assert {name: found.rules[name] for name in wanted} == wanted
        assert "max_links" not in found.rules
    page = owner.get("/moderation/rules/").get_data(as_text=True)
    assert 'value="55"' in page
    assert "Saved." not in page
    log = owner.get("/moderation/rules/changes").get_data(as_text=True)
    assert "Hold for review: <bdi>Everything</bdi>" in log


def test_the_log_tells_choices_as_the_form_does(lite: Flask) -> None:
    with lite.test_request_context():
        log = lite.jinja_env.get_template("comments/admin/_rule_changes.html").make_module()
        for name in ("policy", "likers", "erased_comments"):
            choices = rule_forms.RulesForm(formdata=None)[name].choices
            told = {choice.value: log.value_of(name, choice.value) for choice in choices}
            assert told == {choice.value: str(choice.label) for choice in choices}


def test_a_threshold_that_the_filter_chooses_is_blank(lite: Flask, owner: FlaskClient) -> None:
    sent = {**RULES, "thresholds_on": "y", "hold_at": "17", "spam_at": ""}
    told = owner.get(owner.post("/moderation/rules/", data=sent).location).get_data(as_text=True)
    assert "Review at: <bdi>17%</bdi>" in told
    page = owner.get("/moderation/rules/").get_data(as_text=True)
    values = {
        name: re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
        for name in ("hold_at", "spam_at")
    }
    assert {name: found and found[1] for name, found in values.items()} == {
        "hold_at": "17",
        "spam_at": "",
    }
    with lite.app_context():
        found = sites.find(session(), "default")
        assert found is not None
        assert found.rules["hold_at"] == 0.17
        assert not found.rules.get("spam_at")


def test_switch_that_is_off_ignores_its_number(lite: Flask, owner: FlaskClient) -> None:
    off = {name: value for name, value in RULES.items() if not name.endswith("_on")}
    sent = {**off, "known_hours": "many", "edit_minutes": "", "hold_at": "x", "spam_at": "x"}
    assert owner.post("/moderation/rules/", data=sent).status_code == 303
    with lite.app_context():
        found = sites.find(session(), "default")
        assert found is not None
        zero = {"burst_comments": 0, "edit_minutes": 0, "reports_hold": 0}
        assert {name: found.rules[name] for name in zero} == zero
        assert "known_hours" not in found.rules
    page = owner.get("/moderation/rules/").get_data(as_text=True)
    assert 'name="edit_minutes_on" type="checkbox" value="y">' in page
    assert 'name="edit_minutes" inputmode="decimal" value="15"' in page  # a suggestion
    switched = {**RULES, "edit_minutes": "0"}
    assert "problem" in owner.post("/moderation/rules/", data=switched).get_data(as_text=True)


def test_preset_fills_the_form_and_saves_nothing(lite: Flask, owner: FlaskClient) -> None:
    page = owner.get("/moderation/rules/?preset=strict").get_data(as_text=True)
    assert "Not saved yet" in page
    assert re.search(r'<input checked[^>]*value="first"', page)
    with lite.app_context():
        found = sites.find(session(), "default")
        assert found is not None
        assert found.rules == {}
    assert "Not saved yet" not in owner.get("/moderation/rules/?preset=x").get_data(as_text=True)


def test_trying_changes_nothing(lite: Flask, owner: FlaskClient) -> None:
    Guest(lite).say("a plain word")
    sent = {**RULES, "policy": "all", "try": "1"}
    page = owner.post("/moderation/rules/", data=sent).get_data(as_text=True)
    assert "Would have stopped 1 comment" in page
    assert "of which 1 are public now and 0 are spam" in page
    assert Guest(lite).say("another word").get_json()["status"] == "published"


def test_errors_are_shown_and_input_is_kept(owner: FlaskClient) -> None:
    sent = {**RULES, "max_links": "many", "thresholds_on": "y", "hold_at": "130", "spam_at": "140"}
    page = owner.post("/moderation/rules/", data=sent).get_data(as_text=True)
    assert page.count('class="problem"') == 3
    assert 'value="many"' in page


def test_lists_are_tried_added_and_removed(lite: Flask, owner: FlaskClient) -> None:
    Guest(lite).say("a rope of hemp")
    lines = {"kind": "word", "status": "spam", "values": f"rope\n\nrope\n{NASTY}\n"}
    page = owner.post("/moderation/rules/lists", data={**lines, "try": "1"})
    told = page.get_data(as_text=True)
    assert "These entries match 1 comment<" in told
    assert "of the newest 1 of 90 days; 1 of them are public now." in told
    for sentence in ("2 entries added.", "Nothing added: it is on the list already."):
        sent = owner.post("/moderation/rules/lists", data=lines)
        assert sent.status_code == 303
        assert sentence in owner.get(sent.headers["Location"]).get_data(as_text=True)
    comment = Guest(lite).say("ropes and a rope").get_json()["id"]
    with lite.app_context():
        assert session().get_one(Comment, comment).status == "spam"
    page = owner.get("/moderation/rules/lists?kind=word")
    assert NASTY not in page.get_data(as_text=True)
    with lite.app_context():
        entries = sites.entries(session(), 1)
        assert [entry.value for entry in entries] == ["rope", NASTY]
        chosen = [entry.id for entry in entries]
    owner.post("/moderation/rules/lists/remove", data={"entry": [*map(str, chosen), "x"]})
    with lite.app_context():
        assert not sites.entries(session(), 1)


def test_lists_are_paged(lite: Flask, owner: FlaskClient) -> None:
    lines = "\n".join(f"word{number}" for number in range(120))
    owner.post("/moderation/rules/lists", data={"kind": "word", "status": "spam", "values": lines})
    page = owner.get("/moderation/rules/lists").get_data(as_text=True)
    assert page.count('name="entry"') == 50
    assert 'rel="next"' in page


def test_page_rules_are_saved_and_cleared(lite: Flask, owner: FlaskClient) -> None:
    Guest(lite).say("a plain word", title=NASTY)
    sent = {
        "url": PAGE,
        "policy": "all",
        "guests": "",
        "likes": "",
        "max_links": "",
        "close_after_days": "30",
    }
    assert owner.post("/moderation/rules/pages", data=sent).status_code == 303
    page = owner.get("/moderation/rules/pages").get_data(as_text=True)
    assert "Closes after days: <bdi>30</bdi>" in page
    assert NASTY not in page
    assert Guest(lite).say("and now").get_json()["status"] == "pending"
    owner.post("/moderation/rules/pages", data={**NOTHING, "url": PAGE})
    assert "No page has rules of its own yet." in owner.get("/moderation/rules/pages").get_data(
        as_text=True
    )


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("word", "*"),
        ("word", "w" * 501),
        ("link", "!!"),
        ("domain", "not a domain"),
        ("domain", "nodots"),
        ("email", "nope"),
    ],
)
def test_an_invalid_list_entry_is_named(
    lite: Flask, owner: FlaskClient, kind: str, line: str
) -> None:
    sent = {"kind": kind, "status": "spam", "values": f"shop.example\n{line}"}
    page = owner.post("/moderation/rules/lists", data=sent).get_data(as_text=True)
    assert "cannot stand on this list" in page
    assert line[:60] in page
    with lite.app_context():
        assert not sites.entries(session(), 1)


def test_blocklist_lines_without_letters_are_ignored(lite: Flask, owner: FlaskClient) -> None:
    sent = {"kind": "word", "status": "spam", "values": "rope\n:))\n_, _,"}
    assert owner.post("/moderation/rules/lists", data=sent).status_code == 303
    with lite.app_context():
        assert [entry.value for entry in sites.entries(session(), 1)] == ["rope"]


def test_rules_that_contradict_each_other_are_refused(owner: FlaskClient) -> None:
    sent = {
        **RULES,
        "thresholds_on": "y",
        "hold_at": "90",
        "spam_at": "50",
        "rate_minute": "50",
        "rate_hour": "10",
    }
    page = owner.post("/moderation/rules/", data=sent).get_data(as_text=True)
    assert "Not below the review threshold" in page
    assert "Not fewer than in a minute." in page


def test_rules_of_the_configuration_beyond_the_page_s_limits_can_be_saved(
    make_app: MakeApp, sqlite_url: str
) -> None:
    app = make_app(sqlite_url, RATE_HOUR=20_000, MAX_LINKS=200)
    app.config["WTF_CSRF_ENABLED"] = False
    owner = Moderator(app).client
    sent = {**RULES, "rate_hour": "20000", "max_links": "200", "min_seconds": "3"}
    assert owner.post("/moderation/rules/", data=sent).status_code == 303
    refused = owner.post("/moderation/rules/", data={**sent, "rate_hour": "20001"})
    assert "between 1 and 20000" in refused.get_data(as_text=True)


def test_unknown_page_error_says_what_to_do(owner: FlaskClient) -> None:
    answer = owner.post(
        "/moderation/rules/pages", data={**NOTHING, "url": "https://blog.example/none"}
    )
    page = answer.get_data(as_text=True)
    assert "check the address" in page
    assert 'value="https://blog.example/none"' in page


def test_the_form_and_the_api_offer_the_same_values(lite: Flask) -> None:
    offered = {
        "policy": rule_forms.POLICY_CHOICES,
        "likers": rule_forms.LIKERS_CHOICES,
        "erased_comments": rule_forms.ERASED_CHOICES,
    }
    assert {name: tuple(one.value for one in found) for name, found in offered.items()} == CHOICES
    numbers = {one.name for one in fields(Rules) if type(one.default) in {int, float}}
    assert set(LIMITS) == numbers
    with lite.test_request_context():
        shown = rule_forms.RulesForm(formdata=None)
        for name, (low, high) in LIMITS.items():
            scale = 100 if name in {"hold_at", "spam_at"} else 1
            (limit,) = [one for one in shown[name].validators if isinstance(one, NumberRange)]
            assert limit.max == scale * high, name
            if limit.min != scale * low:  # the switch stands for 0
                assert f"{name}_on" in shown.SWITCHED
                assert low == 0
