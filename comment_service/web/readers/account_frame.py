"""Shared parts of the account pages: the current reader, the layout, redirects."""

from dataclasses import dataclass
from typing import cast

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from comment_service.errors import SiteUnknown
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session
from comment_service.storage.tables import Author, Session, Site
from comment_service.web.http.context import language
from comment_service.web.http.links import external_url_for
from comment_service.web.http.viewer import current_viewer, visitor_session


@dataclass(frozen=True)
class CurrentReader:
    """The current reader on a site; ``session`` is None if the host app signed them in."""

    site: Site
    author: Author
    session: Session | None

    @property
    def kind(self) -> str:
        """How the reader is identified: ``account``, ``guest`` or ``host``."""
        if self.session is None:
            return "host"
        return "account" if self.session.identity_id is not None else "guest"


def current_reader() -> CurrentReader:
    """Return the current reader."""
    return cast(CurrentReader, g.account)


def require_reader() -> Response | None:
    """Load the current reader; redirect unknown visitors to the sign-in, which leads back here."""
    site = sites.find(session(), request.values.get("site", ""))
    if site is None:
        raise SiteUnknown("Unknown site.")
    reader = _find_reader(site)
    if reader is None:
        return redirect(sign_in_url(site), 303)
    g.account = reader
    return None


def _find_reader(site: Site) -> CurrentReader | None:
    viewer = current_viewer(site.id)
    author = session().get(Author, viewer.author_id) if viewer.author_id is not None else None
    if author is None or author.erased_at is not None:
        return None
    reader_session = None if viewer.provider == "host" else visitor_session(site.id)
    return CurrentReader(site, author, reader_session)


def account_url(site: Site, done: str = "") -> str:
    """Return the URL of the account's first page; ``done`` selects the notice shown there."""
    return url_for("account.show", site=site.key, done=done or None)


def sign_in_url(site: Site) -> str:
    """Return the sign-in URL that leads back to the account."""
    account = external_url_for("account.show", site=site.key)
    return url_for("login.choose", site=site.key, url=account)


def redirect_to_account(done: str = "") -> Response:
    """Redirect to the account's first page."""
    return redirect(account_url(current_reader().site, done), 303)


def render_page(template: str, **values: object) -> str:
    """Render an account page."""
    code, direction = language()
    context = {
        "me": current_reader(),
        "site": current_reader().site,
        "locale": code,
        "direction": direction,
        **values,
    }
    return render_template(f"comments/readers/account/{template}.html", **context)
