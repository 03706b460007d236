"""The pages of webhooks: secrets shown once, changes, deliveries, and nothing of other sites."""

import re

import pytest
from flask import Flask

from comment_service.actions.admin import webhooks
from comment_service.events import EVENT_TYPES
from comment_service.storage.admin import sites, webhook_deliveries
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Webhook, WebhookDelivery
from tests.people import Guest, Moderator

PAGE = "/moderation/webhooks/"
FIELDS = {"name": "My program", "kind": "webhook", "url": "https://receiver.example/hook",
          "event": "comment.submitted"}  # fmt: skip


@pytest.fixture
def owner(lite: Flask) -> Moderator:
    with lite.app_context(), transaction() as current:
        now = lite.extensions["comments"].now()
        sites.ensure_site(
            current, key="other", name="Other", origins=["https://o.example"], now=now
        )
    return Moderator(lite, site="default")


def shown(moderator: Moderator, path: str = PAGE) -> str:
    return moderator.client.get(path).get_data(as_text=True)


def secrets_in(page: str) -> list[str]:
    return re.findall(r"whsec_[A-Za-z0-9+/=]+", page.replace("&#43;", "+"))


def test_the_secret_is_shown_once_and_again_after_a_rotation(lite: Flask, owner: Moderator) -> None:
    made = owner.post(PAGE, **FIELDS)
    [secret] = secrets_in(made.get_data(as_text=True))
    with lite.app_context():
        row = session().get_one(Webhook, 1)
        assert webhooks.secret(lite.extensions["comments"], row) == secret
        assert secret[6:] not in str(vars(row))
    assert secrets_in(shown(owner, f"{PAGE}1")) == secrets_in(shown(owner)) == []
    [other] = secrets_in(owner.post(f"{PAGE}1/rotate").get_data(as_text=True))
    assert other != secret
    assert "the old secret is valid until" in shown(owner, f"{PAGE}1")


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("name", " ", "Give the webhook a name"),
        ("kind", "pigeon", "Choose one of"),
        ("event", "comment.eaten", "Choose at least one event"),
        ("url", "http://receiver.example/", "must begin with https"),
        ("url", "https://ann:word@receiver.example/", "Leave user and password out"),
        ("url", "https://receiver.example:x/", "Enter an address"),
        ("url", "https://[x/", "Enter an address"),
        ("url", "ftp://receiver.example/", "must begin with https"),
        ("authorization", "one\ntwo", "in one line"),
        ("authorization", "schlüssel", "ASCII"),
    ],
)
def test_a_wrong_value_is_refused_and_the_others_kept(
    lite: Flask, owner: Moderator, field: str, value: str, problem: str
) -> None:
    refused = owner.post(PAGE, **{**FIELDS, field: value})
    assert refused.status_code == 422
    page = refused.get_data(as_text=True)
    assert problem in page
    if field != "name":
        assert 'value="My program"' in page
    with lite.app_context():
        assert session().get(Webhook, 1) is None


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("ntfy", "https://ntfy.sh/"),
        ("matrix", "https://matrix.example/room"),
        ("telegram", "https://api.telegram.org/bot1:x/sendMessage"),
    ],
)
def test_a_target_says_what_its_address_looks_like(owner: Moderator, kind: str, url: str) -> None:
    refused = owner.post(PAGE, **{**FIELDS, "kind": kind, "url": url})
    assert refused.status_code == 422
    assert "The address" in refused.get_data(as_text=True)


def test_a_webhook_is_changed_switched_tested_and_deleted(lite: Flask, owner: Moderator) -> None:
    owner.post(PAGE, **FIELDS, authorization="tok")
    changed = {**FIELDS, "name": "Another name", "event": "page.moved"}
    assert owner.post(f"{PAGE}1", **changed).status_code == 303
    with lite.app_context():
        row = session().get_one(Webhook, 1)
        assert (row.name, row.events, row.authorization) == (
            "Another name", ["page.moved"], "Bearer tok",
        )  # fmt: skip
    owner.post(f"{PAGE}1", **changed, forget="1")
    owner.post(f"{PAGE}1/switch", on="0")
    refused = owner.post(f"{PAGE}1/test")
    assert refused.status_code == 409
    assert "switch it on first" in refused.get_data(as_text=True)
    owner.post(f"{PAGE}1/switch", on="1")
    assert owner.post(f"{PAGE}1/test").status_code == 303
    with lite.app_context():
        assert session().get_one(Webhook, 1).authorization == ""
        assert session().get_one(WebhookDelivery, 1).type == "webhook.test"
    assert "This is a test" in shown(owner, f"{PAGE}1")
    assert owner.post(f"{PAGE}1/delete").status_code == 303
    with lite.app_context():
        assert session().get(WebhookDelivery, 1) is None


