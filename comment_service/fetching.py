"""Asking other servers: never for long, never for much, and never ourselves by a stranger's word.

``requests`` is imported inside functions: a page view must not pay for it.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from comment_service.deadline import Watch, deadline, watched

if TYPE_CHECKING:
    import requests

TIMEOUT = (5.0, 10.0)
"""Seconds to connect, and to wait for the next byte."""
DEADLINE = 20.0
"""Seconds that a conversation may take altogether, from the first name that is looked up."""
MOST = 512 * 1024
"""Bytes that an answer may have once unpacked; the largest in earnest are lists of keys."""
HOPS = 5
"""Redirects that are followed; each address is looked at anew."""
_CHUNK = 16 * 1024
_SILENT = "The other server does not answer. Try again in a minute."
ALLOW_LOOPBACK = False
"""Whether a visitor may name a server on this machine; only the tests say yes."""


class FetchError(Exception):
    """Another server did not answer as it should; the message says to a reader what to do."""

    @property
    def to_owner(self) -> str:
        """Return what to tell whoever runs the site."""
        return str(self)


class PrivateAddressError(FetchError):
    """It stands where only we are; a stranger learns no more than of a server that is silent."""

    @property
    def to_owner(self) -> str:
        """Return what to tell whoever runs the site."""
        return (
            "It stands on this machine or in a private network, where nothing is fetched from this "
            "page. In a terminal on the server: comment-service doctor --url ADDRESS"
        )


@dataclass(frozen=True)
class Fetched:
    """A page as it was answered: where it stands after redirects, and what came."""

    url: str
    status: int
    headers: Mapping[str, str]  # names in small letters; several values joined by commas
    html: str
    hops: Sequence[str] = ()  # the addresses that led here, the first that was asked


def bounded(session: "requests.Session", most: int = MOST) -> "requests.Session":
    """Have a session read no answer beyond ``most`` bytes or ``DEADLINE`` seconds."""
    session.trust_env = False
    watched(session)
    session.hooks["response"].append(partial(_read, most=most))
    return session


def _read(response: "requests.Response", *, most: int, **_options: Any) -> "requests.Response":
    """Read the body of an answer, of at most ``most`` bytes.

    Raises:
        FetchError: it is too long, comes too slowly or breaks off.
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


def trusted() -> "requests.Session":
    """Return a session for servers that the owner named, wherever they stand."""
    import requests

    return bounded(requests.Session())


def guarded(session: "requests.Session | None" = None, *, most: int = MOST) -> "requests.Session":
    """Return a session for servers that a visitor named: public addresses alone.

    The name is resolved once; the address that was looked at is the one that is connected to.
    """
    import requests
    from requests_hardened.ip_filter_adapter import IPFilterAdapter

    made = session or requests.Session()
    for secure in (True, False):
        adapter = IPFilterAdapter(is_https_proto=secure, allow_loopback=ALLOW_LOOPBACK)
        made.mount("https://" if secure else "http://", adapter)
    return bounded(made, most)


def ask(session: "requests.Session", method: str, url: str, **options: Any) -> Mapping[str, Any]:
    """Return the JSON object that a server answers with.

    Raises:
        FetchError: it does not answer, or with anything else.
    """
    return as_object(send(session, method, url, **options))


def send(session: "requests.Session", method: str, url: str, **options: Any) -> "requests.Response":
    """Return a server's answer, read within the bounds; a redirect is an answer like any other.

    Raises:
        FetchError: it does not answer.
    """
    import requests
    from requests_hardened.ip_filter import InvalidIPAddress

    options = {"timeout": TIMEOUT, "allow_redirects": False, "stream": True, **options}
    try:
        with conversation() as watch:
            answer = session.request(method, url, **options)
    except InvalidIPAddress as error:
        raise PrivateAddressError(_SILENT) from error
    except (requests.RequestException, OSError) as error:
        raise FetchError(_SILENT) from error
    if watch.over:
        raise FetchError(_SILENT)
    return answer


def conversation() -> AbstractContextManager[Watch]:
    """Return what ends all that is asked within it after ``DEADLINE`` seconds."""
    return deadline(DEADLINE)


def joined(base: str, address: str) -> str:
    """Return an address as a page means it.

    Raises:
        FetchError: it is none.
    """
    try:
        return urljoin(base, address)
    except ValueError as error:
        raise FetchError("The other server names an address that is none.") from error


def follow(
    session: "requests.Session", url: str, **options: Any
) -> tuple["requests.Response", list[str]]:
    """Return the answer at the end of an address's redirects, and the addresses on the way there.

    Raises:
        FetchError: a server does not answer, or it leads on without end.
    """
    on_the_way: list[str] = []
    with conversation():
        for _ in range(HOPS):
            answer = send(session, "GET", url, **options)
            if not answer.is_redirect:
                return answer, on_the_way
            on_the_way.append(url)
            url = joined(url, answer.headers["Location"])
    raise FetchError("This address leads from one to the next without end.")


def fetch(url: str, *, guard: bool) -> Fetched:
    """Return a page as a browser would get it; ``guard`` where a visitor named it.

    Raises:
        FetchError: a server does not answer, or with too much.
    """
    with guarded() if guard else trusted() as session:
        answer, hops = follow(session, url, headers={"Accept": "text/html"})
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Fetched(answer.url, answer.status_code, headers, answer.text, hops)


def as_object(response: "requests.Response") -> Mapping[str, Any]:
    """Return the JSON object in an answer.

    Raises:
        FetchError: the answer is a failure, or holds anything else.
    """
    try:
        found = response.json() if response.ok else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise FetchError("The other server's answer could not be used. Try again in a minute.")
    return found
