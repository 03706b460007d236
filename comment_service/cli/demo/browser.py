"""A headless browser: cookies, a visitor token, forms and JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """A server's response."""

    status: int
    text: str
    headers: Mapping[str, str]

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object."""
        found: dict[str, Any] = json.loads(self.text)
        return found


class Browser:
    """One person's browser."""

    def __init__(self) -> None:
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self._token = ""

    def get(
        self, url: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        """Read a page."""
        return self._open(Request(f"{url}?{urlencode(query)}" if query else url), headers)

    def post_form(self, url: str, fields: Mapping[str, str]) -> Answer:
        """Submit a form from a page of the same host, and follow the redirect."""
        return self._open(Request(url, data=urlencode(fields).encode()), {"Origin": _origin(url)})

    def post_json(
        self, url: str, body: Mapping[str, Any], headers: Mapping[str, str] = {}
    ) -> Answer:
        """Send JSON from a page of the same host; remember the visitor token."""
        kind = {"Content-Type": "application/json", "Accept": "application/json"}
        request = Request(url, data=json.dumps(body).encode())
        answer = self._open(request, {"Origin": _origin(url), **kind, **headers})
        if answer.status < 300:
            self._token = answer.json().get("visitor") or self._token
        return answer

    def _open(self, request: Request, headers: Mapping[str, str]) -> Answer:
        for name, value in headers.items():
            request.add_header(name, value)
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return Answer(answer.status, answer.read().decode(), _lower(answer.headers))
        except HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(), _lower(error.headers))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
