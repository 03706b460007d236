"""Odd calls of every route outside the JSON API: bodies over the limit, odd hosts, odd values.

The quick form makes few calls; the long one makes 20,000 and prints how many got which status.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import create_environ, run_wsgi_app

from tests.conftest import MakeApp
from tests.people import PAGE, Guest, Moderator
from tests.readers import Reader

LIMIT = 131_072  # COMMENTS_MAX_BODY
SKIPPED = ("/api/", "/static/")
HOSTS = (
    *("localhost:8000", "blog.example", "127.0.0.1"),
    *("", "x" * 300, "x" * 70_000, "[::1]", "[::1", "a..b", "-", ":0", ":99999", "blog.example:x"),
    *("bücher.example", "xn--a", "a b", "a\tb", "a,b", "a/b", "a@b", "a#b?c", "%00", "\x7f"),
)
TEXTS = (
    *("", " ", "0", "1", "2", "-1", "1e9", "9" * 30, "9" * 5000, "true", "null", "on", "toggle"),
    *("default", "other", PAGE, "https://blog.example/other", "http://[", "http://[::1", "//", "/"),
    *("javascript:alert(1)", "https://ﷺ.example/", "https://a.example:x/", "https://\x00/", "\x00"),
    *("a" * 100, "a" * 20_000, "ﷺ" * 3000, "\u202e\u200b", "\u2800", "🎉", "1 🎉", "1 👍", "Z͑ͫ̓"),
    *("%", "%zz", "%c3%28", "{}", "[]", "../../etc/passwd", "a\r\nSet-Cookie: b=c", "<b>", "'\"`"),
    *("2026-13-45", "2026-11-01", "oldest", "newest", "de", "xx-" * 50, "ada@example.org", "@"),
)
ODD: Sequence[Any] = (None, True, 1.5, 10**40, [], ["a", 1], {}, {"a": {"b": []}}, "text")
NAMES = (
    *("site", "url", "title", "comment", "liked", "token", "key", "name", "email", "website"),
    *("text", "parent", "subject", "notify", "next", "lang", "sort", "after", "root", "focus"),
    *("since", "level", "number", "part", "old", "static", "have", "limit", "answers", "reaction"),
    *("given", "kind", "words", "expected", "seconds", "state", "code", "address", "password"),
    *("link", "before", "posted", "reply", "amp", "host", "back", "q", "query", "decision"),
    *("source", "target", "csrf_token", "blog", "comment_content", "user_ip", "theme", "origin"),
)
HEADERS: Mapping[str, Sequence[str]] = {
    "Accept": ("text/html", "application/json", "", "*/*;q=x", "a" * 3000),
    "Accept-Language": ("de", "xx", "*", "de;q=a,,,;", "zh-Hant-TW", "a" * 3000),
    "Authorization": ("Bearer ", "Bearer x", "Bearer " + "ü" * 40, "Basic eA==", "Digest"),
    "Cookie": ("comments_visitor_default=x", "a" * 5000, "=;;=", 'comments_moderator="'),
    "If-None-Match": ('"x"', "W/", "*", "a" * 3000),
    "If-Modified-Since": ("yesterday", "Thu, 01 Jan 1970 00:00:00 GMT"),
    "Origin": ("null", "https://blog.example", "https://evil.example", "http://[", "x" * 3000),
    "Range": ("bytes=0-1", "bytes=9-1", "x"),
    "Referer": ("https://blog.example/post", "http://[", ""),
    "User-Agent": ("", "x" * 9000, "Mozilla/5.0 (iPhone"),
    "X-Forwarded-For": ("198.51.100.7", "x", "," * 99, "[::1]:9"),
    "X-Forwarded-Prefix": ("/comments", "//evil.example", "x"),
    "Forwarded": ("for=x", 'for="[', ";;;"),
    "Content-Length": ("0", "-1", "x", "99999999999"),
}
TYPES = (
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/plain; charset=nothing",
    "",
)


class Caller:
    """Makes calls that a seed decides."""

    def __init__(self, app: Flask, seed: int, cookies: Sequence[str]) -> None:
        self.random = Random(seed)  # noqa: S311
        self.cookies = cookies
        self.app = app
        self.rules = [
            rule for rule in app.url_map.iter_rules() if not rule.rule.startswith(SKIPPED)
        ]

    def call(self) -> tuple[str, int]:
        """Make one call; return it in words, and the status."""
        random = self.random
        rule = random.choice(self.rules)
        method = random.choice(sorted((rule.methods or {"GET"}) - {"OPTIONS"}))
        if random.random() < 0.05:
            method = random.choice(["PUT", "OPTIONS", "PATCH", "FOO"])
        headers = {
            name: random.choice(values)
            for name, values in HEADERS.items()
            if random.random() < 0.15
        }
        headers["Host"] = random.choice(HOSTS) if random.random() < 0.2 else "localhost"
        kind, body = self._body()
        path = self._path(rule)
        query = self._values()
        if "Cookie" not in headers:
            headers["Cookie"] = random.choice(self.cookies)
        environ = create_environ(
            path, method=method, data=body, content_type=kind, query_string=query, headers=headers
        )
        parts, status, _headers = run_wsgi_app(self.app, environ, buffered=True)
        b"".join(parts)
        words = f"{method} {path[:200]!r} {kind!r} {body[:300]!r} {query!r} {headers!r}"
        return words[:2000], int(status.split()[0])

    def _path(self, rule: Rule) -> str:
        values = {
            name: self.random.choice(("1", "2", "x", "0", "9" * 18, "-1", "a.b", "ü"))
            for name in rule.arguments
        }
        path = rule.rule
        for name, value in values.items():
            start = path.index(f"{name}>")
            begin = path.rindex("<", 0, start)
            path = path[:begin] + value + path[start + len(name) + 1 :]
        return path

    def _values(self) -> dict[str, str]:
        random = self.random
        found = {name: random.choice(TEXTS) for name in random.sample(NAMES, random.randint(0, 7))}
        if random.random() < 0.7:
            found |= {"site": "default", "url": PAGE}
        return found

    def _body(self) -> tuple[str, bytes]:
        """Return a content type and a body: small, broken, or above the limit."""
        random = self.random
        kind, values = random.choice(TYPES), self._values()
        if random.random() < 0.1:
            values["text"] = "a" * random.choice((LIMIT - 200, LIMIT, LIMIT + 10, 3 * LIMIT))
        if random.random() < 0.5:
            parts = "".join(
                f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                for name, value in values.items()
            )
            mixed = {
                name: random.choice(ODD) if random.random() < 0.3 else value
                for name, value in values.items()
            }
            made = {
                TYPES[0]: urlencode(values, errors="surrogatepass"),
                TYPES[1]: json.dumps(mixed),
                TYPES[2]: f"{parts}--x--",
            }
            return kind, made.get(kind, "text").encode("utf-8", "surrogatepass")
        size = random.choice((0, 1, 40, 1000, LIMIT + 1))
        return kind, random.choice((b"{", b"[", b"%", b"\xff\xfe", b"a=", b"--x\r\n")) * size


@pytest.fixture
def fuzzed(make_app: MakeApp, sqlite_url: str) -> Callable[[int, int], Counter[int]]:
    """Return what makes calls as a stranger, a reader and an owner; no answer may be a 5xx."""
    app = make_app(sqlite_url)
    Guest(app).say("A comment to begin with")
    clients = (app.test_client(), Reader(app).client, Moderator(app).client)
    cookies = [
        "; ".join(f"{one.key}={one.value}" for one in (client._cookies or {}).values())
        for client in clients
    ]
    app.testing = False  # an exception is an answer of 500

    def calls(number: int, seed: int) -> Counter[int]:
        caller, found, failed = Caller(app, seed, cookies), Counter[int](), []
        for _ in range(number):
            words, status = caller.call()
            found[status] += 1
            if status >= 500:
                failed.append(f"{status}: {words}")
        assert not failed, "\n\n".join(failed[:10])
        return found

    return calls


def test_odd_calls_are_answered(fuzzed: Callable[[int, int], Counter[int]]) -> None:
    found = fuzzed(200, 1)
    assert found[200] and found[413]


@pytest.mark.long
def test_twenty_thousand_odd_calls_are_answered(
    fuzzed: Callable[[int, int], Counter[int]],
) -> None:
    print(sorted(fuzzed(20_000, 2).items()))  # noqa: T201
