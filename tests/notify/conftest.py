"""A real SMTP server on loopback, and an app that sends its mails there."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask

from comment_service.cli.serve import free_port
from tests.conftest import MakeApp


class Mailbox:
    """Mails received by an SMTP server; ``refusals`` are returned first, one per mail."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.refusals: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refusals:
            return self.refusals.pop(0)
        self.mails.append(envelope)
        return "250 kept"

    def newest(self, address: str) -> str:
        """Return the text of the newest mail to an address."""
        found = [envelope for envelope in self.mails if address in envelope.rcpt_tos]
        assert found, f"no mail to {address}"
        message = message_from_bytes(found[-1].content, policy=policy.default)
        body = message.get_body(["plain"])
        assert body is not None
        return str(body.get_content())


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port("127.0.0.1"))
    controller.start()
    yield box, controller.port
    controller.stop()


@pytest.fixture
def mailing(database_url: str, make_app: MakeApp, mailbox: tuple[Mailbox, int]) -> Flask:
    return make_app(
        database_url,
        SMTP_URL=f"smtp://127.0.0.1:{mailbox[1]}",
        MAIL_FROM="comments@blog.example",
        MAIL_TO="owner@blog.example",
        PUBLIC_URL="https://comments.example",
    )
