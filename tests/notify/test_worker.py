"""Outbox rows are delivered once, retried, and reported if they fail; real SMTP on loopback."""

import smtplib
import threading

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service import lifecycle
from comment_service.notify import worker
from comment_service.runtime import Runtime
from comment_service.storage.db import outbox
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import OutboxRow
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.notify.conftest import Mailbox
from tests.people import Guest, Moderator


def deliver(app: Flask) -> int:
    with app.app_context():
        return worker.deliver_due(app.extensions["comments"])


def rows(app: Flask) -> list[OutboxRow]:
    with app.app_context():
        return list(session().scalars(select(OutboxRow).order_by(OutboxRow.id)))


def test_held_comment_is_notified_once(mailing: Flask, mailbox: tuple[Mailbox, int]) -> None:
    Guest(mailing, "Eve\r\nBcc: all@victims.example").say("maybe\n\nSubject: forged")
    Guest(mailing).say("this one is public")
    assert (deliver(mailing), deliver(mailing)) == (2, 0), "the order, and its one recipient"
    [envelope] = mailbox[0].mails
    text = envelope.content.decode()
    assert envelope.rcpt_tos == ["owner@blog.example"]
    headers = text.split("\r\n\r\n")[0]
    assert "\nbcc" not in headers.lower()
    assert "forged" not in headers
    assert "Message-ID" in headers
    assert "https://comments.example/moderation/" in text
    assert "70% spam" in text


def test_refused_mail_is_retried_later(
    mailing: Flask, mailbox: tuple[Mailbox, int], clock: FakeClock
) -> None:
    mailbox[0].refusals = ["451 greylisted"]
    Guest(mailing).say("maybe")
    assert deliver(mailing) == 2
    row = rows(mailing)[-1]
    assert "greylisted" in row.last_error
    assert deliver(mailing) == 0, "not before its time"
    clock.forward(minutes=2)
    assert deliver(mailing) == 1
    assert len(mailbox[0].mails) == 1
    assert all(row.done_at is not None for row in rows(mailing))


def test_mail_that_always_fails_is_dead_with_its_error(
    mailing: Flask, mailbox: tuple[Mailbox, int], clock: FakeClock
) -> None:
    mailbox[0].refusals = ["451 never"] * 99
    Guest(mailing).say("maybe")
    for _ in range(outbox.ATTEMPTS + 2):
        deliver(mailing)
        clock.forward(hours=7)
    row = rows(mailing)[-1]
    assert (row.attempts, row.dead_at is not None, row.done_at) == (outbox.ATTEMPTS, True, None)
    assert "451" in row.last_error


def test_decided_comment_is_not_notified(mailing: Flask, mailbox: tuple[Mailbox, int]) -> None:
    comment = Guest(mailing).say("maybe").get_json()["id"]
    Moderator(mailing).decide(comment, "approve")
    assert deliver(mailing) == 1
    assert mailbox[0].mails == []


def test_delivery_of_a_dead_worker_is_taken_over(mailing: Flask, clock: FakeClock) -> None:
    Guest(mailing).say("maybe")
    with mailing.app_context():
        with transaction() as current:
            assert len(outbox.lease(current, clock.now)) == 1
        with transaction() as current:
            assert outbox.lease(current, clock.now) == []
        clock.forward(minutes=6)
        with transaction() as current:
            assert len(outbox.lease(current, clock.now)) == 1


def test_posting_does_not_wait_for_a_dead_mail_server(
    mailing: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_args: object, **_more: object) -> None:
        raise AssertionError("mail is sent by the worker, never in the request")

    monkeypatch.setattr(smtplib, "SMTP", never)
    assert Guest(mailing).say("maybe").status_code == 201
    assert deliver(mailing) == 2
    assert "AssertionError" in rows(mailing)[-1].last_error


def test_loop_continues_after_a_failure(lite: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    calls: list[int] = []

    def flaky(_runtime: Runtime, _stop: threading.Event, *, only: str = "", but: str = "") -> int:
        if only:  # another thread fetches pictures
            return 0
        assert but == worker.PICTURE
        calls.append(1)
        if len(calls) == 1:
            raise OSError("the database is away")
        stop.set()
        return 0

    monkeypatch.setattr(worker, "deliver_due", flaky)
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.01)
    worker.run(lite, stop)
    assert len(calls) == 2


def test_mails_do_not_wait_for_pictures(lite: Flask) -> None:
    """The worker's thread leaves pictures to a thread of their own, which takes nothing else."""
    with lite.app_context():
        runtime = lite.extensions["comments"]
        with transaction() as current:
            for kind in (worker.PICTURE, "unknown"):
                outbox.enqueue(current, kind, {"identity_id": 0}, runtime.now())

        def left() -> list[str]:
            due = select(OutboxRow.kind).where(OutboxRow.attempts == 0).order_by(OutboxRow.id)
            return list(session().scalars(due))

        assert worker.deliver_due(runtime, but=worker.PICTURE) == 1
        assert left() == [worker.PICTURE]
        with transaction() as current:
            outbox.enqueue(current, "unknown", {}, runtime.now())
        assert worker.deliver_pictures(runtime) == 1
        assert left() == ["unknown"]
    assert worker.BESIDE["comments-pictures"] is worker.deliver_pictures


def test_a_stop_ends_the_worker_between_two_deliveries(
    mailing: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, delivered = threading.Event(), []

    def deliver_one(_runtime: Runtime, payload: object) -> None:
        delivered.append(payload)
        stop.set()  # a signal arrives during the first delivery

    monkeypatch.setitem(worker.DELIVERIES, "two", deliver_one)  # type: ignore[arg-type]
    with mailing.app_context():
        with transaction() as current:
            for _ in range(2):
                outbox.enqueue(current, "two", {}, mailing.extensions["comments"].now())
        assert worker.deliver_due(mailing.extensions["comments"], stop) == 1
    assert len(delivered) == 1
    assert [row.done_at is not None for row in rows(mailing)] == [True, False]


def test_a_worker_that_died_is_started_again(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(sqlite_url)
    app.testing = False
    state, found = app.extensions["comments"], lifecycle.of(app)
    found.ensure_started()
    assert state.worker_state() == "here"
    assert found._worker is not None
    assert found._worker.stop(10)
    assert state.worker_state() == "none"
    found.ensure_started()
    assert state.worker_state() == "here"
    assert found.stop(10)
    found.ensure_started()
    assert state.worker_state() == "none", "a server that ends starts nothing"
