"""Asking other servers: never for long, never for much, and never ourselves by a stranger's word.

``requests`` is imported inside functions: a page view must not pay for it.
"""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from comment_service.identity.person import ProviderError

if TYPE_CHECKING:
    import requests

TIMEOUT = (5.0, 10.0)
"""Seconds to connect, and to wait for the next byte."""
DEADLINE = 20.0
"""Seconds that an answer may take altogether."""
MOST = 512 * 1024
"""Bytes that an answer may have once unpacked; the largest in earnest are lists of keys."""
_CHUNK = 16 * 1024
ALLOW_LOOPBACK = False
"""Whether a visitor may name a server on this machine; only the tests say yes."""


def bounded(session: "requests.Session") -> "requests.Session":
    """Have a session read no answer beyond ``MOST`` bytes or ``DEADLINE`` seconds."""
    session.trust_env = False
    session.hooks["response"].append(_read)
    return session


def _read(response: "requests.Response", **_options: Any) -> "requests.Response":
    """Read the body of an answer.

    Raises:
        ProviderError: it is too long, comes too slowly or breaks off.
    """
    from urllib3.exceptions import HTTPError

    until, body = time.monotonic() + DEADLINE, b""
    try:
        while part := response.raw.read1(_CHUNK, decode_content=True):
            body += part
            if len(body) > MOST or time.monotonic() > until:
                response.close()
                raise ProviderError("The other server's answer was too long.")
    except (HTTPError, OSError) as error:
        raise ProviderError(
            "The other server's answer broke off. Try again in a minute."
        ) from error
    response._content, response._content_consumed = body, True  # type: ignore[attr-defined]
    return response


def trusted() -> "requests.Session":
    """Return a session for servers that the owner named, wherever they stand."""
    import requests

    return bounded(requests.Session())


def guarded(session: "requests.Session | None" = None) -> "requests.Session":
    """Return a session for servers that a visitor named: public addresses alone.

    The name is resolved once; the address that was looked at is the one that is connected to.
    """
    import requests
    from requests_hardened.ip_filter_adapter import IPFilterAdapter

    made = session or requests.Session()
    for secure in (True, False):
        adapter = IPFilterAdapter(is_https_proto=secure, allow_loopback=ALLOW_LOOPBACK)
        made.mount("https://" if secure else "http://", adapter)
    return bounded(made)


def ask(session: "requests.Session", method: str, url: str, **options: Any) -> Mapping[str, Any]:
    """Return the JSON object that a server answers with.

    Raises:
        ProviderError: it does not answer, or with anything else.
    """
    return as_object(send(session, method, url, **options))


def send(session: "requests.Session", method: str, url: str, **options: Any) -> "requests.Response":
    """Return a server's answer, read within the bounds; a redirect is an answer like any other.

    Raises:
        ProviderError: it does not answer.
    """
    import requests

    options = {"timeout": TIMEOUT, "allow_redirects": False, "stream": True, **options}
    try:
        return session.request(method, url, **options)
    except (requests.RequestException, OSError) as error:
        raise ProviderError("The other server does not answer. Try again in a minute.") from error


def as_object(response: "requests.Response") -> Mapping[str, Any]:
    """Return the JSON object in an answer.

    Raises:
        ProviderError: the answer is a failure, or holds anything else.
    """
    try:
        found = response.json() if response.ok else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ProviderError("The other server's answer could not be used. Try again in a minute.")
    return found
