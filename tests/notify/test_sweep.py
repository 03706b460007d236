"""The daily sweep deletes what has expired, of every kind, and nothing else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.actions.filter.retrain import RETRAIN
from comment_service.notify import expiry, worker
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import (
    Comment,
    Identity,
    LoginFailure,
    OutboxRow,
    Report,
    Session,
    SignIn,
    Subscription,
    Ticket,
)
from comment_service.storage.tables.base import Base
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import Guest

Make = Callable[[datetime, int], Base]


def _session(moment: datetime, number: int) -> Session:
    return Session(token_hash=f"s{number}", author_id=1, created_at=moment, expires_at=moment)


def _ticket(moment: datetime, number: int) -> Ticket:
    row = Ticket(token_hash=f"t{number}", purpose="enter", created_at=moment, expires_at=moment)
    row.about = {}
    return row


def _sign_in(moment: datetime, number: int) -> SignIn:
    identity = session().scalars(select(Identity.id)).first()
    return SignIn(
        site_id=1,
        identity_id=identity,
        challenge=f"c{number}",
        created_at=moment,
        expires_at=moment,
    )


def _failure(moment: datetime, number: int) -> LoginFailure:
    return LoginFailure(key=f"k{number}", address=f"a{number}", count=1, last_at=moment)


def _subscription(moment: datetime, number: int, **more: Any) -> Subscription:
    address = f"r{number}@example.org"
    return Subscription(
        site_id=1, page_id=1, email=address, address=address, kind="page", network=f"n{number}",
        asked_at=moment, **more,
    )  # fmt: skip


def _ended(moment: datetime, number: int) -> Subscription:
    return _subscription(moment, number, confirmed_at=moment, ended_at=moment)


def _confirmed(moment: datetime, number: int) -> Subscription:
    return _subscription(moment, number, confirmed_at=moment)


def _report(moment: datetime, number: int) -> Report:
    return Report(
        comment_id=1, network=f"n{number}", kind="spam", weight=0.5, created_at=moment, reason=""
    )


@pytest.fixture
def swept(make_app: MakeApp, database_url: str) -> Flask:
    app = make_app(database_url, NETWORK_DAYS=30)
    assert Guest(app).say("a first word").status_code == 201
    return app


def _add_old_and_new(app: Flask, clock: FakeClock, make: Make, days: float) -> list[Any]:
    """Sweep one row just beyond its time and one just within it; return the keys of both."""
    now = clock.now
    with app.app_context():
        with transaction() as current:
            rows = [
                make(now - timedelta(days=days, minutes=1), 1),
                make(now - timedelta(days=days) + timedelta(minutes=1), 2),
            ]
            current.add_all(rows)
            current.flush()
            keys = [current.identity_key(instance=row)[1] for row in rows]
        worker.sweep(app.extensions["comments"])
    return keys


@pytest.mark.parametrize(
    ("make", "days"),
    [
        (_session, 1),
        (_ticket, 1),
        (_sign_in, 1),
        (_failure, 1),
        (_subscription, 30),
        (_ended, 30),
    ],
)
def test_expired_rows_are_deleted(swept: Flask, clock: FakeClock, make: Make, days: float) -> None:
    old, new = _add_old_and_new(swept, clock, make, days)
    with swept.app_context():
        kind = type(make(clock.now, 3))
        assert session().get(kind, old) is None
        assert session().get(kind, new) is not None


@pytest.mark.parametrize("kind", worker.DELIVERIES)
def test_delivered_rows_are_deleted_but_those_of_trainings(
    swept: Flask, clock: FakeClock, kind: str
) -> None:
    def row(moment: datetime, _number: int) -> OutboxRow:
        return OutboxRow(kind=kind, payload={}, created_at=moment, due_at=moment, done_at=moment)

    old, new = _add_old_and_new(swept, clock, row, days=30)
    with swept.app_context():
        assert (session().get(OutboxRow, old) is None) is (kind != RETRAIN)
        assert session().get(OutboxRow, new) is not None


@pytest.mark.parametrize("make", [_confirmed, _report])
def test_networks_are_forgotten(swept: Flask, clock: FakeClock, make: Make) -> None:
    old, new = _add_old_and_new(swept, clock, make, days=30)
    with swept.app_context():
        kind: Any = type(make(clock.now, 3))
        assert "n1" not in session().get_one(kind, old).network
        assert session().get_one(kind, new).network == "n2"


def test_networks_of_comments_are_forgotten(swept: Flask, clock: FakeClock) -> None:
    clock.forward(days=30, seconds=1)
    Guest(swept).say("a new word")
    with swept.app_context():
        worker.sweep(swept.extensions["comments"])
        found = session().scalars(select(Comment.network).order_by(Comment.id)).all()
    assert [bool(network) for network in found] == [False, True]


@pytest.mark.parametrize(
    "make", [_session, _ticket, _sign_in, _failure, _subscription, _confirmed, _report]
)
def test_a_transaction_of_a_sweep_changes_a_bounded_number_of_rows(
    swept: Flask, clock: FakeClock, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = clock.now - timedelta(days=31)
    monkeypatch.setattr(expiry, "AT_ONCE", 1)
    monkeypatch.setattr(expiry, "BATCHES", 2)

    def left() -> int:
        """Return how many of the old rows are as they were."""
        kind: Any = type(make(clock.now, 9))
        rows = session().scalars(select(kind)).all()
        networks = make in {_confirmed, _report}
        return sum(not networks or row.network.startswith("n") for row in rows) - before

    with swept.app_context():
        before = 0
        before = left()
        with transaction() as current:
            current.add_all([make(old, number) for number in range(3)])
        worker.sweep(swept.extensions["comments"])
        assert left() == 1
        worker.sweep(swept.extensions["comments"])
        assert left() == 0


def test_a_sweep_ends_when_the_worker_stops(swept: Flask, clock: FakeClock) -> None:
    stop = Event()
    stop.set()
    with swept.app_context():
        with transaction() as current:
            current.add(_session(clock.now - timedelta(days=9), 1))
        worker.sweep(swept.extensions["comments"], stop)
        assert session().scalar(select(Session.id).where(Session.token_hash == "s1"))
