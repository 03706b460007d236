"""Requests to other servers, with limits on time, size and target addresses.

``requests`` is imported inside functions, so that page views do not pay for it.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from comment_service.deadline import SocketWatchdog, deadline, watch_connections
from comment_service.text.sentences import staff_sentence

if TYPE_CHECKING:
    import requests

TIMEOUT = (5.0, 10.0)
"""Seconds to connect, and to wait for the next byte."""
DEADLINE = 20.0
"""Seconds for a whole request including redirects, starting with the first DNS lookup."""
MAX_BYTES = 512 * 1024
"""Maximum size of a decompressed response in bytes; the largest legitimate ones are key sets."""
MAX_REDIRECTS = 5
"""Maximum number of redirects; each target is checked again."""
_CHUNK = 16 * 1024
_BUSY = frozenset({429, 500, 502, 503, 504})
_SILENT = "The other server does not answer. Try again in a minute."
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
ALLOW_LOOPBACK = False
"""Allow visitors to name a server on this machine; for tests only."""


NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",  # Azure's host
            "100.100.100.200/32",  # Alibaba's metadata
            "fec0::/10",  # site-local, RFC 3879
            "::/96",  # IPv4-compatible, RFC 4291
            "::ffff:0:0:0/96",  # IPv4-translated, RFC 2765
            "2001::/32",  # Teredo, RFC 4380
        ),
    )
)
"""Networks that are not public though Python's ``ipaddress`` says so."""


class FetchError(Exception):
    """Another server did not respond correctly; the message tells a reader what to do."""

    @property
    def to_owner(self) -> str:
        """Return the message for the owner of the site."""
        return str(self)


class PrivateAddressError(FetchError):
    """The server has a private address.

    Visitors see the same message as for a server that does not respond, so that they cannot probe
    our network.
    """

    @property
    def to_owner(self) -> str:
        """Return the message for the owner of the site."""
        return staff_sentence(
            "The address is on this machine or in a private network; this page does not "
            "fetch from there. In a terminal on the server: comment-service doctor --url "
            "ADDRESS"
        )


@dataclass(frozen=True)
class FetchedPage:
    """A fetched page: its URL after redirects, and the response."""

    url: str
    status: int
    headers: Mapping[str, str]  # lower-case names; multiple values joined by commas
    html: str
    hops: Sequence[str] = ()  # the redirecting URLs, the requested one first


def limit_session(session: "requests.Session", most: int = MAX_BYTES) -> "requests.Session":
    """Limit all responses of a session to ``most`` bytes and ``DEADLINE`` seconds."""
    session.trust_env = False
    watch_connections(session)
    session.hooks["response"].append(partial(_read, most=most))
    return session


def _read(response: "requests.Response", *, most: int, **_options: Any) -> "requests.Response":
    """Read the body of a response, at most ``most`` bytes.

    Raises:
        FetchError: the body is too long, too slow or incomplete.
    """
    from urllib3.exceptions import HTTPError

    body = b""
    try:
        while part := response.raw.read1(_CHUNK, decode_content=True):
            body += part
            if len(body) > most:
                response.close()
                raise FetchError("The other server's answer was too long.")
    except (HTTPError, OSError) as error:
        raise FetchError("The other server's answer broke off. Try again in a minute.") from error
    response._content, response._content_consumed = body, True  # type: ignore[attr-defined]
    return response


def trusted_session(*, most: int = MAX_BYTES) -> "requests.Session":
    """Return a session for servers that the owner configured, at any address."""
    import requests

    return limit_session(requests.Session(), most)


def require_public(address: str) -> None:
    """Refuse addresses of machines that only this network or this host can reach.

    Raises:
        InvalidIPAddress: it is one of ``NOT_PUBLIC``.
    """
    from requests_hardened.ip_filter import InvalidIPAddress

    found = ip_address(address)
    if any(found in network for network in NOT_PUBLIC):
        raise InvalidIPAddress(address)


def guarded_session(
    session: "requests.Session | None" = None, *, most: int = MAX_BYTES
) -> "requests.Session":
    """Return a session for servers that a visitor named; only public addresses are allowed.

    The host name is resolved once, and the checked address is the one connected to.
    """
    import requests
    from requests_hardened.ip_filter_adapter import IPFilterAdapter

    class PublicAddressAdapter(IPFilterAdapter):  # type: ignore[misc]
        """Refuse the networks that the library lets pass, too."""

        def build_connection_pool_key_attributes(self, *given: Any, **options: Any) -> Any:
            host, pool = super().build_connection_pool_key_attributes(*given, **options)
            require_public(host["host"].strip("[]"))
            return host, pool

    session = session or requests.Session()
    for secure in (True, False):
        adapter = PublicAddressAdapter(is_https_proto=secure, allow_loopback=ALLOW_LOOPBACK)
        session.mount("https://" if secure else "http://", adapter)
    return limit_session(session, most)


