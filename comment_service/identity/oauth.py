"""OAuth 2 (RFC 6749) with PKCE: redirect, callback, and providers without OpenID Connect."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from comment_service import fetching
from comment_service.identity.claims import person_from_claims, text_at
from comment_service.identity.flow import Flow
from comment_service.identity.person import Person, ProviderError
from comment_service.identity.rows import Row
from comment_service.text.sentences import sentence


def _client(row: Row, flow: Flow) -> Any:
    """Return the Authlib client for one sign-in."""
    from authlib.integrations.requests_client import OAuth2Session

    return OAuth2Session(
        row.client_id,
        row.client_secret,
        token_endpoint_auth_method=row.auth if row.client_secret else "none",
        scope=row.scope or None,
        redirect_uri=flow.redirect_url,
        code_challenge_method="S256",
    )


def authorization_url(row: Row, url: str, flow: Flow, extra: Mapping[str, str]) -> str:
    """Return the authorization URL to redirect the browser to.

    Raises:
        ProviderError: the provider's endpoint is not an http(s) URL.
    """
    if urlsplit(url).scheme not in {"https", "http"}:
        raise ProviderError(f"{row.title} sends its visitors nowhere.")
    with _client(row, flow) as client:
        authorize_url, _state = client.create_authorization_url(
            url, state=flow.state, code_verifier=flow.verifier, **extra
        )
    return str(authorize_url)


def check_callback(answer: Mapping[str, str], issuer: str = "", *, named: bool = False) -> None:
    """Check the query parameters of a callback.

    Args:
        answer: the query parameters.
        issuer: the expected issuer; "" compares nothing, as each provider has its own callback URL.
        named: require the ``iss`` parameter (RFC 9207).

    Raises:
        ProviderError: the provider refused, the issuer is another one, or there is no code.
    """
    if answer.get("error"):
        if answer["error"] == "access_denied":
            raise ProviderError(sentence("Sign-in was cancelled."))
        raise ProviderError(f"It was refused there: {answer['error'][:100]}.")
    if issuer and answer.get("iss", "" if named else issuer) != issuer:
        raise ProviderError("The answer came from another provider than the one that was asked.")
    if not answer.get("code"):
        raise ProviderError("The answer had no code in it.")


def exchange_code(
    row: Row, url: str, flow: Flow, code: str, *, guard: bool = False
) -> Mapping[str, Any]:
    """Exchange a code for tokens; a code works once.

    Pass ``guard`` if a visitor named the server, to block requests to private networks.

    Raises:
        ProviderError: the provider returns no tokens.
    """
    import requests
    from authlib.common.errors import AuthlibBaseError

    try:
        client = _client(row, flow)
        session = fetching.guarded_session(client) if guard else fetching.limit_session(client)
        with fetching.request_deadline(), session as client:
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
    """A provider that returns the token's user at its ``user_url``."""

    asks = ""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.key, self.title = row.key, row.title

    def start(self, flow: Flow, typed: str = "") -> tuple[str, Flow]:
        """Return the URL to redirect the browser to.

        Raises:
            ProviderError: the provider's endpoint is not an http(s) URL.
        """
        return authorization_url(self.row, self.row.authorize_url, flow, {}), flow

    def finish(self, flow: Flow, answer: Mapping[str, str]) -> Person:
        """Return the person who signed in.

        Raises:
            ProviderError: the provider identifies nobody.
        """
        check_callback(answer)
        tokens = exchange_code(self.row, self.row.token_url, flow, answer["code"])
        bearer = {"Authorization": f"Bearer {tokens['access_token']}", "Accept": "application/json"}
        with fetching.trusted_session() as session:
            response = fetching.request_json(session, "GET", self.row.user_url, headers=bearer)
            if self.row.emails_url:
                listed = fetching.send_request(session, "GET", self.row.emails_url, headers=bearer)
                response = {**response, **_primary(listed)}
        return person_from_claims(
            self.row, self.row.issuer, text_at(response, self.row.subject), response
        )


def _primary(answer: Any) -> Mapping[str, Any]:
    """Return the primary address of a list in GitHub's format, and whether it is verified."""
    try:
        listed = answer.json() if answer.ok else []
    except ValueError:
        listed = []
    found = [entry for entry in listed if isinstance(entry, dict) and entry.get("primary") is True]
    main = found[0] if isinstance(listed, list) and found else {}
    return {"email": main.get("email"), "email_verified": main.get("verified")}