def test_a_delivery_is_shown_and_sent_again(lite: Flask, owner: Moderator) -> None:
    owner.post(PAGE, **FIELDS)
    owner.post(PAGE, **{**FIELDS, "name": "Second"})
    Guest(lite).say("Thanks")
    now = lite.extensions["comments"].now()
    with lite.app_context(), transaction() as current:
        row = current.get_one(WebhookDelivery, 1)
        row.body, row.attempts = '{"text": "<b>Thanks</b>"}', 1
        webhook_deliveries.mark_delivered(row.webhook, row, now, status=200, response="<i>ok</i>")
    page = shown(owner, f"{PAGE}1/deliveries/1")
    assert "&lt;b&gt;Thanks" in page
    assert "&lt;i&gt;ok" in page
    assert owner.post(f"{PAGE}1/deliveries/1/redeliver").status_code == 303
    with lite.app_context():
        row = session().get_one(WebhookDelivery, 1)
        assert (row.done_at, row.attempts) == (None, 0)
    assert owner.client.get(f"{PAGE}1/deliveries/2").status_code == 404, "of the other webhook"
    assert owner.post(f"{PAGE}1/deliveries/2/redeliver").status_code == 404


def test_events_and_targets_are_told_in_words(lite: Flask, owner: Moderator) -> None:
    assert set(webhooks.EVENT_LABELS) == {*EVENT_TYPES, webhooks.TEST}
    owner.post(PAGE, **FIELDS)
    Guest(lite).say("Thanks")
    german = {"Accept-Language": "de"}
    for path, words in (
        ("", "Neuer Kommentar <code>comment.submitted</code>"),
        ("", "https://receiver.example/hook</bdi> · Neuer Kommentar</p>"),
        ("1", "Ein Programm"),
        ("1", "Neuer Kommentar <code>"),
        ("1/deliveries/1", "<h1>Neuer Kommentar</h1>"),
        ("1/deliveries/1", "<code>comment.submitted</code>"),
    ):
        page = owner.client.get(f"{PAGE}{path}", headers=german).get_data(as_text=True)
        assert words in page


def test_owners_see_the_webhooks_of_their_own_sites(lite: Flask, owner: Moderator) -> None:
    other = Moderator(lite, "Far", site="other")
    owner.post(PAGE, **FIELDS)
    other.post(PAGE, **{**FIELDS, "name": "Their hook"})
    assert "Their hook" not in shown(owner)
    assert "My program" not in shown(other)
    assert "Their hook" in shown(other)


def test_a_webhook_that_was_switched_off_is_shown_in_the_overview(
    lite: Flask, owner: Moderator
) -> None:
    owner.post(PAGE, **FIELDS)
    other = Moderator(lite, "Far", site="other")
    helper = Moderator(lite, "Helper", role="moderator", site="default")
    assert "See its page" not in shown(owner, "/moderation/week/")
    with lite.app_context(), transaction() as current:
        now = lite.extensions["comments"].now()
        webhook_deliveries.switch_off(current.get_one(Webhook, 1), now, "It answered 410.")
    assert "It answered 410." in shown(owner, "/moderation/week/")
    assert "It answered 410." in shown(owner, f"{PAGE}1")
    for one in (other, helper):
        assert "It answered 410." not in shown(one, "/moderation/week/")


def test_addresses_that_are_secrets_are_not_listed(owner: Moderator) -> None:
    owner.post(
        PAGE, **{**FIELDS, "kind": "slack", "url": "https://hooks.slack.com/services/T1/abcdef"}
    )
    assert "services/T1" not in shown(owner)
    assert "https://hooks.slack.com/…cdef" in shown(owner)


def test_deliveries_before_a_number_beyond_every_id(owner: Moderator) -> None:
    owner.post(PAGE, **FIELDS)
    for before in ("9" * 30, "-1", "x"):
        assert owner.client.get(f"{PAGE}1?before={before}").status_code == 200
