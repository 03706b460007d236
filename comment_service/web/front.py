"""WSGI middleware before Flask: answer public pages from bytes that are kept ready.

A view says with ``shared_cache.share`` on which generations its response depends. The front keeps
the response in the form in which it was sent and answers ``GET`` and ``HEAD``, 304 included, as
long as no generation has changed, for one second at most; then one small query tells whether the
page is still as it was. Every minute, and for what is not about one page, it asks the view whether
its ETag still holds, which renders nothing. So a change on this machine shows at once, and any
other change (another machine, a thread that closes by the clock) within a second; an address that
another machine gives to another page, within a minute.

Processes may share what they rendered through Redis (``web/http/answer_store.py``): whoever has no
current answer asks the view whether the shared one is.

Only one request renders a page; others for the same page wait for it. Cookies and credentials are
withheld from the view, so nothing personal can be kept. The number of bytes is bounded: a quarter
of it is for parts of threads and unknown pages, so that made-up addresses do not displace the
threads that everybody reads.
"""

import gzip
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import brotli
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header, parse_etags

from comment_service.runtime import Runtime
from comment_service.storage.db.generations import Generations
from comment_service.storage.pages.page_state import State
from comment_service.web.http.answer_store import AnswerStore, StoredAnswer
from comment_service.web.http.locale import accepted_language
from comment_service.web.http.repeated import MAX_AGE, SENT, Sent
from comment_service.web.http.shared_cache import REPLY, KnownPage, Reply

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_KNOWN = timedelta(minutes=1)
"""For how long the state of the page is enough; then the view is asked."""
MIN_COMPRESSED_BYTES = 2000
BROTLI_QUALITY = 5
"""Brotli quality for answers that are compressed while the client waits."""
_MAX_QUERY = 2000
_MAX_HEADER = 300
_MAX_REQUESTS = 4000
"""Requests, as they are written, whose key is remembered."""
OVERHEAD = 2000
"""Bytes that a kept answer needs besides its bodies."""
_REMOVED_HEADERS = (
    "HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_RANGE",
)  # fmt: skip

_OWN_HEADERS = {"Content-Length", "Content-Type", "Date", "ETag"}
"""Headers of the view that are not kept; the server adds the date."""
_CODING = re.compile(r'(?:br|gzip)"')
"""The end of an ETag that names a content coding; ours are hexadecimal before it."""
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")

Headers = Sequence[tuple[str, str]]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """A path that the front answers: which arguments it keeps, and which one it needs."""

    arguments: frozenset[str]
    required: str = ""
    by_origin: bool = False  # True if the response names the Origin that asked


_PLACE = {"site", "url", "title", "lang"}
_PART = {"sort", "after", "root", "focus", "since", "level", "number", "static", "part"}
_ROUTES = {
    "/embed.js": Route(frozenset()),
    "/thread": Route(frozenset(_PLACE | _PART)),
    "/thread.html": Route(frozenset(_PLACE | _PART), required="part"),
    "/counts": Route(frozenset(_PLACE)),
    "/news": Route(frozenset({*_PLACE, "after", "have"}), by_origin=True),
    "/latest": Route(frozenset({*_PLACE, "limit"})),
    "/feed.atom": Route(frozenset({*_PLACE, "comment"}), by_origin=True),
    "/feed.rss": Route(frozenset({*_PLACE, "comment"}), by_origin=True),
}

_SHARED_PATHS = {"/thread", "/latest", "/feed.atom", "/feed.rss"}
"""What processes share: costly to render, and more than a few numbers."""


@dataclass(frozen=True)
class Encoded:
    """One content coding of an answer, ready to send."""

    etag: str
    body: bytes
    headers: Headers
    unchanged: Headers  # of a 304


