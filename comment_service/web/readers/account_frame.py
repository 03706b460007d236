"""What the pages of a reader's own account share: who is known, the frame, the way in."""

from dataclasses import dataclass
from typing import cast

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from comment_service.errors import SiteUnknown
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session
from comment_service.storage.tables import Author, Session, Site
from comment_service.web.http.context import language
from comment_service.web.http.viewer import current_viewer, visitor_session


@dataclass(frozen=True)
class Me:
    """Who is asking, on which site; ``session`` is None where the host has signed them in."""

    site: Site
    author: Author
    session: Session | None

    @property
    def kind(self) -> str:
        """What they are known by: ``account``, ``guest`` or ``host``."""
        if self.session is None:
            return "host"
        return "account" if self.session.identity_id is not None else "guest"


def me() -> Me:
    """Return who is asking."""
    return cast(Me, g.account)


def only_known() -> Response | None:
    """Let nobody by of whom nothing is known here; they are asked to log in, and come back."""
    site = sites.find(session(), request.values.get("site", ""))
    if site is None:
        raise SiteUnknown("There is no such site here.")
    found = _known(site)
    if found is None:
        return redirect(sign_in_url(site), 303)
    g.account = found
    return None


def _known(site: Site) -> Me | None:
    viewer = current_viewer(site.id)
    author = session().get(Author, viewer.author_id) if viewer.author_id is not None else None
    if author is None or author.erased_at is not None:
        return None
    here = None if viewer.provider == "host" else visitor_session(site.id)
    return Me(site, author, here)


def home(site: Site, done: str = "") -> str:
    """Return the address of the account's first page; ``done`` names what is told there."""
    return url_for("account.show", site=site.key, done=done or None)


def sign_in_url(site: Site) -> str:
    """Return the way to log in that leads back to the account."""
    back = url_for("account.show", site=site.key, _external=True)
    return url_for("window.choose", site=site.key, url=back)


def back(done: str = "") -> Response:
    """Go back to the account's first page."""
    return redirect(home(me().site, done), 303)


def page(template: str, **values: object) -> str:
    """Return a page of the account."""
    code, direction = language()
    told = {"me": me(), "site": me().site, "locale": code, "direction": direction, **values}
    return render_template(f"comments/readers/account/{template}.html", **told)
