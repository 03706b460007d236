"""Mastodon, and what speaks as it does: a reader names the server, we register there once.

After docs.joinmastodon.org, "Logging in with an account" and "apps API methods".
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from comment_service import fetching
from comment_service.identity import claims as told
from comment_service.identity import oauth
from comment_service.identity.flow import Flow
from comment_service.identity.person import Person, ProviderError
from comment_service.identity.rows import Row
from comment_service.text import addresses
from comment_service.text.sentences import sentence

_HOST = re.compile(r"(?:@?[\w.-]+@)?(?P<host>[\w.-]+\.[\w-]+(?::\d+)?)")


class Apps(Protocol):
    """Where it is kept what a server gave us when we registered there."""

    def find(self, provider: str, host: str, redirect_url: str) -> tuple[str, str] | None:
        """Return client id and secret at a host."""

    def keep(self, provider: str, host: str, redirect_url: str, app: tuple[str, str]) -> None:
        """Keep client id and secret of a host."""


class Mastodon:
    """Every server of that kind; the identity is (server, account's number there)."""

    asks = "server"

    def __init__(self, row: Row, apps: Apps) -> None:
        self.row = row
        self.key, self.title = row.key, row.title
        self._apps = apps

    def start(self, flow: Flow, typed: str = "") -> tuple[str, Flow]:
        """Return where the browser goes, registering at the server where that was not done.

        Raises:
            ProviderError: what was typed is no server, or it does not take us in.
        """
        origin = _origin(typed)
        client_id, secret = self._app(origin, flow.redirect_url)
        row = replace(self.row, client_id=client_id, client_secret=secret)
        there = oauth.way(row, f"{origin}/oauth/authorize", flow, {})
        return there, replace(flow, about={"origin": origin})

    def finish(self, flow: Flow, answer: Mapping[str, str]) -> Person:
        """Return who came back.

        Raises:
            ProviderError: the server names nobody.
        """
        oauth.check_answer(answer)
        origin = flow.about["origin"]
        client_id, secret = self._app(origin, flow.redirect_url)
        row = replace(
            self.row, client_id=client_id, client_secret=secret, auth="client_secret_post"
        )
        tokens = oauth.exchange(row, f"{origin}/oauth/token", flow, answer["code"], guard=True)
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        with fetching.guarded() as session:
            url = f"{origin}/api/v1/accounts/verify_credentials"
            said = fetching.ask(session, "GET", url, headers=bearer)
        where = replace(row, name="display_name", picture="avatar_static", url="url")
        return told.person(where, origin, told.text(said, "id"), said)

    def _app(self, origin: str, redirect_url: str) -> tuple[str, str]:
        """Return what a server knows us by.

        Raises:
            ProviderError: it does not take us in.
        """
        known = self._apps.find(self.key, origin, redirect_url)
        if known is not None:
            return known
        asked = {
            "client_name": "Comments",
            "redirect_uris": redirect_url,
            "scopes": self.row.scope,
        }
        with fetching.guarded() as session:
            found = fetching.ask(session, "POST", f"{origin}/api/v1/apps", data=asked)
        app = told.text(found, "client_id"), told.text(found, "client_secret")
        if not all(app) or max(map(len, app)) > 500:
            raise ProviderError("This server did not take us in.")
        self._apps.keep(self.key, origin, redirect_url, app)
        return app


def _origin(typed: str) -> str:
    """Return the server in what a reader typed: a name, an address, or @name@server.

    Raises:
        ProviderError: there is none in it.
    """
    found = _HOST.fullmatch(typed)
    text = f"https://{found['host']}" if found else typed
    try:
        origin = addresses.origin(text)
    except ValueError:
        origin = ""
    if not origin.startswith("https://") and not fetching.ALLOW_LOOPBACK:
        raise ProviderError(sentence("Write the name of your server, such as mastodon.social."))
    return origin
