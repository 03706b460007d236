"""The error handlers answer every request, and return the typed text."""

import random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from comment_service.storage.db import session as storage
from comment_service.web.http.proxy import is_host
from tests.conftest import MakeApp
from tests.people import PAGE, Guest, Moderator

TOO_LARGE = "text=" + "a" * 140_000
ROUTES = ["/comments", "/moderation/sign-in", "/likes", "/reports", "/subscriptions", "/nothere"]


@pytest.mark.parametrize("path", ROUTES)
def test_a_body_over_the_limit_is_413_on_every_route(lite: Flask, path: str) -> None:
    kind = "application/x-www-form-urlencoded"
    answer = lite.test_client().post(path, data=TOO_LARGE, content_type=kind)
    assert answer.status_code == 413
    assert "too long" in answer.text
    as_json = lite.test_client().post(path, data=TOO_LARGE, content_type="application/json")
    assert as_json.status_code in {400, 404, 405, 413, 422}


def test_a_get_with_a_large_body_is_413(lite: Flask) -> None:
    query = {"site": "default", "url": PAGE}
    kind = "application/x-www-form-urlencoded"
    answer = lite.test_client().get(
        "/thread", query_string=query, data=TOO_LARGE, content_type=kind
    )
    assert answer.status_code == 413


HOSTS = [
    ("x" * 300, 400),
    ("a" * 64 + ".example", 400),
    (".".join(["a" * 60] * 5), 400),
    ("blog.example\r\nX: y", 400),
    ("blog.example/path", 400),
    ("blog example", 400),
    ("bücher.example", 400),
    ("", 400),
    ("blog.example:99999999", 400),
    ("a" * 250 + "!", 400),
    ("blog.example", 200),
    ("blog.example:8080", 200),
    ("127.0.0.1:5000", 200),
    ("[::1]:5000", 200),
    ("under_score.internal", 200),
    ("xn--bcher-kva.example", 200),
]


@pytest.mark.parametrize(("host", "status"), HOSTS)
def test_every_host_header_has_an_answer(lite: Flask, host: str, status: int) -> None:
    answer = lite.test_client().get("/health", environ_overrides={"HTTP_HOST": host})
    assert answer.status_code == status
    assert is_host(host) is (status == 200)


@pytest.mark.parametrize(
    "target",
    ["/moderation/\r\nX-Evil: 1", "/moderation/\x00", "//evil.example", "/moderation/\\evil", "x"],
)
def test_a_redirect_target_cannot_break_the_answer(lite: Flask, target: str) -> None:
    comment = Guest(lite).say("maybe").get_json()["id"]
    lite.config["WTF_CSRF_ENABLED"] = False
    moderator = Moderator(lite)
    fields = {"decision": "approve", "next": target}
    answer = moderator.client.post(f"/moderation/comments/{comment}/decide", data=fields)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/moderation/")
    assert "evil" not in answer.headers["Location"]


class Gone:
    """A database session that cannot even roll back."""

    def __getattr__(self, name: str) -> Any:
        raise OperationalError("ROLLBACK", {}, Exception("server closed the connection"))


@pytest.mark.parametrize("kind", ["form", "json"])
def test_a_database_that_is_gone_gives_the_text_back(
    lite: Flask, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = Guest(lite)
    fields = guest.fields("A text that took me half an hour.")
    monkeypatch.setattr(storage, "session", Gone)
    monkeypatch.setattr("comment_service.web.errors.session", Gone)
    monkeypatch.setattr("comment_service.web.http.place.session", Gone)
    body = {"json": fields} if kind == "json" else {"data": fields}
    answer = lite.test_client().post("/comments", **body)
    assert answer.status_code == 503
    assert kind == "json" or "A text that took me half an hour." in answer.text


def fuzz(app: Flask, calls: int, seed: int) -> None:
    """Send odd requests to every route; none may answer with a server error."""
    dice = random.Random(seed)  # noqa: S311
    app.config["WTF_CSRF_ENABLED"] = False
    client = Moderator(app).client
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
    odd = ["", "\0", "\ud800", "%", "é" * 300, "\r\nX: y", "http://[", "9" * 40, "-1", "{", "[]"]
    odd += ["a" * 140_000, "https://" + "ﷺ" * 900 + "/", "<b>", "' OR 1=1", "../../etc", PAGE]
    names = ["site", "url", "title", "text", "key", "token", "next", "lang", "comment", "parent"]
    names += ["after", "sort", "before", "queue", "query", "q", "name", "email", "website", "id"]
    for _ in range(calls):
        rule = dice.choice(rules)
        values = {
            name: dice.choice(["1", "0", "999999999999", "x", "é"]) for name in rule.arguments
        }
        path = rule.rule
        for name, value in values.items():
            path = path.replace(f"<id:{name}>", value).replace(f"<{name}>", value)
        picked = dice.sample(names, 4)
        fields = {name: dice.choice([*odd, "default", PAGE, "1"]) for name in picked}
        clean = {k: v.encode("utf-8", "replace").decode() for k, v in fields.items()}
        how: dict[str, Any] = dice.choice([{"data": clean}, {"json": clean}, {}])
        query = {k: v[:3000] for k, v in clean.items()}
        method = dice.choice(sorted((rule.methods or {"GET"}) - {"OPTIONS"}))
        host = dice.choice(["localhost", "localhost", *[host for host, _status in HOSTS]])
        answer = client.open(
            path,
            method=method,
            query_string=query,
            environ_overrides={"HTTP_HOST": host},
            headers={"Origin": dice.choice(["http://localhost", "null", "https://blog.example"])},
            **how,
        )
        assert answer.status_code < 500, (method, path, query, how, host)


def test_no_odd_request_is_a_server_error(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(sqlite_url, PASSKEYS=True)
    Guest(app).say("hello")
    fuzz(app, 400, seed=1)


@pytest.mark.long
def test_no_odd_request_of_20_000_is_a_server_error(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(sqlite_url, PASSKEYS=True)
    Guest(app).say("hello")
    fuzz(app, 20_000, seed=2)