def request_json(
    session: "requests.Session", method: str, url: str, **options: Any
) -> Mapping[str, Any]:
    """Return the JSON object in a server's response.

    Raises:
        FetchError: there is no response, or it is not a JSON object.
    """
    return json_object(send_request(session, method, url, **options))


def send_request(
    session: "requests.Session", method: str, url: str, **options: Any
) -> "requests.Response":
    """Return a server's response, within the limits; redirects are not followed.

    Raises:
        FetchError: the server does not respond.
    """
    import requests
    from requests_hardened.ip_filter import InvalidIPAddress

    options = {"timeout": TIMEOUT, "allow_redirects": False, "stream": True, **options}
    try:
        with request_deadline() as watch:
            answer = session.request(method, url, **options)
    except InvalidIPAddress as error:
        raise PrivateAddressError(_SILENT) from error
    except (requests.RequestException, OSError) as error:
        raise FetchError(_SILENT) from error
    if watch.over:
        raise FetchError(_SILENT)
    return answer


def is_busy(response: "requests.Response") -> bool:
    """Return True for the answer of a server that may answer later."""
    return response.status_code in _BUSY


def retry_after(response: "requests.Response") -> float | None:
    """Return the seconds that a server wants us to wait, None if it does not say."""
    told = response.headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        moment = parsedate_to_datetime(told)
    except (ValueError, TypeError, IndexError):
        return None
    since = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max((since - datetime.now(UTC)).total_seconds(), 0.0)


def request_deadline() -> AbstractContextManager[SocketWatchdog]:
    """Return a context manager that ends all requests made in it after ``DEADLINE`` seconds."""
    return deadline(DEADLINE)


def resolve_url(base: str, address: str) -> str:
    """Resolve a URL against a base.

    Raises:
        FetchError: the result is not a URL.
    """
    try:
        return urljoin(base, address)
    except ValueError as error:
        raise FetchError("The other server names an address that is none.") from error


def follow_redirects(
    session: "requests.Session", url: str, **options: Any
) -> tuple["requests.Response", list[str]]:
    """Follow redirects; return the final response and the redirecting URLs.

    Raises:
        FetchError: a server does not respond, or there are too many redirects.
    """
    on_the_way: list[str] = []
    with request_deadline():
        for _ in range(MAX_REDIRECTS):
            answer = send_request(session, "GET", url, **options)
            if not answer.is_redirect:
                return answer, on_the_way
            on_the_way.append(url)
            url = resolve_url(url, answer.headers["Location"])
    raise FetchError("This address leads from one to the next without end.")


def fetch_page(url: str, *, guard: bool, headers: Mapping[str, str] | None = None) -> FetchedPage:
    """Return a page as a browser would load it; pass ``guard`` if a visitor named its URL.

    ``headers`` are sent too.

    Raises:
        FetchError: a server does not respond, or the response is too large.
    """
    with guarded_session() if guard else trusted_session() as session:
        asked = {"Accept": "text/html", **(headers or {})}
        answer, hops = follow_redirects(session, url, headers=asked)
        received = {name.lower(): value for name, value in answer.headers.items()}
        html = _decoded(answer.content, received.get("content-type", ""))
        return FetchedPage(answer.url, answer.status_code, received, html, hops)


def _decoded(body: bytes, content_type: str) -> str:
    """Return HTML as text: in the encoding of its header, of its ``<meta>``, or UTF-8."""
    named = _CHARSET.search(content_type) or _CHARSET.search(body[:1024].decode("latin-1"))
    try:
        return body.decode(named[1] if named else "utf-8", "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def json_object(response: "requests.Response") -> Mapping[str, Any]:
    """Return the JSON object in a response.

    Raises:
        FetchError: the status is an error, or the body is not a JSON object.
    """
    try:
        found = response.json() if response.ok else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise unusable()
    return found


def unusable() -> FetchError:
    """Return the error for an answer that is not what its API promises."""
    return FetchError("The other server's answer could not be used. Try again in a minute.")
