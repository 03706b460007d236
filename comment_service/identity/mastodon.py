"""Mastodon and compatible servers: a reader names the server, and we register there once.

Follows docs.joinmastodon.org, "Logging in with an account" and "apps API methods".
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from comment_service import fetching
from comment_service.identity import oauth
from comment_service.identity.claims import person_from_claims, text_at
from comment_service.identity.flow import Flow
from comment_service.identity.person import Person, ProviderError
from comment_service.identity.rows import Row
from comment_service.text import addresses
from comment_service.text.sentences import sentence

_HOST = re.compile(r"(?:@?[\w.-]+@)?(?P<host>[\w.-]+\.[\w-]+(?::\d+)?)")


class Apps(Protocol):
    """Storage of the client credentials that servers issued to us."""

    def find(self, provider: str, host: str, redirect_url: str) -> tuple[str, str] | None:
        """Return client id and secret for a host, or None."""

    def keep(self, provider: str, host: str, redirect_url: str, app: tuple[str, str]) -> None:
        """Store client id and secret for a host."""


class Mastodon:
    """Sign in with any Mastodon server; the identity is (server, account id there)."""

    asks = "server"

    def __init__(self, row: Row, apps: Apps) -> None:
        self.row = row
        self.key, self.title = row.key, row.title
        self._apps = apps

    def start(self, flow: Flow, typed: str = "") -> tuple[str, Flow]:
        """Return the URL to redirect the browser to; register at the server if necessary.

        Raises:
            ProviderError: the input is not a server, or the server refuses the registration.
        """
        origin = _origin(typed)
        client_id, secret = self._app(origin, flow.redirect_url)
        row = replace(self.row, client_id=client_id, client_secret=secret)
        url = oauth.authorization_url(row, f"{origin}/oauth/authorize", flow, {})
        return url, replace(flow, about={"origin": origin})

    def finish(self, flow: Flow, answer: Mapping[str, str]) -> Person:
        """Return the person who signed in.

        Raises:
            ProviderError: the server identifies nobody.
        """
        oauth.check_callback(answer)
        origin = flow.about["origin"]
        client_id, secret = self._app(origin, flow.redirect_url)
        row = replace(
            self.row, client_id=client_id, client_secret=secret, auth="client_secret_post"
        )
        tokens = oauth.exchange_code(row, f"{origin}/oauth/token", flow, answer["code"], guard=True)
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        with fetching.guarded_session() as session:
            url = f"{origin}/api/v1/accounts/verify_credentials"
            response = fetching.request_json(session, "GET", url, headers=bearer)
        where = replace(row, name="display_name", picture="avatar_static", url="url")
        return person_from_claims(where, origin, text_at(response, "id"), response)

    def _app(self, origin: str, redirect_url: str) -> tuple[str, str]:
        """Return our client id and secret for a server; register if there are none.

        Raises:
            ProviderError: the server refuses the registration.
        """
        known = self._apps.find(self.key, origin, redirect_url)
        if known is not None:
            return known
        registration = {
            "client_name": "Comments",
            "redirect_uris": redirect_url,
            "scopes": self.row.scope,
        }
        with fetching.guarded_session() as session:
            found = fetching.request_json(
                session, "POST", f"{origin}/api/v1/apps", data=registration
            )
        app = text_at(found, "client_id"), text_at(found, "client_secret")
        if not all(app) or max(map(len, app)) > 500:
            raise ProviderError("This server did not take us in.")
        self._apps.keep(self.key, origin, redirect_url, app)
        return app


def _origin(typed: str) -> str:
    """Return the origin of the server that a reader typed: a name, a URL, or @name@server.

    Raises:
        ProviderError: the input contains no server.
    """
    found = _HOST.fullmatch(typed)
    text = f"https://{found['host']}" if found else typed
    try:
        origin = addresses.origin(text)
    except ValueError:
        origin = ""
    if not origin.startswith("https://") and not fetching.ALLOW_LOOPBACK:
        raise ProviderError(sentence("Enter your server's name, such as mastodon.social."))
    return origin
