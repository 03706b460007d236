"""``mail test`` with a server that accepts, refuses or is unreachable; failed deliveries."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller

from comment_service.app import create_app
from comment_service.cli.serve import free_port
from comment_service.storage.db import outbox
from comment_service.storage.db.session import transaction
from comment_service.storage.tables import OutboxRow
from tests.cli.test_commands import Run, run
from tests.notify.conftest import Mailbox

__all__ = ["run"]


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    found = Mailbox()
    controller = Controller(found, hostname="127.0.0.1", port=free_port("127.0.0.1"))
    controller.start()
    monkeypatch.setenv("COMMENTS_SMTP_URL", f"smtp://127.0.0.1:{controller.port}")
    monkeypatch.setenv("COMMENTS_MAIL_FROM", "comments@blog.example")
    yield found
    controller.stop()


def test_mail_is_sent_and_reported_as_accepted(run: Run, box: Mailbox) -> None:
    done = run("mail", "test", "owner@blog.example")
    assert (done.exit_code, "The server accepted it" in done.output) == (0, True)
    assert [mail.rcpt_tos for mail in box.mails] == [["owner@blog.example"]]
    assert b"Message-ID:" in box.mails[0].content


def test_refusal_shows_the_servers_message(run: Run, box: Mailbox) -> None:
    box.refusals = ["554 5.7.1 we know you not"]
    done = run("mail", "test", "owner@blog.example")
    assert done.exit_code == 1
    assert "we know you not" in done.output


def test_unreachable_server_names_what_to_check(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "COMMENTS_SMTP_URL" in run("mail", "test", "a@b.example").output
    monkeypatch.setenv("COMMENTS_SMTP_URL", f"smtp://127.0.0.1:{free_port('127.0.0.1')}")
    monkeypatch.setenv("COMMENTS_MAIL_FROM", "comments@blog.example")
    done = run("mail", "test", "a@b.example")
    assert done.exit_code == 1
    assert "could not be reached" in done.output


def test_failed_deliveries_are_shown_and_retried(run: Run) -> None:
    assert "No failed deliveries" in run("mail", "dead").output
    app = create_app()
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        row = outbox.enqueue(current, "held_mail", {"comment_id": 1}, now - timedelta(days=2))
        row.attempts, row.dead_at, row.last_error = 8, now, "550 no such user"
    assert "held_mail\t8 tries\t550 no such user" in run("mail", "dead").output
    assert "Queued for another try: 1" in run("mail", "retry").output
    with app.app_context(), transaction() as current:
        revived = current.query(OutboxRow).one()
        assert (revived.dead_at, revived.attempts) == (None, 0)