@dataclass
class Answer:
    """A kept response. ``seen`` is None if it must be checked before it is served again.

    Once it was sent compressed, only that form is kept: it is a tenth as large.
    """

    tag: str
    headers: Headers
    plain: bytes | None
    packed: Mapping[str, bytes]
    places: tuple[int, ...]
    is_first: bool
    seen: tuple[tuple[int, ...], datetime] | None
    page: KnownPage | None = None
    asked: datetime | None = None  # when the view said so
    encoded: dict[str, Encoded] = field(default_factory=dict)
    varies: bool = field(init=False)  # whether it is large enough to be compressed

    def __post_init__(self) -> None:
        """Note whether the answer differs by content coding."""
        self.varies = len(self.plain or b"") >= MIN_COMPRESSED_BYTES

    def in_coding(self, coding: str) -> Encoded:
        """Return the answer in a content coding; it is compressed at the first call."""
        found = self.encoded.get(coding)
        if found is None:
            found = self._make(coding)
            if coding or not self.varies:
                self.encoded[coding] = found
            if coding:
                self.plain = None
        return found

    def coding(self, accepted: str) -> str:
        """Return the content coding for an Accept-Encoding header, "" for none."""
        return best_coding(accepted) if self.varies else ""

    def size(self) -> int:
        """Return roughly how many bytes of memory the answer needs."""
        made = {coding: found.body for coding, found in self.encoded.items() if coding}
        compressed = sum(map(len, {**self.packed, **made}.values()))
        return OVERHEAD + len(self.plain or b"") + compressed

    def _make(self, coding: str) -> Encoded:
        body = self.packed.get(coding) or _pack(self._body(), coding)
        etag = f'"{self.tag}{coding}"'
        kept = [
            (name, _with_encoding(value) if name == "Vary" and self.varies else value)
            for name, value in self.headers
            if name not in _OWN_HEADERS
        ]
        if self.varies and not any(name == "Vary" for name, _value in kept):
            kept.append(("Vary", "Accept-Encoding"))
        kept.append(("ETag", etag))
        content = [pair for pair in self.headers if pair[0] == "Content-Type"]
        content.append(("Content-Length", str(len(body))))
        if coding:
            content.append(("Content-Encoding", coding))
        return Encoded(etag, body, [*content, *kept], kept)

    def _body(self) -> bytes:
        """Return the answer as it is before any compression."""
        plain = self.plain
        if plain is not None:
            return plain
        coding, found = next(iter(self.encoded.items()))
        return _unpack(found.body, coding)


def _pack(plain: bytes, coding: str) -> bytes:
    if coding == "br":
        return brotli.compress(plain, quality=BROTLI_QUALITY)  # type: ignore[no-any-return]
    return gzip.compress(plain, 6, mtime=0) if coding == "gzip" else plain


def _unpack(body: bytes, coding: str) -> bytes:
    return brotli.decompress(body) if coding == "br" else gzip.decompress(body)


def _with_encoding(vary: str) -> str:
    names = [name.strip() for name in vary.split(",")]
    return vary if "Accept-Encoding" in names else ", ".join(["Accept-Encoding", *names])


@lru_cache(maxsize=512)
def best_coding(accepted: str) -> str:
    """Return ``br``, ``gzip`` or "" for an Accept-Encoding header."""
    weights = parse_accept_header(accepted, Accept)
    return next((coding for coding in ("br", "gzip") if weights[coding] > 0), "")


