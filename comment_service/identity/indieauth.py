"""IndieAuth: a reader's own website says who may speak for it (indieauth.spec.indieweb.org)."""

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
from comment_service.text.names import clean_name, clean_website
from comment_service.text.sentences import sentence

if TYPE_CHECKING:
    import requests

ISSUER = "indieauth"


class IndieAuth:
    """Every website; the identity is its address."""

    asks = "website"

    def __init__(self, row: Row) -> None:
        self.row = row
        self.key, self.title = row.key, row.title

    def start(self, flow: Flow, typed: str = "") -> tuple[str, Flow]:
        """Return where the browser goes.

        Raises:
            ProviderError: what was typed is no website, or it names nobody to ask.
        """
        me = canonical(typed)
        issuer, asked, token = _endpoints(me)
        about = {"me": me, "issuer": issuer, "asked": asked, "token": token}
        row = replace(self.row, client_id=_client_id(flow))
        return oauth.way(row, asked, flow, {"me": me}), replace(flow, about=about)

    def finish(self, flow: Flow, answer: Mapping[str, str]) -> Person:
        """Return whose website it is.

        Raises:
            ProviderError: the answer is another's, or speaks for a website that does not know it.
        """
        oauth.check_answer(answer, flow.about["issuer"], named=bool(flow.about["issuer"]))
        with fetching.guarded() as session:
            said = fetching.ask(
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
        me = canonical(str(said.get("me") or ""))
        asked = tuple(flow.about[name] for name in ("issuer", "asked", "token"))
        if me != flow.about["me"] and _endpoints(me) != asked:
            raise ProviderError("The answer is for another website than the one you named.")
        profile = said.get("profile")
        known = profile if isinstance(profile, Mapping) else {}
        return Person(
            ISSUER,
            me,
            name=clean_name(str(known.get("name") or ""))[:80] or urlsplit(me).netloc[:80],
            url=me,
            picture_url=clean_website(str(known.get("photo") or "")[:2000]),
        )


def _client_id(flow: Flow) -> str:
    """Return the address by which others know us: the service's own, above its way back."""
    return urljoin(flow.redirect_url, "../../")


def canonical(typed: str) -> str:
    """Return a profile's address after section 3.2: a domain, a path, nothing else.

    Raises:
        ProviderError: it is none.
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


_NO_SITE = sentence("Write the address of your website, such as https://example.org/.")


class _Links(HTMLParser):
    """The first link of each relation in a page's head or body."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link."""
        given = dict(attrs)
        if tag in {"link", "a"} and given.get("href") is not None:
            for relation in (given.get("rel") or "").lower().split():
                self.found.setdefault(relation, given["href"] or "")


def _endpoints(me: str) -> tuple[str, str, str]:
    """Return whom a website names: issuer ("" for an old server), where to ask, where to redeem.

    Raises:
        ProviderError: it names nobody.
    """
    with fetching.guarded() as session:
        answer, _on_the_way = fetching.follow(session, me, headers={"Accept": "text/html"})
        url = answer.url
        links = _relations(answer)
        if "indieauth-metadata" in links:
            said = fetching.ask(session, "GET", fetching.joined(url, links["indieauth-metadata"]))
            found = [str(said.get(name) or "") for name in ("issuer", "authorization_endpoint")]
            issuer, asked = found
            token = str(said.get("token_endpoint") or asked)
        else:
            named = links.get("authorization_endpoint")
            issuer, asked = "", fetching.joined(url, named) if named else ""
            token = asked
    if any(urlsplit(one).scheme not in {"https", "http"} for one in (asked, token)):
        raise ProviderError(sentence("This website does not say who may speak for it (IndieAuth)."))
    return issuer, asked, token


def _relations(answer: "requests.Response") -> Mapping[str, str]:
    """Return relation → address, of the header before those of the page."""
    page = _Links()
    if "html" in answer.headers.get("Content-Type", ""):
        page.feed(answer.text)
    return {**page.found, **{name: link["url"] for name, link in answer.links.items()}}
