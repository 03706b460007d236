"""A server of other people's pages, for Webmentions that are received and sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask
from werkzeug.test import TestResponse

from comment_service.notify import webmentions
from tests.notify.receiver import Received, Receiver, receiving
from tests.people import PAGE, ruled

Answer = int | tuple[int, dict[str, str], bytes]
HTML = {"Content-Type": "text/html; charset=utf-8"}


class Elsewhere:
    """Pages by path; what is posted to a path is kept by the receiver."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.pages: dict[str, Answer] = {}
        receiver.reply = self._reply

    def _reply(self, received: Received) -> Answer:
        path = received.path if received.path in self.pages else received.path.partition("?")[0]
        return self.pages.get(path, 404)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.receiver.port}"

    def page(self, path: str, html: str, status: int = 200, **headers: str) -> str:
        """Serve a page; return its address."""
        self.pages[path] = (status, {**HTML, **headers}, html.encode())
        return f"{self.origin}{path}"

    def posted(self, path: str = "") -> list[dict[str, str]]:
        """Return the Webmentions that were sent, to any path or to this one."""
        return [
            dict(parse_qsl(one.body))
            for one in self.receiver.got
            if one.method == "POST" and path in {"", one.path}
        ]


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    with receiving() as receiver:
        yield Elsewhere(receiver)


def send(
    app: Flask, source: str, target: str = PAGE, site: str = "default", **more: Any
) -> TestResponse:
    """Send a Webmention to the service."""
    return app.test_client().post(
        "/webmention",
        query_string={"site": site},
        data={"source": source, "target": target},
        environ_overrides={"REMOTE_ADDR": more.get("network", "203.0.113.9")},
    )


def check(app: Flask) -> int:
    """Let the worker check what is due."""
    with app.app_context():
        return webmentions.deliver_due(app.extensions["comments"])


def accepting(app: Flask, **rules: Any) -> None:
    """Switch Webmentions on, and publish what no rule holds."""
    ruled(app, **{"webmentions": True, "policy": "publish", **rules})


def entry(body: str, *, author: str = "Bea", home: str = "/", **more: str) -> str:
    """Return a page with one entry, as other websites write them."""
    published = more.get("published", "2026-10-01T10:00:00Z")
    return (
        f"<!doctype html><title>{more.get('title', 'A note')}</title><main class='h-entry'>"
        f"<p class='p-author h-card'><a class='u-url p-name' href='{home}'>{author}</a></p>"
        f"<time class='dt-published' datetime='{published}'>then</time>{body}</main>"
    )


def reply(text: str, target: str = PAGE, **more: str) -> str:
    return entry(
        f"<a class='u-in-reply-to' href='{target}'>this</a><div class='e-content'>{text}</div>",
        **more,
    )
