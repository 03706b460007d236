"""What a window remembers while somebody is away at a provider: signed, in a cookie of its own.

The cookie's name holds the beginning of OAuth's ``state``: two windows do not disturb each other,
and an answer that this browser did not ask for finds nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from flask import request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from comment_service.errors import LinkSpent
from comment_service.identity import Flow
from comment_service.text.sentences import sentence
from comment_service.web.http import cookies
from comment_service.web.http import place as guard
from comment_service.web.http.context import runtime
from comment_service.web.http.place import Place

MINUTES = 20
_COOKIE = "comments_flow_"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
LATE = sentence(
    "That took too long, or was begun in another browser. Start again where you want to comment."
)


@dataclass(frozen=True)
class Asked:
    """What a window is opened for: a page, and the challenge of the widget there, if it is one.

    ``link_to`` is the author who adds an identity to their account; ``sign_in`` the proven sign-in
    that waits to be confirmed; both 0 for none.
    """

    site: str
    url: str
    challenge: str = ""
    provider: str = ""
    link_to: int = 0
    sign_in: int = 0
    flow: Flow = field(default_factory=lambda: Flow(""))

    @property
    def place(self) -> Place:
        """The site and page; refused as any other request's where they are not ours."""
        return _place(MultiDict({"site": self.site, "url": self.url}))

    @property
    def hidden(self) -> Mapping[str, str]:
        """What a window's forms and links carry on."""
        carried = {"site": self.site, "url": self.url, "challenge": self.challenge}
        return {name: value for name, value in carried.items() if value}


def leads_home(url: str) -> bool:
    """Tell whether an address is that of the account's own page, wherever the service stands."""
    return url.startswith(url_for("account.show", _external=True))


def _place(values: MultiDict[str, str]) -> Place:
    """Return the site and the page of a window; the account's own page is one too.

    Raises:
        SiteUnknown, InvalidFields, OriginUnknown: as for any page.
    """
    home = leads_home(values.get("url", ""))
    return Place(guard.site(values), values["url"], "") if home else guard.place(values)


def asked(values: Mapping[str, str]) -> Asked:
    """Return what a window is opened for.

    Raises:
        SiteUnknown, InvalidFields, OriginUnknown: as for any page.
    """
    at = _place(MultiDict(values))
    challenge = values.get("challenge", "")
    return Asked(at.site.key, at.url, challenge if _CHALLENGE.fullmatch(challenge) else "")


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(runtime().secret, salt="sign-in flow")


def keep(answer: Response, remembered: Asked) -> Response:
    """Have this browser remember what it set out for."""
    value = {k: v for k, v in asdict(remembered).items() if v}
    cookies.put(
        answer, _COOKIE + remembered.flow.state[:16], str(_signer().dumps(value)), MINUTES * 60
    )
    return answer


def found(state: str) -> Asked:
    """Return what this browser set out for under a state.

    Raises:
        LinkSpent: it did not, or too long ago.
    """
    cookie = request.cookies.get(_COOKIE + state[:16], "")
    try:
        value: dict[str, Any] = _signer().loads(cookie, max_age=MINUTES * 60)
    except BadData:
        raise LinkSpent(LATE) from None
    remembered = Asked(**{**value, "flow": Flow(**value["flow"])})
    if len(state) > 16 and state != remembered.flow.state:
        raise LinkSpent(LATE)
    return remembered


def forget(answer: Response, remembered: Asked) -> Response:
    """Have this browser forget it: what it set out for is done."""
    cookies.drop(answer, _COOKIE + remembered.flow.state[:16])
    return answer


def proven(remembered: Asked, sign_in: int) -> Asked:
    """Return it with the sign-in that came of it; the provider's secrets are needed no more."""
    bare = Flow("", state=remembered.flow.state, nonce="", verifier="")
    return replace(remembered, sign_in=sign_in, flow=bare)
