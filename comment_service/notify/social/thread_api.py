"""What the APIs of Mastodon and Bluesky have in common: requests within limits, and replies.

Their answers are text that anybody may have written: every value is looked at before it is used.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from comment_service import fetching
from comment_service.text.linked_page import join_url
from comment_service.text.sentences import staff_sentence
from comment_service.text.storable import storable

if TYPE_CHECKING:
    import requests

AGENT = {"User-Agent": "comment_service (replies)", "Accept": "application/json"}
MAX_BYTES = 4 * 1024 * 1024
"""Maximum size of an answer: some hundred posts with their authors."""
MAX_TEXT = 50_000
"""Most characters of a post that are read."""
MAX_ID = 500
MAX_URL = 2000
_GONE = (404, 410)
_SIGNED_IN = (401, 403)
_BUSY = (429, 503)
_UNCHANGED = 304
_SINCE_1970 = 10
"""Digits of a time in seconds since 1970; a shorter number is seconds from now."""
_NOT_FOUND = "NotFound"
"""What Bluesky calls it, with the status 400."""
_RATES = (
    ("X-RateLimit-Remaining", "X-RateLimit-Reset"),
    ("RateLimit-Remaining", "RateLimit-Reset"),
)


class GoneError(fetching.FetchError):
    """There is no public post at an address."""

    def __init__(self) -> None:
        """Say so, and what to do."""
        super().__init__(
            staff_sentence(
                "The post is gone or not public. If it moved, remove this address and add the new "
                "one."
            )
        )


class BusyError(fetching.FetchError):
    """A server does not want to be asked for a while."""

    def __init__(self, message: str, wait: timedelta | None) -> None:
        """Store how long, None if the server does not say."""
        super().__init__(message)
        self.wait = wait


class StoppedError(Exception):
    """The worker is to end; no more requests are made."""


class UnchangedError(Exception):
    """The answer is the one whose ETag was sent."""


@dataclass(frozen=True)
class Reply:
    """A public reply: who said what in reply to which post; ids are those of the service.

    ``text`` is plain text, ``author_id`` an id that stays when name and address change.
    """

    id: str
    parent: str
    url: str
    author_id: str
    author_url: str
    name: str
    text: str
    published: datetime | None = None


@dataclass(frozen=True)
class Thread:
    """The public replies of a post, as one answer has them.

    ``post_id`` is the post's own id; ``published`` is when it was written, None if that was not
    asked for; ``is_cut`` says that more is to read than one reading asks for.
    """

    replies: Sequence[Reply]
    post_id: str
    published: datetime | None = None
    etag: str = ""
    is_cut: bool = False


class Service(Protocol):
    """An API of a service."""

    def read(self, etag: str, *, is_first: bool) -> Thread:
        """Return the public replies of a post; the first time also when it was written.

        Raises:
            UnchangedError: they are as they were at ``etag``.
            GoneError: the post is gone or not public.
            BusyError: the server wants to be left alone.
            FetchError: the thread cannot be read now.
        """

    def look_up(self, ids: Sequence[str]) -> Mapping[str, Reply | None]:
        """Return some posts by id, None for one that is gone or not public; at most some of them.

        None is looked up once the server wants to be left alone.

        Raises:
            FetchError: the server cannot be asked now.
        """


class Client:
    """Requests to the API of one server.

    ``renew`` is called before each request, and none begins once ``stop`` is set; ``wait`` is how
    long the server wants to be left alone after the last one, zero if it does not.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        renew: Callable[[], None],
        stop: threading.Event | None = None,
    ) -> None:
        """Open a session that reaches public addresses only."""
        self._now, self._renew, self._stop = now, renew, stop
        self._session = fetching.guarded_session(most=MAX_BYTES)
        self.wait = timedelta()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(
        self, url: str, *, etag: str = "", **parameters: str | Sequence[str]
    ) -> tuple[Mapping[str, Any], str]:
        """Return the JSON object of an answer, and its ETag.

        Raises:
            StoppedError: the worker is to end.
            UnchangedError: the answer is the one of ``etag``.
            GoneError: there is nothing.
            BusyError: the server wants to be left alone.
            FetchError: it does not answer, or with something else.
        """
        if self._stop is not None and self._stop.is_set():
            raise StoppedError
        self._renew()
        headers = {**AGENT, **({"If-None-Match": etag} if etag else {})}
        if parameters:
            url = f"{url}?{urlencode(parameters, doseq=True)}"
        answer, _hops = fetching.follow_redirects(self._session, url, headers=headers)
        self._look_at_limits(answer)
        if answer.status_code == _UNCHANGED and etag:
            raise UnchangedError
        if answer.status_code != 200:
            raise self._refusal(answer)
        found = answer.headers.get("ETag", "")
        return fetching.json_object(answer), found if len(found) <= 255 else ""

    def _look_at_limits(self, answer: "requests.Response") -> None:
        for remaining, reset in _RATES:
            if answer.headers.get(remaining, "").strip() == "0":
                self.wait = self._until(answer.headers.get(reset, "")) or timedelta()

    def _refusal(self, answer: "requests.Response") -> fetching.FetchError:
        status = answer.status_code
        if status in _GONE or (status == 400 and _error_of(answer) == _NOT_FOUND):
            return GoneError()
        if status in _SIGNED_IN:
            return fetching.FetchError(
                staff_sentence("The server shows the replies only to people who are signed in.")
            )
        words = staff_sentence("The server answers with %(status)s.", status=status)
        if status not in _BUSY:
            return fetching.FetchError(words)
        wait = self._until(answer.headers.get("Retry-After", ""))
        return BusyError(words, wait or self.wait or None)

    def _until(self, value: str) -> timedelta | None:
        """Return the time until a moment, which a header states as seconds or as a date."""
        value = value.strip()
        if value.isascii() and value.isdigit() and len(value) <= _SINCE_1970:
            start = int(self._now().timestamp()) if len(value) == _SINCE_1970 else 0
            return timedelta(seconds=max(int(value) - start, 0))
        found = time_of(value) or _http_date(value)
        return max(found - self._now(), timedelta()) if found else None


def _error_of(answer: "requests.Response") -> str:
    try:
        return text_at(answer.json(), "error")
    except (ValueError, RecursionError):
        return ""


def _http_date(value: str) -> datetime | None:
    try:
        return parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def time_of(value: str) -> datetime | None:
    """Return a time in ISO 8601 in UTC, None if it is none or has no zone."""
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def text_at(value: Any, *path: str) -> str:
    """Return the text at a path of names as it can be stored, "" if there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return storable(value) if isinstance(value, str) and "\0" not in value else ""


def address_at(value: Any, *path: str) -> str:
    """Return the http(s) address at a path of names, "" for anything else."""
    url = text_at(value, *path)
    found = join_url("", url) if len(url) <= MAX_URL else ""
    return "" if set(found) & set(' \t\r\n<>"\\') else found


def list_at(value: Any, *path: str) -> Sequence[Any]:
    """Return the list at a path of names, an empty one if there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, list) else ()
