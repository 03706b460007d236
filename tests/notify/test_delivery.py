"""A mail server that refuses, delays or hangs up: each mail arrives once, or the failure is shown.

It is a real server on loopback; a list says how it treats each try.
"""

import asyncio
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner
from flask import Flask

from comment_service import cli
from comment_service.app import create_app, prepare, start
from comment_service.cli.assembly import Assembly
from comment_service.cli.serve import free_port
from comment_service.extension import CommentService
from comment_service.notify import mail, worker
from comment_service.storage.db import outbox
from comment_service.storage.db.session import session
from comment_service.storage.tables import OutboxRow
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import Guest

OWNER = "owner@blog.example"
HANG_UP_AT = ("MAIL", "RCPT", "DATA", "ANSWER")


class Moody:
    """A mail server with one scripted reaction per try, then normal behaviour.

    ``MAIL``, ``RCPT`` and ``DATA`` hang up at that command, ``ANSWER`` after receiving the text and
    before confirming it; three digits and words answer the recipient, ``text 5xx …`` the text.
    """

    def __init__(self) -> None:
        self.moods: list[str] = []
        self.taken: list[Any] = []
        self.tries = 0
        self.delay = 0.0

    def _hangs_up(self, server: Any, at: str) -> bool:
        if not self.moods or self.moods[0] != at:
            return False
        self.moods.pop(0)
        server.transport.abort()
        return True

    async def handle_MAIL(self, server: Any, _s: Any, envelope: Any, address: str, _o: Any) -> str:  # noqa: N802
        self.tries += 1
        self._hangs_up(server, "MAIL")
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, _s: Any, envelope: Any, address: str, _o: Any) -> str:  # noqa: N802
        self._hangs_up(server, "RCPT")
        if self.moods and self.moods[0][:3].isdigit():
            return self.moods.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self._hangs_up(server, "DATA"):
            return "250 nobody hears it"
        if self.moods and self.moods[0].startswith("text "):
            return self.moods.pop(0).removeprefix("text ")
        await asyncio.sleep(self.delay)
        self.taken.append(envelope)
        self._hangs_up(server, "ANSWER")
        return "250 kept"

    @property
    def identities(self) -> list[str]:
        """Return the Message-ID of each accepted mail."""
        parsed = [message_from_bytes(one.content, policy=policy.default) for one in self.taken]
        return [str(one["Message-ID"]) for one in parsed]


@pytest.fixture
def server() -> Iterator[tuple[Moody, int]]:
    moody = Moody()
    controller = Controller(moody, hostname="127.0.0.1", port=free_port("127.0.0.1"))
    controller.start()
    yield moody, controller.port
    controller.stop()


@pytest.fixture
def app(sqlite_url: str, make_app: MakeApp, server: tuple[Moody, int]) -> Flask:
    return make_app(
        sqlite_url,
        SMTP_URL=f"smtp://127.0.0.1:{server[1]}",
        MAIL_FROM="comments@blog.example",
        MAIL_TO=OWNER,
        PUBLIC_URL="https://comments.example",
    )


@pytest.fixture
def moody(server: tuple[Moody, int]) -> Moody:
    return server[0]


def deliver(app: Flask) -> None:
    with app.app_context():
        while worker.deliver_due(app.extensions["comments"]):
            pass


def mail_row(app: Flask) -> OutboxRow:
    with app.app_context():
        query = session().query(OutboxRow).where(OutboxRow.kind == "held_mail_to")
        return query.one()


def mail_command(app: Flask, monkeypatch: pytest.MonkeyPatch, what: str) -> str:
    """Run ``comment-service mail …`` on the app's database; return its output."""
    monkeypatch.setenv("COMMENTS_DATABASE_URL", app.config["SQLALCHEMY_DATABASE_URI"])
    monkeypatch.setenv("COMMENTS_ALLOW_VOLATILE", "1")
    monkeypatch.setenv("COMMENTS_FOLDER", app.extensions["comments"].settings.folder)
    group = cli.group("comment-service", Assembly(create_app, CommentService, prepare, start))
    done = CliRunner().invoke(group, ["mail", what])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("final", ["550 5.1.1 nobody here", "text 554 5.7.1 not this"])
def test_permanent_refusal_fails_at_once_and_is_shown(
    app: Flask, moody: Moody, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, final: str
) -> None:
    moody.moods = [final]
    Guest(app).say("maybe")
    deliver(app)
    row = mail_row(app)
    assert (row.attempts, row.dead_at is not None) == (1, True)
    clock.forward(days=3)
    deliver(app)
    assert moody.tries == 1, "another try would only repeat it"
    shown = mail_command(app, monkeypatch, "dead")
    assert final.removeprefix("text ")[4:] in shown
    assert "Queued for another try: 1" in mail_command(app, monkeypatch, "retry")
    clock.now = max(clock.now, mail_row(app).due_at)
    deliver(app)
    assert len(moody.taken) == 1


