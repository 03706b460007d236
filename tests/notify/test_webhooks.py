"""Webhooks deliver each event at least once, signed, in order, to real servers on loopback."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from comment_service import fetching
from comment_service.actions.admin import webhooks as actions
from comment_service.actions.admin.webhooks import WebhookDraft
from comment_service.cli.check import check_webhooks
from comment_service.errors import DoesNotExist
from comment_service.events import EVENT_TYPES
from comment_service.notify import webhooks, worker
from comment_service.storage.admin import sites, webhook_deliveries
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Webhook, WebhookDelivery
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.notify.receiver import Received, Receiver, hanging, receiving
from tests.people import Guest, Moderator


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", True)
    with receiving() as found:
        yield found


@pytest.fixture
def owner(app: Flask) -> Moderator:
    return Moderator(app)


Make = Callable[..., int]


@pytest.fixture
def hook(app: Flask, owner: Moderator, receiver: Receiver) -> Make:
    """Return what makes a webhook, by default of every event to the receiver; gives its id."""

    def make(url: str = "", *, site: str = "default", **more: Any) -> int:
        values: dict[str, Any] = {
            "name": "A program", "url": url or receiver.url, "kind": "webhook",
            "events": EVENT_TYPES, **more,
        }  # fmt: skip
        with app.app_context(), transaction() as current:
            found = sites.find(current, site)
            assert found is not None
            row = actions.create(
                session=current,
                runtime=app.extensions["comments"],
                by=owner.id,
                site_id=found.id,
                draft=WebhookDraft(**values),
            )
            return row.id

    return make


def deliver(app: Flask, limit: int = 50) -> int:
    with app.app_context():
        return webhooks.deliver_due(app.extensions["comments"], limit=limit)


def rows(app: Flask) -> list[WebhookDelivery]:
    with app.app_context():
        return list(session().scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def load(app: Flask, webhook_id: int) -> Webhook:
    with app.app_context():
        return session().get_one(Webhook, webhook_id)


def secret_of(app: Flask, webhook_id: int) -> str:
    with app.app_context():
        row = session().get_one(Webhook, webhook_id)
        return actions.secret(app.extensions["comments"], row)


def types(receiver: Receiver) -> list[str]:
    return [json.loads(one.body)["type"] for one in receiver.got]


def on_time(clock: FakeClock) -> None:
    clock.now = datetime.now(UTC)


def test_a_comment_is_told_with_its_data_and_a_valid_signature(
    app: Flask, hook: Make, receiver: Receiver, clock: FakeClock
) -> None:
    on_time(clock)
    made = hook()
    Guest(app, "Ada").say("Thanks **a lot**", email="ada@mail.example")
    assert deliver(app) == 2
    assert types(receiver) == ["comment.submitted", "comment.published"]
    first = receiver.got[0]
    told = Verifier(secret_of(app, made)).verify(first.body, first.headers)
    comment = told["data"]["comment"]
    assert (comment["text"], comment["author"]["name"]) == ("Thanks **a lot**", "Ada")
    assert comment["url"] == "https://blog.example/post#comment-1"
    assert told["data"]["page"]["title"] == "A post"
    assert told["data"]["site"] == {"key": "default", "name": "A blog"}
    assert datetime.fromisoformat(told["timestamp"]) == clock.now
    for private in ("ada@mail.example", "network", "198.51."):
        assert private not in first.body
    assert all(row.done_at and row.status == 204 and row.body for row in rows(app))
    assert deliver(app) == 0


def test_a_changed_body_or_another_secret_is_refused(
    app: Flask, hook: Make, receiver: Receiver, clock: FakeClock
) -> None:
    on_time(clock)
    made, other = (
        hook(events=["comment.submitted"]),
        hook("http://127.0.0.1:9/x", events=["page.moved"]),
    )
    Guest(app).say("Thanks")
    deliver(app)
    [one] = receiver.got
    Verifier(secret_of(app, made)).verify(one.body, one.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(secret_of(app, made)).verify(one.body + " ", one.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(secret_of(app, other)).verify(one.body, one.headers)


def test_both_secrets_are_valid_for_a_day_after_a_rotation(
    app: Flask, hook: Make, receiver: Receiver, owner: Moderator, clock: FakeClock
) -> None:
    on_time(clock)
    made = hook(events=["comment.submitted"])
    old = secret_of(app, made)
    with app.app_context(), transaction() as current:
        state = app.extensions["comments"]
        actions.rotate(session=current, runtime=state, by=owner.id, webhook_id=made)
    new = secret_of(app, made)
    assert old != new
    Guest(app).say("Thanks")
    deliver(app)
    for secret in (old, new):
        Verifier(secret).verify(receiver.got[0].body, receiver.got[0].headers)
    clock.now = datetime.now(UTC) + timedelta(hours=24)
    Guest(app).say("Thanks again")
    deliver(app)
    assert receiver.got[1].headers["webhook-signature"].count("v1,") == 1
    assert receiver.got[0].headers["webhook-signature"].count("v1,") == 2


def test_events_go_to_the_webhooks_of_their_site_that_chose_them(
    app: Flask, hook: Make, receiver: Receiver, clock: FakeClock
) -> None:
    with app.app_context(), transaction() as current:
        sites.ensure_site(
            current, key="other", name="Other", origins=["https://other.example"], now=clock.now
        )
    hook(f"{receiver.url}/all")
    hook(f"{receiver.url}/held", events=["comment.held"])
    hook(f"{receiver.url}/other", site="other")
    off = hook(f"{receiver.url}/off")
    with app.app_context(), transaction() as current:
        webhook_deliveries.switch_off(current.get_one(Webhook, off), clock.now, "")
    Guest(app).say("maybe")
    there = Guest(app)
    there.page |= {"site": "other", "url": "https://other.example/post"}
    there.say("Thanks")
    deliver(app)
    got = [(one.path, json.loads(one.body)["type"]) for one in receiver.got]
    assert sorted(got) == [
        ("/hook/all", "comment.held"),
        ("/hook/all", "comment.submitted"),
        ("/hook/held", "comment.held"),
        ("/hook/other", "comment.published"),
        ("/hook/other", "comment.submitted"),
    ]
    ids = {one.headers["webhook-id"] for one in receiver.got if "held" in one.body[:40]}
    assert len(ids) == 1, "an event has the same id for every webhook"


def test_what_a_failed_transaction_announced_is_not_delivered(
    app: Flask, hook: Make, receiver: Receiver
) -> None:
    from comment_service.storage.db.session import announce

    hook()
    about = {"comment_id": 1, "page_id": 1}
    with app.app_context():
        with pytest.raises(RuntimeError), transaction() as current:
            announce(current, "comment_held", "default", **about)
            raise RuntimeError
        assert rows(app) == []


def test_a_failing_comment_is_in_order_and_holds_no_other_up(
    app: Flask, hook: Make, receiver: Receiver, clock: FakeClock
) -> None:
    hook(events=["comment.submitted", "comment.held", "comment.decided", "comment.published"])
    one = Guest(app).say("maybe one").get_json()["id"]
    two = Guest(app).say("maybe two").get_json()["id"]
    mod = Moderator(app, "Another")
    mod.decide(one, "approve")
    mod.decide(two, "approve")
    broken = True

    def reply(received: Received) -> int:
        return 500 if broken and f'"comment_id":{one},' in received.body else 200

    receiver.reply = reply
    deliver(app)
    told = [
        (json.loads(r.body)["data"]["comment_id"], json.loads(r.body)["type"]) for r in receiver.got
    ]
    assert told.count((one, "comment.submitted")) == 1
    assert [kind for about, kind in told if about == one] == ["comment.submitted"]
    expected = ["comment.submitted", "comment.held", "comment.decided", "comment.published"]
    assert [kind for about, kind in told if about == two] == expected
    broken = False
    receiver.got.clear()
    assert deliver(app) == 0, "not before its time"
    clock.forward(seconds=6)
    deliver(app)
    assert types(receiver) == expected
    assert all(row.done_at for row in rows(app))


def test_a_webhook_that_fails_for_three_days_is_switched_off(
    app: Flask, hook: Make, receiver: Receiver, clock: FakeClock
) -> None:
    made = hook(events=["comment.submitted"])
    receiver.reply = lambda _one: 503
    Guest(app).say("Thanks")
    begun = clock.now
    attempts = []
    while load(app, made).disabled_at is None:
        attempts.append(clock.now - begun)
        assert deliver(app) == 1
        assert len(attempts) < 20
        clock.now = max(rows(app)[0].due_at, load(app, made).waits_until or clock.now)
    assert len(receiver.got) == len(webhook_deliveries.RETRIES) + 1 == 10
    assert attempts[-1] >= timedelta(hours=72)
    assert "503" in load(app, made).disabled_why
    assert len({one.headers["webhook-id"] for one in receiver.got}) == 1
    Guest(app).say("Thanks again")
    assert len(rows(app)) == 1, "a webhook that is off collects nothing"
    receiver.reply = lambda _one: 200
    with app.app_context(), transaction() as current:
        webhook_deliveries.switch_on(current, current.get_one(Webhook, made), clock.now)
    assert deliver(app) == 1
    assert rows(app)[0].done_at


def test_410_switches_off_at_once(app: Flask, hook: Make, receiver: Receiver) -> None:
    made = hook(events=["comment.submitted"])
    receiver.reply = lambda _one: 410
    Guest(app).say("Thanks")
    assert deliver(app) == 1
    assert "410" in load(app, made).disabled_why
    assert rows(app)[0].dead_at


def test_a_dead_server_is_asked_rarely_and_then_gets_everything_in_order(
    app: Flask, hook: Make, receiver: Receiver, clock: FakeClock
) -> None:
    hook(events=["comment.submitted"])
    for number in range(20):
        Guest(app).say(f"Thanks {number}")
    receiver.stop()
    assert deliver(app) == 3, "then the webhook waits"
    clock.forward(seconds=5)
    assert deliver(app) == 1
    receiver.start()
    clock.forward(minutes=11)
    assert deliver(app) == 20
    ids = [json.loads(one.body)["data"]["comment_id"] for one in receiver.got]
    assert ids == sorted(ids)
    assert len(set(ids)) == 20


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest", "/elsewhere"])
def test_a_redirect_is_a_failure(app: Flask, hook: Make, receiver: Receiver, target: str) -> None:
    hook(events=["comment.submitted"])
    receiver.reply = lambda _one: (302, {"Location": target}, b"")
    Guest(app).say("Thanks")
    deliver(app)
    assert len(receiver.got) == 1
    assert "redirect" in rows(app)[0].error
    assert rows(app)[0].status == 302


def test_a_private_address_gets_nothing_unless_the_operator_allows_it(
    sqlite_url: str,
    make_app: MakeApp,
    hook: Make,
    app: Flask,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hook(events=["comment.submitted"])
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", False)
    Guest(app).say("Thanks")
    deliver(app)
    assert receiver.got == []
    assert "private" in rows(app)[0].error
    allowing = make_app(str(app.config["SQLALCHEMY_DATABASE_URI"]), WEBHOOK_PRIVATE=True)
    allowing.extensions["comments"].clock = lambda: rows(app)[0].due_at
    deliver(allowing)
    assert len(receiver.got) == 1


def test_a_server_that_hangs_is_left_after_the_time_limit(
    app: Flask, hook: Make, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "SECONDS", 0.3)
    hook(events=["comment.submitted"])
    receiver.reply = hanging(2.5)
    Guest(app).say("Thanks")
    begun = time.monotonic()
    deliver(app)
    assert time.monotonic() - begun < 2.2
    row = rows(app)[0]
    assert row.error
    assert row.done_at is None
    assert row.seconds is not None


def test_an_endless_answer_is_a_failure(app: Flask, hook: Make, receiver: Receiver) -> None:
    hook(events=["comment.submitted"])
    receiver.reply = lambda _one: (200, {}, b"x" * (webhooks.MAX_RESPONSE + 1))
    Guest(app).say("Thanks")
    deliver(app)
    assert "too long" in rows(app)[0].error


def test_any_answer_is_stored(app: Flask, hook: Make, receiver: Receiver) -> None:
    hook(events=["comment.submitted"])
    headers = {"Content-Type": "text/plain; charset=punycode"}
    receiver.reply = lambda _one: (200, headers, b"\0\xff\xed\xa0\x80" + b"x" * 5000)
    Guest(app).say("Thanks")
    deliver(app)
    row = rows(app)[0]
    assert row.done_at
    assert row.response.startswith("\ufffd\ufffd")
    assert len(row.response) == webhooks.RESPONSE_KEPT


def test_an_erasure_while_a_request_is_on_its_way_leaves_nothing(
    app: Flask, hook: Make, receiver: Receiver, owner: Moderator
) -> None:
    hook(events=["comment.submitted"])
    one = Guest(app).say("The secret word").get_json()["id"]

    def reply(received: Received) -> tuple[int, dict[str, str], bytes]:
        owner.post(f"/moderation/comments/{one}/erase")
        return 200, {}, received.body.encode()

    receiver.reply = reply
    deliver(app)
    row = rows(app)[0]
    assert "secret word" in receiver.got[0].body
    assert row.done_at
    assert row.body + row.response == ""


def test_retry_after_is_respected(
    app: Flask, hook: Make, receiver: Receiver, clock: FakeClock
) -> None:
    hook(events=["comment.submitted"])
    receiver.reply = lambda _one: (429, {"Retry-After": "120"}, b"slow down")
    Guest(app).say("Thanks")
    Guest(app).say("Thanks again")
    assert deliver(app) == 1, "the whole webhook waits"
    clock.forward(seconds=119)
    assert deliver(app) == 0
    clock.forward(seconds=1)
    assert deliver(app) == 1
    assert rows(app)[0].response == "slow down"


def test_the_delivery_of_a_dead_worker_is_taken_over(
    app: Flask, hook: Make, receiver: Receiver, clock: FakeClock
) -> None:
    made = hook(events=["comment.submitted"])
    Guest(app).say("Thanks")
    with app.app_context(), transaction() as current:
        assert webhook_deliveries.lease(current, current.get_one(Webhook, made), clock.now)
    assert deliver(app) == 0
    clock.forward(seconds=61)
    assert deliver(app) == 1
    assert rows(app)[0].attempts == 2


@pytest.mark.parametrize("how", ["moderator", "author"])
def test_an_erased_comment_leaves_no_sent_body(
    app: Flask, hook: Make, receiver: Receiver, owner: Moderator, how: str
) -> None:
    hook()
    receiver.reply = lambda one: (200, {}, one.body.encode()[:500])
    guest, other = Guest(app, "Ada"), Guest(app, "Eve")
    one = guest.say("The secret word").get_json()["id"]
    other.say("Something else")
    deliver(app)
    if how == "moderator":
        assert owner.post(f"/moderation/comments/{one}/erase").status_code < 400
    else:
        from tests.notify.erasing import erase_author_of

        erase_author_of(app, one)
    kept = rows(app)
    assert not any("secret word" in row.body + row.response for row in kept if row.done_at)
    assert not any("Ada" in row.body + row.response for row in kept if row.done_at)
    assert any("Something else" in row.body for row in kept)
    receiver.got.clear()
    deliver(app)
    assert ("comment.deleted" if how == "moderator" else "comment.edited") in types(receiver)


def test_old_deliveries_are_deleted(
    app: Flask, hook: Make, receiver: Receiver, clock: FakeClock
) -> None:
    hook(events=["comment.submitted"])
    Guest(app).say("Thanks")
    deliver(app)
    with app.app_context():
        clock.forward(days=13)
        worker.sweep(app.extensions["comments"])
        assert len(rows(app)) == 1
        clock.forward(days=2)
        worker.sweep(app.extensions["comments"])
        assert rows(app) == []


def test_a_clock_in_the_future_delays_nothing_for_long(
    app: Flask, hook: Make, receiver: Receiver, clock: FakeClock
) -> None:
    hook(events=["comment.submitted"])
    now = clock.now
    clock.forward(days=400)
    Guest(app).say("Thanks")
    receiver.reply = lambda _one: 500
    deliver(app)
    clock.now = now
    receiver.reply = lambda _one: 200
    assert deliver(app) == 0
    with app.app_context():
        webhooks.recover_from_clock(app.extensions["comments"])
    assert deliver(app) == 1
    assert rows(app)[0].done_at == now


def test_a_build_is_triggered_at_once_and_then_once_a_minute(
    app: Flask, hook: Make, receiver: Receiver, clock: FakeClock
) -> None:
    hook(kind="build", events=["comment.published"])
    for number in range(5):
        Guest(app).say(f"Thanks {number}")
    assert deliver(app) == 1
    assert len(receiver.got) == 1
    for number in range(5):
        Guest(app).say(f"Thanks again {number}")
    assert deliver(app) == 0
    clock.forward(seconds=60)
    assert deliver(app) == 1, "the last event is always followed by a build"
    clock.forward(seconds=60)
    assert deliver(app) == 0
    assert len(receiver.got) == 2
    assert "Thanks" not in receiver.got[1].body


def test_a_failed_build_is_triggered_again(
    app: Flask, hook: Make, receiver: Receiver, clock: FakeClock
) -> None:
    hook(kind="build", events=["comment.published"])
    Guest(app).say("Thanks")
    receiver.reply = lambda _one: 500
    deliver(app)
    Guest(app).say("Thanks again")
    receiver.reply = lambda _one: 200
    clock.forward(seconds=60)
    assert deliver(app) == 1
    assert all(row.done_at for row in rows(app))


def test_the_worker_delivers_in_a_thread_of_its_own(
    hook: Make, app: Flask, receiver: Receiver
) -> None:
    made = hook(events=["comment.submitted"])
    Guest(app).say("Thanks")
    stop = threading.Event()
    running = threading.Thread(target=worker.run, args=(app, stop))
    running.start()
    end = time.monotonic() + 10
    while not receiver.got and time.monotonic() < end:
        time.sleep(0.02)
    stop.set()
    running.join(20)
    assert not running.is_alive()
    assert types(receiver) == ["comment.submitted"]
    assert load(app, made).failures == 0


def test_the_check_names_webhooks_that_fail(
    hook: Make, app: Flask, receiver: Receiver, clock: FakeClock
) -> None:
    made = hook(events=["comment.submitted"])
    receiver.reply = lambda _one: 500
    Guest(app).say("Thanks")
    deliver(app)
    state = app.extensions["comments"]
    with app.app_context():
        assert list(check_webhooks(state)) == []
        clock.forward(hours=2)
        [found] = check_webhooks(state)
        assert "fails for more than an hour" in found.sentence
        with transaction() as current:
            webhook_deliveries.switch_off(current.get_one(Webhook, made), clock.now, "")
        assert list(check_webhooks(state)) == [], "an owner switched it off"


def test_only_an_owner_of_the_site_can_change_its_webhooks(
    app: Flask, hook: Make, clock: FakeClock
) -> None:
    with app.app_context(), transaction() as current:
        sites.ensure_site(
            current, key="other", name="Other", origins=["https://other.example"], now=clock.now
        )
    made = hook()
    stranger = Moderator(app, "Far", site="other")
    helper = Moderator(app, "Helper", role="moderator", site="default")
    state = app.extensions["comments"]
    for by in (stranger.id, helper.id):
        with app.app_context(), pytest.raises(DoesNotExist), transaction() as current:
            actions.rotate(session=current, runtime=state, by=by, webhook_id=made)
