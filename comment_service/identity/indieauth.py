"""IndieAuth: sign in with one's own website (indieauth.spec.indieweb.org)."""

from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from comment_service import fetching
from comment_service.identity import oauth
from comment_service.identity.flow import Flow
from comment_service.identity.person import Person, ProviderError
from comment_service.identity.rows import Row
from comment_service.text import addresses
from comment_service.text.foreign_html import well_formed
from comment_service.text.names import clean_name, clean_website
from comment_service.text.sentences import sentence

if TYPE_CHECKING:
    import requests

ISSUER = "indieauth"


class IndieAuth:
    """Sign in with any website; the identity is its URL."""

    asks = "website"

    def __init__(self, row: Row) -> None:
        self.row = row
        self.key, self.title = row.key, row.title

    def start(self, flow: Flow, typed: str = "") -> tuple[str, Flow]:
        """Return the URL to redirect the browser to.

        Raises:
            ProviderError: the input is not a website, or the website names no authorization
                endpoint.
        """
        me = canonical(typed)
        issuer, endpoint, token = _endpoints(me)
        about = {"me": me, "issuer": issuer, "asked": endpoint, "token": token}
        row = replace(self.row, client_id=_client_id(flow))
        return oauth.authorization_url(row, endpoint, flow, {"me": me}), replace(flow, about=about)

    def finish(self, flow: Flow, answer: Mapping[str, str]) -> Person:
        """Return the owner of the website.

        Raises:
            ProviderError: the response belongs to another sign-in, or to a website with other
                endpoints.
        """
        oauth.check_callback(answer, flow.about["issuer"], named=bool(flow.about["issuer"]))
        with fetching.guarded_session() as session:
            response = fetching.request_json(
                session,
                "POST",
                flow.about["token"],
                headers={"Accept": "application/json"},
                data={
                    "grant_type": "authorization_code",
                    "code": answer["code"],
                    "client_id": _client_id(flow),
                    "redirect_uri": flow.redirect_url,
                    "code_verifier": flow.verifier,
                },
            )
        me = canonical(str(response.get("me") or ""))
        endpoints = tuple(flow.about[name] for name in ("issuer", "asked", "token"))
        if me != flow.about["me"] and _endpoints(me) != endpoints:
            raise ProviderError("The answer is for another website than the one you named.")
        profile = response.get("profile")
        details = profile if isinstance(profile, Mapping) else {}
        return Person(
            ISSUER,
            me,
            name=clean_name(str(details.get("name") or ""))[:80] or urlsplit(me).netloc[:80],
            url=me,
            picture_url=clean_website(str(details.get("photo") or "")[:2000]),
        )


def _client_id(flow: Flow) -> str:
    """Return our client id: the URL of the service itself, derived from the callback URL."""
    return urljoin(flow.redirect_url, "../../")


def canonical(typed: str) -> str:
    """Return the canonical URL of a profile (section 3.2): a domain and a path only.

    Raises:
        ProviderError: the input is not a valid profile URL.
    """
    text = typed.strip() if "://" in typed else f"https://{typed.strip()}"
    try:
        origin, parts = addresses.origin(text), urlsplit(text)
    except ValueError:
        raise ProviderError(_NO_SITE) from None
    if parts.fragment or parts.username or (parts.port and not fetching.ALLOW_LOOPBACK):
        raise ProviderError(_NO_SITE)
    if {".", ".."} & set(parts.path.split("/")) or len(text) > 255 or "." not in origin:
        raise ProviderError(_NO_SITE)
    return f"{origin}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")


_NO_SITE = sentence("Enter your website's address, such as https://example.org/.")


class _Links(HTMLParser):
    """Collect the first link of each relation in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect a link."""
        attributes = dict(attrs)
        if tag in {"link", "a"} and attributes.get("href") is not None:
            for relation in (attributes.get("rel") or "").lower().split():
                self.found.setdefault(relation, attributes["href"] or "")


def _endpoints(me: str) -> tuple[str, str, str]:
    """Return a website's issuer ("" for an old server), authorization endpoint and token endpoint.

    Raises:
        ProviderError: the website names no endpoints.
    """
    with fetching.guarded_session() as session:
        answer, _on_the_way = fetching.follow_redirects(
            session, me, headers={"Accept": "text/html"}
        )
        url = answer.url
        links = _relations(answer)
        if "indieauth-metadata" in links:
            response = fetching.request_json(
                session, "GET", fetching.resolve_url(url, links["indieauth-metadata"])
            )
            found = [str(response.get(name) or "") for name in ("issuer", "authorization_endpoint")]
            issuer, endpoint = found
            token = str(response.get("token_endpoint") or endpoint)
        else:
            named = links.get("authorization_endpoint")
            issuer, endpoint = "", fetching.resolve_url(url, named) if named else ""
            token = endpoint
    if any(urlsplit(url).scheme not in {"https", "http"} for url in (endpoint, token)):
        raise ProviderError(sentence("This website does not say who may speak for it (IndieAuth)."))
    return issuer, endpoint, token


def _relations(answer: "requests.Response") -> Mapping[str, str]:
    """Return relation → URL; links in the HTTP header override those in the page."""
    page = _Links()
    if "html" in answer.headers.get("Content-Type", ""):
        page.feed(well_formed(answer.text))
    return {**page.found, **{name: link["url"] for name, link in answer.links.items()}}
