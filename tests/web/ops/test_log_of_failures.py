"""Each known failure is one line of the log without a traceback; an unknown one has it once."""

import errno
import io
import logging
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from comment_service.cli import logs
from comment_service.errors import IdentityNotVerified
from comment_service.fetching import FetchError
from comment_service.identity import ProviderError
from comment_service.notify import syndicated_threads, webmention_sender, webmentions, worker
from comment_service.screening import model_cache
from comment_service.web.comments import thread_views
from comment_service.web.readers import login_window
from tests.people import Guest

GONE = OperationalError("SELECT secret", {"value": "secret"}, Exception("unable to open file"))
FULL = OperationalError("INSERT secret", {"value": "secret"}, Exception("disk is full"))
BESIDE = (
    (syndicated_threads, "_read", "_fail"),
    (webmentions, "_check", "_put_off"),
    (webmention_sender, "_send", "_finish"),
)
"""Modules of the worker's other threads, their work, and what stores its failure."""
Failure = Callable[[Flask, pytest.MonkeyPatch], None]


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_given: Any, **_named: Any) -> Any:
        raise error

    return fail


def request(error: Exception) -> Failure:
    """Let the database of a request fail."""

    def happen(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(thread_views.pages, "find", raising(error))
        client: FlaskClient = app.test_client()
        app.testing = False
        assert client.get("/thread?site=default&url=https://blog.example/post").status_code >= 500

    return happen


def delivery(error: Exception) -> Failure:
    """Let the delivery of a mail fail."""

    def happen(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(worker, "DELIVERIES", {"a mail": raising(error)})
        with app.app_context():
            stored, _final = worker._try(app.extensions["comments"], "a mail", {})
        assert "secret" not in stored

    return happen


def beside(module: ModuleType, work: str, store: str, error: Exception) -> Failure:
    """Let the work of a thread beside the worker's fail."""

    def happen(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        leased = iter([SimpleNamespace(id=1, removal=""), None])
        stored: list[str] = []

        def keep(_runtime: object, *given: object, **named: object) -> None:
            stored.append(repr((given, named)))

        monkeypatch.setattr(module, "_lease", lambda _runtime: next(leased))
        monkeypatch.setattr(module, work, raising(error))
        monkeypatch.setattr(module, store, keep)
        with app.app_context():
            assert module.deliver_due(app.extensions["comments"]) == 1
        (told,) = stored
        assert type(error).__name__ in told
        assert "secret" not in told

    return happen


def loop(error: Exception) -> Failure:
    """Let the loop of the worker fail."""

    def happen(_app: Flask, _monkeypatch: pytest.MonkeyPatch) -> None:
        try:
            raising(error)()
        except Exception as raised:
            worker._Outage().note(raised)

    return happen


def provider(_app: Flask, _monkeypatch: pytest.MonkeyPatch) -> None:
    class Down:
        key, asks = "github", False

    with pytest.raises((ProviderError, IdentityNotVerified)):
        login_window._call_provider(Down(), raising(FetchError("no answer")))  # type: ignore[arg-type]


def damaged_model(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_cache, "active_model", raising(ValueError("the hash differs")))
    assert Guest(app).say("Judged by nobody").get_json()["status"] == "pending"


KNOWN: list[tuple[str, Failure, str]] = [
    ("database gone, in a request", request(GONE), "unable to open file"),
    ("disk full, in a request", request(FULL), "disk is full"),
    ("database gone, in a delivery", delivery(GONE), "unable to open file"),
    ("mail server refuses", delivery(ConnectionRefusedError("refused")), "refused"),
    ("disk full, in a delivery", delivery(OSError(errno.ENOSPC, "No space left")), "No space"),
    ("other server down", delivery(FetchError("no answer")), "no answer"),
    *(
        (f"database gone, in {row[0].__name__}", beside(*row, GONE), "unable to open file")
        for row in BESIDE
    ),
    ("database gone, in the worker", loop(GONE), "unable to open file"),
    ("disk full, in the worker", loop(OSError(errno.ENOSPC, "No space left")), "No space"),
    ("provider down", provider, "no answer"),
    ("model damaged", damaged_model, "the hash differs"),
]
UNKNOWN: list[tuple[str, Failure]] = [
    ("in a request", request(RuntimeError("a mistake of ours"))),
    ("in a delivery", delivery(RuntimeError("a mistake of ours"))),
    ("in the worker", loop(RuntimeError("a mistake of ours"))),
    *((f"in {row[0].__name__}", beside(*row, RuntimeError("a mistake of ours"))) for row in BESIDE),
]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[str]]]:
    """Configure the log as ``serve`` does; return what reads its lines."""
    logger = logging.getLogger("comment_service")
    before = (logger.handlers[:], logger.level, logger.propagate)
    stream = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        logs.configure("text")
    yield lambda: stream.getvalue().splitlines()
    logger.handlers[:], logger.level, logger.propagate = before


@pytest.mark.parametrize(("name", "failure", "words"), KNOWN, ids=[row[0] for row in KNOWN])
def test_known_failure_is_one_line(
    lite: Flask,
    monkeypatch: pytest.MonkeyPatch,
    log: Callable[[], list[str]],
    name: str,
    failure: Failure,
    words: str,
) -> None:
    failure(lite, monkeypatch)
    lines = log()
    assert len(lines) == 1, "\n".join(lines)
    assert words in lines[0]
    assert "secret" not in lines[0]


@pytest.mark.parametrize(("name", "failure"), UNKNOWN, ids=[row[0] for row in UNKNOWN])
def test_unknown_failure_has_its_traceback_once(
    lite: Flask,
    monkeypatch: pytest.MonkeyPatch,
    log: Callable[[], list[str]],
    name: str,
    failure: Failure,
) -> None:
    for _ in range(3):
        failure(lite, monkeypatch)
    text = "\n".join(log())
    assert text.count("a mistake of ours") >= 1, name
    assert text.count("Traceback") == 1
    assert text.count("traceback logged before") == 2


def test_an_outage_of_the_worker_is_told_when_it_begins_and_ends(
    lite: Flask, log: Callable[[], list[str]]
) -> None:
    outage = worker._Outage()
    outage.end()
    for _ in range(5):
        outage.note(GONE)
    outage.end()
    outage.end()
    assert ["cannot work" in line for line in log()] == [True, False]
