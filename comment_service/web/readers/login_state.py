"""State of a sign-in while the reader is at the provider, in a signed cookie per window.

The cookie's name contains the start of OAuth's ``state``: parallel windows do not interfere, and a
response that this browser did not request finds no cookie.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from comment_service.errors import LinkExpired
from comment_service.identity import Flow
from comment_service.text.sentences import sentence
from comment_service.web.http import cookies
from comment_service.web.http import place as guard
from comment_service.web.http.context import runtime
from comment_service.web.http.links import external_url_for
from comment_service.web.http.place import PageRef

MINUTES = 20
_COOKIE = "comments_flow_"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
EXPIRED = sentence(
    "This took too long, or was started in another browser. Start again on the page where you "
    "want to comment."
)


@dataclass(frozen=True)
class LoginState:
    """The page of a sign-in, and the widget's challenge if a widget opened the window.

    ``link_to`` is the author who adds an identity to their account; ``sign_in`` is the proven
    sign-in to be confirmed; both are 0 for none.
    """

    site: str
    url: str
    challenge: str = ""
    provider: str = ""
    link_to: int = 0
    sign_in: int = 0
    flow: Flow = field(default_factory=lambda: Flow(""))

    @property
    def place(self) -> PageRef:
        """The site and page; refused like those of any other request if they are not registered."""
        return _page_ref(MultiDict({"site": self.site, "url": self.url}))

    @property
    def hidden(self) -> Mapping[str, str]:
        """Values that the window's forms and links carry along."""
        carried = {"site": self.site, "url": self.url, "challenge": self.challenge}
        return {name: value for name, value in carried.items() if value}


def is_account_url(url: str) -> bool:
    """Return True if a URL is that of the account page."""
    return url.startswith(external_url_for("account.show"))


def _page_ref(values: MultiDict[str, str]) -> PageRef:
    """Return the site and the page of a window; the account page counts as a page.

    Raises:
        SiteUnknown, InvalidFields, OriginUnknown: as for any page.
    """
    is_account = is_account_url(values.get("url", ""))
    return (
        PageRef(guard.requested_site(values), values["url"], "")
        if is_account
        else guard.page_ref(values)
    )


def read(values: Mapping[str, str]) -> LoginState:
    """Read from the request's fields which page and widget a window belongs to.

    Raises:
        SiteUnknown, InvalidFields, OriginUnknown: as for any page.
    """
    at = _page_ref(MultiDict(values))
    challenge = values.get("challenge", "")
    return LoginState(at.site.key, at.url, challenge if _CHALLENGE.fullmatch(challenge) else "")


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(runtime().secret, salt="sign-in flow")


def store(answer: Response, login: LoginState) -> Response:
    """Store the state in a cookie."""
    value = {k: v for k, v in asdict(login).items() if v}
    cookies.set_cookie(
        answer, _COOKIE + login.flow.state[:16], str(_signer().dumps(value)), MINUTES * 60
    )
    return answer


def load(state: str) -> LoginState:
    """Load the stored login of this browser by OAuth's ``state``.

    Raises:
        LinkSpent: there is none, or it has expired.
    """
    cookie = cookies.read_cookie(_COOKIE + state[:16])
    try:
        value: dict[str, Any] = _signer().loads(cookie, max_age=MINUTES * 60)
    except BadData:
        raise LinkExpired(EXPIRED) from None
    login = LoginState(**{**value, "flow": Flow(**value["flow"])})
    if len(state) > 16 and state != login.flow.state:
        raise LinkExpired(EXPIRED)
    return login


def clear(answer: Response, login: LoginState) -> Response:
    """Delete the cookie when the sign-in is finished."""
    cookies.delete_cookie(answer, _COOKIE + login.flow.state[:16])
    return answer


def with_sign_in(login: LoginState, sign_in: int) -> LoginState:
    """Return the state with the proven sign-in and without the provider's secrets."""
    bare = Flow("", state=login.flow.state, nonce="", verifier="")
    return replace(login, sign_in=sign_in, flow=bare)
