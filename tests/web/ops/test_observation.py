"""Every request has an id, a count and a time; nothing that identifies a person is recorded."""

import json
import logging
import re
from pathlib import Path

import pytest
from flask import Flask

from comment_service.cli import logs
from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment
from comment_service.web.ops.observation import METRICS
from tests.conftest import MakeApp
from tests.people import PAGE, Guest


def counts(app: Flask, name: str) -> dict[str, float]:
    """Return labels → value of one metric."""
    text = app.extensions[METRICS].as_text()
    found = re.findall(rf"^{name}\{{(.*?)\}} ([\d.e+]+)$", text, re.MULTILINE)
    return {labels: float(value) for labels, value in found}


def request_id(app: Flask, given: str, peer: str) -> str:
    answer = app.test_client().get(
        "/healthz", headers={"X-Request-ID": given}, environ_overrides={"REMOTE_ADDR": peer}
    )
    return str(answer.headers["X-Request-ID"])


def test_only_a_proxy_gives_the_request_id(make_app: MakeApp, database_url: str) -> None:
    app = make_app(database_url, TRUSTED_PROXIES="10.0.0.0/8")
    assert request_id(app, "abcdef-123456", "10.1.2.3") == "abcdef-123456"
    for given, peer in (
        ("abcdef-123456", "203.0.113.9"),
        ('<b>"x"</b>', "10.1.2.3"),
        ("x" * 65, "10.1.2.3"),
    ):
        assert re.fullmatch(r"[0-9a-f]{16}", request_id(app, given, peer))


def test_requests_are_counted_by_route(lite: Flask) -> None:
    guest = Guest(lite)
    guest.say("a word")
    guest.thread()
    guest.thread()
    lite.test_client().get("/made/up/by/a/bot")
    lite.test_client().open("/thread", method="BREW")
    requests = counts(lite, "comments_http_requests_total")
    assert requests['method="POST",route="/comments",status="201"'] == 1
    assert requests['method="GET",route="/thread",status="200"'] == 1
    assert counts(lite, "comments_kept_answers_total") == {'route="/thread"': 1}
    assert requests['method="GET",route="other",status="404"'] == 1
    assert 'method="other",route="/thread",status="405"' in requests or any(
        'method="other"' in labels for labels in requests
    )
    assert "bot" not in str(requests)
    assert counts(lite, "comments_http_request_seconds_count")['route="/thread"'] >= 1


def test_verdicts_are_counted_with_their_reasons(lite: Flask) -> None:
    Guest(lite).say("maybe this waits")
    assert counts(lite, "comments_verdicts_total") == {'status="pending"': 1}
    assert counts(lite, "comments_verdict_reasons_total")['reason="model"'] == 1


def test_two_apps_count_apart(make_app: MakeApp, database_url: str, lite: Flask) -> None:
    other = make_app(database_url)
    lite.test_client().get("/healthz")
    assert counts(lite, "comments_http_requests_total")
    assert not counts(other, "comments_http_requests_total")


@pytest.fixture
def logger() -> logging.Logger:
    """The package's logger, as it was before the test afterwards."""
    found = logging.getLogger("comment_service")
    kept = (found.handlers, found.propagate, found.level)
    yield found  # type: ignore[misc]
    found.handlers, found.propagate = kept[0], kept[1]
    found.setLevel(kept[2])


def test_json_log_names_the_request_and_no_person(
    make_app: MakeApp,
    database_url: str,
    logger: logging.Logger,
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = make_app(database_url, LOG="json")
    logs.configure("json")
    guest = Guest(app, network="203.0.113.77")
    guest.say("the secret text", email="ada@example.org")
    err = capsys.readouterr().err
    lines = [json.loads(line) for line in err.splitlines()]
    [posted] = [line for line in lines if line.get("route") == "/comments"]
    assert (posted["method"], posted["status"], posted["level"]) == ("POST", 201, "info")
    assert re.fullmatch(r"[0-9a-f]{16}", posted["request"])
    assert posted["ms"] > 0
    for private in ("203.0.113.77", "ada@example.org", "secret", PAGE):
        assert private not in err


def test_traceback_is_logged_once(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("text")
    for number in range(3):
        try:
            Path(f"/nowhere/{number}").stat()
        except OSError:
            logging.getLogger("comment_service.some").exception("it failed")
    err = capsys.readouterr().err
    assert err.count("Traceback") == 1
    assert err.count("FileNotFoundError (traceback logged before)") == 2
    assert len(err.splitlines()) < 12


def test_slow_statements_are_logged_without_values(
    make_app: MakeApp, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(database_url, SLOW_QUERY_MS=0.000001)
    Guest(app, "Somebody Secret").say("a word")
    slow = [r.getMessage() for r in caplog.records if r.name.endswith("slow_queries")]
    assert any("INSERT INTO comments_comments" in line for line in slow)
    assert not any("Somebody Secret" in line for line in slow)
    assert not [r for r in caplog.records if "Somebody Secret" in r.getMessage()]


def test_errors_of_the_database_hide_values(lite: Flask) -> None:
    with lite.app_context(), pytest.raises(Exception, match="NOT NULL") as told:
        session().add(Comment(name="Somebody Secret"))
        session().flush()
    assert "Somebody Secret" not in str(told.value)


def test_security_txt(make_app: MakeApp, database_url: str, lite: Flask) -> None:
    path = "/.well-known/security.txt"
    assert lite.test_client().get(path).status_code == 404
    app = make_app(database_url, SECURITY_CONTACT="mailto:security@blog.example")
    answer = app.test_client().get(path)
    assert answer.content_type == "text/plain; charset=utf-8"
    assert "Contact: mailto:security@blog.example\n" in answer.get_data(as_text=True)
    assert re.search(r"^Expires: \d{4}-\d\d-\d\dT", answer.get_data(as_text=True), re.MULTILINE)
    with pytest.raises(ValueError, match="SECURITY_CONTACT"):
        make_app(database_url, SECURITY_CONTACT="javascript:alert(1)")
