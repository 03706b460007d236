"""Set and delete the cookie that identifies a reader on our own pages (never on other websites)."""

from werkzeug.wrappers import Response

from comment_service.web.http import cookies
from comment_service.web.http.context import runtime
from comment_service.web.http.viewer import visitor_cookie_name


def set_visitor_cookie(answer: Response, site_id: int, token: str) -> Response:
    """Set the visitor cookie if there is a token; only called after the reader sent something."""
    if token:
        days = max(runtime().settings.visitor_days, runtime().settings.account_days)
        cookies.set_cookie(answer, visitor_cookie_name(site_id), token, days * 86400)
    return answer


def delete_visitor_cookie(answer: Response, site_id: int) -> Response:
    """Delete the visitor cookie."""
    cookies.delete_cookie(answer, visitor_cookie_name(site_id))
    return answer
