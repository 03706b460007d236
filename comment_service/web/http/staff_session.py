"""Shared parts of the staff sign-in views: session cookies, redirect, page layout."""

import secrets

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response

from comment_service.actions.admin.login import SECOND_MINUTES, SignInResult
from comment_service.actions.admin.throttle import Origin
from comment_service.storage.admin import people, rights
from comment_service.storage.db.session import session
from comment_service.storage.tables import Site
from comment_service.web.http import cookies
from comment_service.web.http.context import language, runtime
from comment_service.web.http.return_to import safe_target
from comment_service.web.http.viewer import (
    MODERATOR_COOKIE,
    SECOND_COOKIE,
    client_network,
    current_session,
)

BROWSER_COOKIE = "comments_staff_browser"
BROWSER_DAYS = 365


def start_session(admitted: SignInResult, target: str) -> Response:
    """Set the session cookie and redirect to a moderation page, or ask for the second factor."""
    if admitted.waits:
        answer = redirect(url_for("staff_login.second", next=safe_target(target, "") or None), 303)
        cookies.set_cookie(answer, SECOND_COOKIE, admitted.token, SECOND_MINUTES * 60)
        return answer
    answer = redirect(safe_target(target, "") or url_for("moderation.queue"), 303)
    cookies.set_cookie(
        answer, MODERATOR_COOKIE, admitted.token, runtime().settings.session_days * 86400
    )
    cookies.delete_cookie(answer, SECOND_COOKIE)
    _remember_browser(answer, admitted.token)
    return answer


def in_place_offer(site: Site) -> str:
    """Return the words of the offer to moderate on the blog's page, "" for everyone else."""
    found = current_session()
    moderator_id = found.moderator_id if found else None
    if moderator_id is None or not rights.rights_of(session(), moderator_id).moderates(site.id):
        return ""
    return str(_("Moderate here"))


def password_origin(email: str) -> Origin:
    """Return where a password comes from; a browser that this person has used is known."""
    return Origin(client_network(), _known_browser(email))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(runtime().secret, salt="comments staff browser")


def _remember_browser(answer: Response, token: str) -> None:
    """Mark the browser as one that the session's moderator has signed in with."""
    found = people.find_session(session(), token, runtime().now())
    if found is not None and found.moderator is not None:
        value = _signer().dumps([found.moderator.email.lower(), secrets.token_hex(8)])
        cookies.set_cookie(answer, BROWSER_COOKIE, str(value), BROWSER_DAYS * 86400)


def _known_browser(email: str) -> str:
    """Return the id of this browser if a moderator with this address has signed in with it."""
    try:
        known, browser = _signer().loads(cookies.read_cookie(BROWSER_COOKIE))
    except (BadData, ValueError, TypeError):
        return ""
    return str(browser) if known == email.strip().lower() else ""


def user_agent() -> str:
    """Return the User-Agent header, at most 200 characters."""
    return request.headers.get("User-Agent", "").replace("\0", "")[:200]


def render_page(template: str, **values: object) -> str:
    """Render a template with the language of the request."""
    code, direction = language()
    path = f"comments/{template}.html"
    return render_template(path, locale=code, direction=direction, **values)