class _Kept:
    """Answers by key; evicts the least recently used ones above a number of bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._answers: OrderedDict[Key, tuple[Answer, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Key) -> Answer | None:
        with self._lock:
            found = self._answers.get(key)
            if found is None:
                return None
            self._answers.move_to_end(key)
            return found[0]

    def put(self, key: Key, answer: Answer) -> None:
        """Keep an answer, or count again how large it is."""
        size = answer.size()
        with self._lock:
            _old, old_size = self._answers.pop(key, (None, 0))
            self._bytes -= old_size
            if size > self._max_bytes:
                return
            self._answers[key] = answer, size
            self._bytes += size
            while self._bytes > self._max_bytes:
                _key, (_answer, gone) = self._answers.popitem(last=False)
                self._bytes -= gone

    def drop(self, key: Key) -> None:
        with self._lock:
            _old, size = self._answers.pop(key, (None, 0))
            self._bytes -= size

    @property
    def bytes(self) -> int:
        return self._bytes


class Front:
    """Keeps the public answers of one app ready, in one process."""

    def __init__(
        self,
        app: "WSGIApplication",
        runtime: Runtime,
        generations: Generations,
        *,
        max_bytes: int,
        read_state: Callable[[int], State],
        on_hit: Callable[[str], None] = lambda _route: None,
        store: AnswerStore | None = None,
        on_shared: Callable[[str], None] = lambda _route: None,
    ) -> None:
        """Wrap ``app``; keep at most ``max_bytes`` of its answers.

        ``read_state`` reads the state of a page, by its id, from the database.
        ``on_hit`` is called with the route of each answer that is sent from memory, ``on_shared``
        with that of one that another process left in ``store``.
        """
        self._store = store
        self._on_shared = on_shared
        self._on_hit = on_hit
        self._read_state = read_state
        self._app = app
        self._runtime = runtime
        self._generations = generations
        self._max_bytes = max_bytes
        self.clear()

    def clear(self) -> None:
        """Forget everything, for example in the child of a fork, which needs locks of its own."""
        self._first = _Kept(self._max_bytes - self._max_bytes // 4)
        self._rest = _Kept(self._max_bytes // 4)
        self._requests: dict[Key, Key] = {}
        self._rendering: dict[Key, threading.Lock] = {}
        self._lock = threading.Lock()

    @property
    def kept_bytes(self) -> int:
        """Return how many bytes are kept."""
        return self._first.bytes + self._rest.bytes

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer from what is kept, or let Flask answer."""
        route = _ROUTES.get(environ.get("PATH_INFO", ""))
        method = environ["REQUEST_METHOD"]
        if route is None or method not in {"GET", "HEAD"}:
            return self._app(environ, start_response)
        asked = (
            environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
            environ.get("HTTP_ACCEPT_LANGUAGE", ""),
            environ.get("HTTP_HOST", ""),
            environ["wsgi.url_scheme"],
            environ.get("SCRIPT_NAME", ""),
            environ.get("HTTP_ORIGIN", "") if route.by_origin else "",
        )
        key = self._requests.get(asked)
        if key is None:
            if route.required and not _has_argument(asked[1], route.required):
                return self._app(environ, start_response)
            key = self._key(asked, route)
        answer = self._find(key) if key else None
        if answer is not None and self._is_fresh(answer):
            self._on_hit(asked[0])
        else:
            fetched = self._fetch(key, environ)
            if not isinstance(fetched, Answer):
                status, headers, body = fetched
                start_response(status, list(headers))
                return [] if method == "HEAD" else [body]
            answer = fetched
            if key:
                if len(self._requests) >= _MAX_REQUESTS:
                    self._requests = {}
                self._requests[asked] = key
        return self._send(key, answer, environ, start_response)

    def _send(
        self,
        key: Key | None,
        answer: Answer,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
    ) -> Iterable[bytes]:
        coding = answer.coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        found = answer.encoded.get(coding)
        if found is None:
            found = answer.in_coding(coding)
            if key is not None:
                self._keep(key, answer)
                if coding == "br" and not answer.packed:
                    self._share(key, answer, found.body)
        known = environ.get("HTTP_IF_NONE_MATCH")
        status, headers, body = "200 OK", found.headers, found.body
        if known and (known == found.etag or _matches(known, found.etag)):
            status, headers, body = "304 NOT MODIFIED", found.unchanged, b""
        elif environ["REQUEST_METHOD"] == "HEAD":
            body = b""
        if SENT in environ and key is not None and answer.seen is not None:
            words, checked = answer.seen
            until = checked + MAX_AGE
            environ[SENT].append(
                Sent(key[0], status, headers, body, answer.places, words, checked, until)
            )
        start_response(status, list(headers))
        return [body] if body else []

    def _key(self, asked: Key, route: Route) -> Key | None:
        """Return under which key a request's answer is kept, None if it is not kept."""
        path, query, languages, host, scheme, root, origin = asked
        if len(query) > _MAX_QUERY or max(map(len, (languages, host, origin))) > (_MAX_HEADER):
            return None
        values = dict(_arguments(query))
        if not route.arguments.issuperset(values) or not _is_usual(values):
            return None
        language = "" if values.get("lang") else self._language(languages)
        return path, query, language, host, scheme, root, origin

    def _language(self, header: str) -> str:
        return accepted_language(header, tuple(self._runtime.languages)) or ""

    def _is_fresh(self, answer: Answer) -> bool:
        """Return True if no generation has changed and the answer was checked a moment ago."""
        seen = answer.seen
        if seen is None:
            return False
        words, checked = seen
        age = self._runtime.now() - checked
        return -MAX_AGE <= age <= MAX_AGE and self._generations.read(answer.places) == words

    def _is_same(self, answer: Answer) -> bool:
        """Return True if the page is as it was when the view answered; note that it was checked."""
        page, asked, now = answer.page, answer.asked, self._runtime.now()
        if page is None or asked is None or answer.seen is None:
            return False
        if not timedelta(0) <= now - asked < MAX_KNOWN or (page.until and now >= page.until):
            return False
        words = self._generations.read(answer.places)
        if words != answer.seen[0] or self._read_state(page.id) != page.state:
            return False
        answer.seen = words, now
        return True

    def _fetch(
        self, key: Key | None, environ: "WSGIEnvironment"
    ) -> Answer | tuple[str, Headers, bytes]:
        """Return a fresh answer; one request renders it and the others wait."""
        if key is None:
            return self._ask(None, None, environ)
        with self._lock:
            lock = self._rendering.setdefault(key, threading.Lock())
        with lock:
            answer = self._find(key)
            if answer is not None and (self._is_fresh(answer) or self._is_same(answer)):
                return answer
            try:
                return self._ask(key, answer, environ, self._shared(key, answer))
            finally:
                with self._lock:
                    self._rendering.pop(key, None)

    def _ask(
        self,
        key: Key | None,
        kept: Answer | None,
        environ: "WSGIEnvironment",
        shared: Answer | None = None,
    ) -> Answer | tuple[str, Headers, bytes]:
        """Let Flask answer; keep a response that a view shares.

        The view is told which answers there are, ``kept`` here and ``shared`` by another process,
        and says whether one of them is current.

        The generations are read before the view reads the database. Which ones is known only after
        an answer: the first time they hold if nothing at all has changed meanwhile, and otherwise
        the next request checks.
        """
        generations, checked = self._generations, self._runtime.now()
        last = generations.last()
        known = [one for one in (kept, shared) if one is not None]
        before = {one.places: generations.read(one.places) for one in known}
        reply = Reply()
        inner = {name: value for name, value in environ.items() if name not in _REMOVED_HEADERS}
        inner[REPLY], inner["REQUEST_METHOD"] = reply, "GET"
        client = environ.get("HTTP_IF_NONE_MATCH", "") if kept is None else ""
        tags = [*(f'"{one.tag}"' for one in known), *filter(None, [_CODING.sub('"', client)])]
        if tags:
            inner["HTTP_IF_NONE_MATCH"] = ", ".join(tags)
        status, headers, body = _call(self._app, inner)
        tag = next((value for name, value in headers if name == "ETag"), "").strip('"')
        if status.startswith("304"):
            same = next((one for one in known if one.tag == tag), None)
            if same is not None and reply.places == same.places:
                same.seen = before[same.places], checked
                same.page, same.asked = reply.page, checked
                if same is shared and key is not None:
                    self._keep(key, same)
                    self._on_shared(key[0])
                return same
            if same is None and client:  # as the client has it; nothing is rendered
                return status, _of_client(headers, tag, client), b""
        if not reply.places or not tag or not status.startswith("200"):
            if key is not None:
                self._first.drop(key)
                self._rest.drop(key)
            if known and status.startswith("304"):  # of another page than is known
                return self._ask(key, None, environ)
            return status, headers, body
        words = before.get(reply.places)
        if words is None and generations.last() == last:
            words = generations.read(reply.places)
        seen = None if words is None else (words, checked)
        answer = Answer(
            tag,
            headers,
            body,
            reply.packed,
            reply.places,
            reply.is_first,
            seen,
            reply.page,
            checked,
        )
        if key is not None:
            self._keep(key, answer)
        return answer

    def _shared(self, key: Key, kept: Answer | None) -> Answer | None:
        """Return the answer that another process rendered, None if it is the one that is kept."""
        if self._store is None or key[0] not in _SHARED_PATHS:
            return None
        found = self._store.get(key)
        if found is None or (kept is not None and kept.tag == found.tag):
            return None
        plain, packed = _unpack(found.body, "br"), {"br": found.body}
        return Answer(found.tag, found.headers, plain, packed, found.places, True, seen=None)

    def _share(self, key: Key, answer: Answer, body: bytes) -> None:
        """Let other processes have an answer that everybody reads; others would fill the store."""
        if self._store is not None and answer.is_first and key[0] in _SHARED_PATHS:
            stored = StoredAnswer(answer.tag, answer.headers, answer.places, body)
            self._store.put(key, stored)

    def _find(self, key: Key) -> Answer | None:
        return self._first.get(key) or self._rest.get(key)

    def _keep(self, key: Key, answer: Answer) -> None:
        kept, other = (self._first, self._rest) if answer.is_first else (self._rest, self._first)
        other.drop(key)
        kept.put(key, answer)


