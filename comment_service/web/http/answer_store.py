"""Public answers that several processes and machines share through Redis.

An answer from there is never sent before the view has said that its ETag is current, which renders
nothing. So a stale or evicted answer costs time only. Answers are signed: whoever else can write to
the Redis server cannot put a page there.
"""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, NamedTuple

from comment_service.errors import SetupError

if TYPE_CHECKING:
    from redis import Redis

KEPT_SECONDS = 3600
TIMEOUT_SECONDS = 0.2
PAUSE = timedelta(seconds=30)
"""How long a server that did not answer is not asked again."""
_SIGNATURE_BYTES = 32
_LAYOUT = b"answers 1\0"
"""Part of names and signatures: a program with another layout finds nothing."""
_log = logging.getLogger(__name__)

Key = Sequence[str]


class StoredAnswer(NamedTuple):
    """An answer compressed with Brotli; see ``Answer`` in ``web/front.py``."""

    tag: str
    headers: Sequence[tuple[str, str]]
    places: tuple[int, ...]
    body: bytes


class AnswerStore:
    """The answers of one installation in a Redis server, by the key of the request."""

    def __init__(self, redis: "Redis", secret: str, clock: Callable[[], datetime]) -> None:
        """Store answers in ``redis``; ``secret`` is known to all processes that share them."""
        self._redis = redis
        self._clock = clock
        self._secret = blake2b(_LAYOUT + secret.encode()).digest()
        self._asked_again: datetime | None = None  # when a server that failed is asked again

    def get(self, key: Key) -> StoredAnswer | None:
        """Return the stored answer, None if there is none or the server does not answer."""
        stored_as = self._name(key)
        found = self._ask(lambda: self._redis.get(stored_as))
        if not isinstance(found, bytes) or len(found) < _SIGNATURE_BYTES:
            return None
        signature, content = found[:_SIGNATURE_BYTES], found[_SIGNATURE_BYTES:]
        if not compare_digest(signature, self._sign(stored_as, content)):
            _log.warning("an answer in Redis has no valid signature and is not used")
            return None
        head, _newline, body = content.partition(b"\n")
        tag, headers, places = json.loads(head)
        pairs = [(name, value) for name, value in headers]
        return StoredAnswer(tag, pairs, tuple(places), body)

    def put(self, key: Key, answer: StoredAnswer) -> None:
        """Store an answer; nothing happens if the server does not answer."""
        name = self._name(key)
        head = json.dumps([answer.tag, list(answer.headers), answer.places])
        content = head.encode() + b"\n" + answer.body
        signed = self._sign(name, content) + content
        self._ask(lambda: self._redis.set(name, signed, ex=KEPT_SECONDS))

    def _ask(self, question: Callable[[], Any]) -> Any:
        """Return what the server answers; None, and one line in the log, if it does not."""
        from redis.exceptions import RedisError

        now = self._clock()
        if self._asked_again is not None and now < self._asked_again:
            return None
        try:
            answer = question()
        except RedisError as error:
            self._asked_again = now + PAUSE
            _log.warning(
                "the Redis server of COMMENTS_CACHE_URL failed (%s); it is asked again in "
                "%d seconds",
                error,
                PAUSE.seconds,
            )
            return None
        self._asked_again = None
        return answer

    def _name(self, key: Key) -> str:
        """Return the name in Redis, which says nothing about the address."""
        named = json.dumps(list(key)).encode()
        return f"comments:answer:{blake2b(named, key=self._secret, digest_size=20).hexdigest()}"

    def _sign(self, name: str, content: bytes) -> bytes:
        digest = blake2b(name.encode(), key=self._secret, digest_size=_SIGNATURE_BYTES)
        digest.update(content)
        return digest.digest()


def open_store(url: str, secret: str, clock: Callable[[], datetime]) -> AnswerStore | None:
    """Return the store at a URL such as ``redis://HOST:6379/1``, None without a URL.

    Raises:
        SetupError: the URL or the library for it cannot be used; nothing is connected yet.
    """
    if not url:
        return None
    remedy = "Set redis://HOST:6379/1 and install comment-service[redis], or leave it out."
    try:
        from redis import Redis

        redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        pool = redis.connection_pool
        pool.connection_class(**pool.connection_kwargs)  # refuses options that it does not know
    except (ImportError, ValueError, TypeError) as error:
        raise SetupError(f"COMMENTS_CACHE_URL cannot be used ({error}). {remedy}") from error
    return AnswerStore(redis, secret, clock)
