"""OAuth 2 (RFC 6749) with PKCE: the way there, the way back, and providers that speak no more."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from comment_service import fetching
from comment_service.identity import claims as told
from comment_service.identity.flow import Flow
from comment_service.identity.person import Person, ProviderError
from comment_service.identity.rows import Row
from comment_service.text.sentences import sentence


def _client(row: Row, flow: Flow) -> Any:
    """Return Authlib's client for one sign-in."""
    from authlib.integrations.requests_client import OAuth2Session

    return OAuth2Session(
        row.client_id,
        row.client_secret,
        token_endpoint_auth_method=row.auth if row.client_secret else "none",
        scope=row.scope or None,
        redirect_uri=flow.redirect_url,
        code_challenge_method="S256",
    )


def way(row: Row, url: str, flow: Flow, extra: Mapping[str, str]) -> str:
    """Return where the browser goes to ask.

    Raises:
        ProviderError: the address is none of the web.
    """
    if urlsplit(url).scheme not in {"https", "http"}:
        raise ProviderError(f"{row.title} sends its visitors nowhere.")
    with _client(row, flow) as client:
        there, _state = client.create_authorization_url(
            url, state=flow.state, code_verifier=flow.verifier, **extra
        )
    return str(there)


def check_answer(answer: Mapping[str, str], issuer: str = "", *, named: bool = False) -> None:
    """Check what the browser brought; ``named``: the issuer has to say who it is (RFC 9207).

    Without an ``issuer`` nothing is compared: each provider has a way back of its own.

    Raises:
        ProviderError: it was refused there, it is another's answer, or there is no code.
    """
    if answer.get("error"):
        if answer["error"] == "access_denied":
            raise ProviderError(sentence("You did not allow it there, so nobody was signed in."))
        raise ProviderError(f"It was refused there: {answer['error'][:100]}.")
    if issuer and answer.get("iss", "" if named else issuer) != issuer:
        raise ProviderError("The answer came from another provider than the one that was asked.")
    if not answer.get("code"):
        raise ProviderError("The answer had no code in it.")


def exchange(
    row: Row, url: str, flow: Flow, code: str, *, guard: bool = False
) -> Mapping[str, Any]:
    """Return the tokens for a code, each code once; ``guard`` where a visitor named the server.

    Raises:
        ProviderError: the provider does not give any.
    """
    import requests
    from authlib.common.errors import AuthlibBaseError

    try:
        client = _client(row, flow)
        session = fetching.guarded(client) if guard else fetching.bounded(client)
        with fetching.conversation(), session as client:
            tokens = client.fetch_token(  # type: ignore[attr-defined]
                url,
                grant_type="authorization_code",
                code=code,
                code_verifier=flow.verifier,
                redirect_uri=flow.redirect_url,
                timeout=fetching.TIMEOUT,
                allow_redirects=False,
            )
    except AuthlibBaseError as error:
        raise ProviderError(f"{row.title} did not accept its own answer: {error.error}") from error
    except (requests.RequestException, ValueError, OSError, RecursionError) as error:
        raise ProviderError(
            sentence("%(provider)s does not answer. Try again in a minute."), row.title
        ) from error
    if not isinstance(tokens.get("access_token"), str):
        raise ProviderError(f"{row.title} gave no token.")
    return dict(tokens)


class OAuth2:
    """A provider whose user is whoever its ``user_url`` names to the bearer of a token."""

    asks = ""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.key, self.title = row.key, row.title

    def start(self, flow: Flow, typed: str = "") -> tuple[str, Flow]:
        """Return where the browser goes.

        Raises:
            ProviderError: the address is none of the web.
        """
        return way(self.row, self.row.authorize_url, flow, {}), flow

    def finish(self, flow: Flow, answer: Mapping[str, str]) -> Person:
        """Return who came back.

        Raises:
            ProviderError: the provider names nobody.
        """
        check_answer(answer)
        tokens = exchange(self.row, self.row.token_url, flow, answer["code"])
        bearer = {"Authorization": f"Bearer {tokens['access_token']}", "Accept": "application/json"}
        with fetching.trusted() as session:
            said = fetching.ask(session, "GET", self.row.user_url, headers=bearer)
            if self.row.emails_url:
                listed = fetching.send(session, "GET", self.row.emails_url, headers=bearer)
                said = {**said, **_primary(listed)}
        return told.person(self.row, self.row.issuer, told.text(said, self.row.subject), said)


def _primary(answer: Any) -> Mapping[str, Any]:
    """Return the main address of a list as GitHub gives it, with whether it is verified."""
    try:
        listed = answer.json() if answer.ok else []
    except ValueError:
        listed = []
    found = [one for one in listed if isinstance(one, dict) and one.get("primary") is True]
    main = found[0] if isinstance(listed, list) and found else {}
    return {"email": main.get("email"), "email_verified": main.get("verified")}