def _call(app: "WSGIApplication", environ: "WSGIEnvironment") -> tuple[str, Headers, bytes]:
    """Return status, headers and body of a response."""
    begun: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_info: object) -> Any:
        begun[:] = status, headers
        return lambda _data: None

    body = app(environ, start_response)
    try:
        content = b"".join(body)
    finally:
        close: Callable[[], None] | None = getattr(body, "close", None)
        if close is not None:
            close()
    return begun[0], begun[1], content


def _arguments(query: str) -> Iterable[tuple[str, str]]:
    for pair in query.split("&"):
        name, _equals, value = pair.partition("=")
        if name:
            yield unquote_plus(name), value


def _has_argument(query: str, name: str) -> bool:
    return any(found == name and value for found, value in _arguments(query))


def _is_usual(values: Mapping[str, str]) -> bool:
    """Return True if cursors look as those that we write: others are not kept."""
    after = values.get("after", "")
    rank, _dot, last = after.rpartition(".")
    numbers = [rank, last, *(values.get(name, "") for name in ("root", "focus", "since", "have"))]
    return all(not text or _NUMBER.fullmatch(text) for text in numbers)


def _of_client(headers: Headers, tag: str, known: str) -> Headers:
    """Return the headers of a 304 with the ETag of the coding that the client has."""
    coding = next((one for one in ("br", "gzip") if f"{tag}{one}" in known), "")
    if not coding:
        return headers
    vary = next((value for name, value in headers if name == "Vary"), "Accept-Encoding")
    own = {"ETag": f'"{tag}{coding}"', "Vary": _with_encoding(vary)}
    return [pair for pair in headers if pair[0] not in own] + list(own.items())


def _matches(known: str, etag: str) -> bool:
    """Return True if an If-None-Match header contains an ETag."""
    return parse_etags(known).contains_weak(etag.strip('"'))
