"""Shared parts of the staff sign-in views: session cookies, redirect, page layout."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.admin.login import SECOND_MINUTES, SignInResult
from comment_service.web.http import cookies
from comment_service.web.http.context import language, runtime
from comment_service.web.http.return_to import safe_target
from comment_service.web.http.viewer import MODERATOR_COOKIE, SECOND_COOKIE


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
    return answer


def user_agent() -> str:
    """Return the User-Agent header, at most 200 characters."""
    return request.headers.get("User-Agent", "").replace("\0", "")[:200]


def render_page(template: str, **values: object) -> str:
    """Render a template with the language of the request."""
    code, direction = language()
    path = f"comments/{template}.html"
    return render_template(path, locale=code, direction=direction, **values)
