"""What the doors for moderators share: the cookies, the way on, the frame."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.admin.login import SECOND_MINUTES, Admitted
from comment_service.web.http import cookies
from comment_service.web.http.context import language, runtime
from comment_service.web.http.return_to import inside
from comment_service.web.http.viewer import MODERATOR_COOKIE, SECOND_COOKIE


def let_in(admitted: Admitted, target: str) -> Response:
    """Set the session's cookie and go on to a page of ours; or ask for the code first."""
    if admitted.waits:
        answer = redirect(url_for("signin.second", next=inside(target, "") or None), 303)
        cookies.put(answer, SECOND_COOKIE, admitted.token, SECOND_MINUTES * 60)
        return answer
    answer = redirect(inside(target, "") or url_for("moderation.queue"), 303)
    cookies.put(answer, MODERATOR_COOKIE, admitted.token, runtime().settings.session_days * 86400)
    cookies.drop(answer, SECOND_COOKIE)
    return answer


def agent() -> str:
    """Return what the browser calls itself."""
    return request.headers.get("User-Agent", "").replace("\0", "")[:200]


def page(template: str, **values: object) -> str:
    """Return a page of a door."""
    code, direction = language()
    path = f"comments/{template}.html"
    return render_template(path, locale=code, direction=direction, **values)
