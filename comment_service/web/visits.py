"""The cookie by which our own pages know a reader, and its end. On other people's pages: none."""

from flask import request
from werkzeug.wrappers import Response

from comment_service.web.context import runtime
from comment_service.web.letting_in import cookie_path
from comment_service.web.viewer import visitor_cookie


def remember(answer: Response, site_id: int, token: str) -> Response:
    """Have a browser recognised later on our own pages; set only when something was sent."""
    if token:
        days = max(runtime().settings.visitor_days, runtime().settings.account_days)
        answer.set_cookie(
            visitor_cookie(site_id),
            token,
            max_age=days * 86400,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
            path=cookie_path(),
        )
    return answer


def forget(answer: Response, site_id: int) -> Response:
    """Have a browser known no more on our own pages."""
    answer.delete_cookie(visitor_cookie(site_id), path=cookie_path())
    return answer