def test_refused_recipient_does_not_block_others(
    app: Flask, moody: Moody, clock: FakeClock
) -> None:
    moody.moods = ["550 nobody here"]
    Guest(app).say("maybe one")
    Guest(app, "Bea").say("maybe two")
    deliver(app)
    assert len(moody.taken) == 1


def test_a_slow_server_gets_each_mail_once(app: Flask, moody: Moody) -> None:
    moody.delay = 0.5
    Guest(app).say("maybe")
    deliver(app)
    assert len(moody.taken) == 1
    assert mail_row(app).done_at is not None


def test_a_greylisted_mail_arrives_once(app: Flask, moody: Moody, clock: FakeClock) -> None:
    moody.moods = ["450 4.2.0 greylisted, come again"] * 2
    Guest(app).say("maybe")
    for minutes in (0, 2, 5):
        clock.forward(minutes=minutes)
        deliver(app)
    assert (moody.tries, len(moody.taken)) == (3, 1)
    assert mail_row(app).done_at is not None


@pytest.mark.parametrize("at", HANG_UP_AT)
def test_broken_connection_loses_no_mail(
    app: Flask, moody: Moody, clock: FakeClock, at: str
) -> None:
    moody.moods = [at]
    Guest(app).say("maybe")
    deliver(app)
    assert mail_row(app).done_at is None
    clock.forward(minutes=2)
    deliver(app)
    deliver(app)
    assert mail_row(app).done_at is not None
    assert len(moody.taken) == (2 if at == "ANSWER" else 1)
    assert len(set(moody.identities)) == 1, "a mail that was taken twice is known as one"


def test_each_delivery_has_its_own_message_id(app: Flask, moody: Moody) -> None:
    Guest(app).say("maybe one")
    Guest(app, "Bea").say("maybe two")
    deliver(app)
    assert len(set(moody.identities)) == 2


def test_combined_mail_stays_combined_after_a_broken_connection(
    app: Flask, moody: Moody, clock: FakeClock
) -> None:
    Guest(app).say("begin", email="ada@readers.example", notify="page")
    deliver(app)
    with app.app_context():
        from tests.notify.test_reader_mail import link

        parsed = message_from_bytes(moody.taken[0].content, policy=policy.default)
        app.test_client().post(link(parsed, "confirm"))
    moody.taken.clear()
    clock.forward(hours=1)
    Guest(app, "Bea").say("one")
    Guest(app, "Bea").say("two")
    moody.moods = ["ANSWER"]
    deliver(app)
    Guest(app, "Cleo").say("three")
    deliver(app)
    clock.forward(minutes=2)
    deliver(app)
    bodies = [message_from_bytes(one.content, policy=policy.default) for one in moody.taken]
    by_identity = {}
    for body in bodies:
        part = body.get_body(("plain",))
        assert part is not None
        by_identity.setdefault(body["Message-ID"], []).append(part.get_content())
    said = [said for said in by_identity.values() if "> one" in said[0]]
    assert [len(told) for told in said] == [2]
    assert said[0][0] == said[0][1], "the second try is the same mail"
    assert sum("> two" in told[0] for told in by_identity.values()) == 1


def test_permanently_broken_server_fails_with_its_error(
    app: Flask, moody: Moody, clock: FakeClock
) -> None:
    moody.moods = ["DATA"] * 99
    Guest(app).say("maybe")
    for _ in range(outbox.ATTEMPTS + 2):
        deliver(app)
        clock.forward(hours=7)
    row = mail_row(app)
    assert (row.attempts, row.dead_at is not None) == (outbox.ATTEMPTS, True)
    assert "closed" in row.last_error.lower() or "reset" in row.last_error.lower()


def test_posting_does_not_wait_for_an_unresponsive_mail_server(
    sqlite_url: str, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        app = make_app(
            sqlite_url,
            SMTP_URL=f"smtp://127.0.0.1:{port}",
            MAIL_FROM="comments@blog.example",
            PUBLIC_URL="https://comments.example",
            MAIL_TO=OWNER,
        )
        silent.setblocking(False)
        assert Guest(app).say("maybe", email="a@b.example", notify="page").status_code == 201
        with pytest.raises(BlockingIOError):
            silent.accept()
        deliver(app)
        silent.accept()[0].close()
    assert "timed out" in mail_row(app).last_error
