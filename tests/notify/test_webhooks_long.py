"""10,000 deliveries through a receiver that fails, hangs, redirects and restarts."""

import json
import threading
import time
from collections import defaultdict
from random import Random

import pytest
from flask import Flask
from sqlalchemy import func, select

from comment_service import fetching
from comment_service.actions.admin import webhooks as actions
from comment_service.actions.admin.webhooks import WebhookDraft
from comment_service.notify import webhooks
from comment_service.storage.admin import webhook_deliveries
from comment_service.storage.db.session import announce, session, transaction
from comment_service.storage.tables import WebhookDelivery
from tests.fakes import FakeClock
from tests.notify.receiver import Received, receiving
from tests.people import Guest, Moderator

EVENTS, COMMENTS = 10_000, 500


@pytest.mark.long
def test_ten_thousand_deliveries_arrive_in_order(  # noqa: PLR0915 - one story
    lite: Flask, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", True)
    monkeypatch.setattr(webhooks, "SECONDS", 0.2)
    chance = Random(7)  # noqa: S311
    state, owner = lite.extensions["comments"], Moderator(lite)
    accepted: list[tuple[str, int, int]] = []
    lock, restart = threading.Lock(), threading.Event()

    def reply(one: Received) -> int | tuple[int, dict[str, str], bytes]:
        told = json.loads(one.body)
        with lock:
            luck = chance.random()
        if luck < 0.02:
            return 500
        if luck < 0.021:
            time.sleep(0.4)  # takes it, but answers too late
        elif luck < 0.03:
            return 302, {"Location": "http://169.254.169.254/"}, b""
        elif luck < 0.031:
            restart.set()
            return 503
        data = told["data"]
        with lock:
            accepted.append((one.headers["webhook-id"], data["comment_id"], data["count"]))
        return 204

    with receiving() as receiver:
        receiver.reply = reply
        draft = WebhookDraft("One", receiver.url, "webhook", ["comment.reported"])
        with lite.app_context(), transaction() as current:
            actions.create(session=current, runtime=state, by=owner.id, site_id=1, draft=draft)
        Guest(lite).say("Thanks")
        with lite.app_context():
            for start in range(0, EVENTS, 500):
                with transaction() as current:
                    for number in range(start, start + 500):
                        about = {"comment_id": number % COMMENTS + 1, "page_id": 1}
                        more = {"kind": "spam", "held": False, "count": number}
                        announce(current, "comment_reported", "default", **about, **more)
        restarts, begun = 0, time.monotonic()
        with lite.app_context():
            while True:
                tried = webhooks.deliver_due(state)
                if restart.is_set():
                    receiver.stop()
                    webhooks.deliver_due(state)  # nobody answers
                    receiver.start()
                    restart.clear()
                    restarts += 1
                if not tried:
                    clock.forward(seconds=30)
                with transaction() as current:
                    open_rows = webhook_deliveries.count_open(current, 1)
                if not open_rows:
                    break
        seconds = time.monotonic() - begun
    with lite.app_context():
        delivered = select(func.count()).where(WebhookDelivery.done_at.is_not(None))
        done = session().scalar(delivered)
        attempts = sum(session().scalars(select(WebhookDelivery.attempts)))
    assert done == EVENTS
    first: dict[str, tuple[int, int]] = {}
    for event_id, comment_id, number in accepted:
        first.setdefault(event_id, (comment_id, number))
    assert sorted(number for _comment, number in first.values()) == list(range(EVENTS))
    order = defaultdict(list)
    for comment_id, number in first.values():
        order[comment_id].append(number)
    assert all(numbers == sorted(numbers) for numbers in order.values())
    assert attempts > EVENTS
    assert len(accepted) > EVENTS, "some arrived twice and are recognised by their id"
    assert restarts
    print(f"{EVENTS} events, {attempts} attempts, {len(accepted)} accepted, "  # noqa: T201
          f"{restarts} restarts, {seconds:.0f} s")  # fmt: skip
