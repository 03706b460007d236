"""The cookie by which our own pages know a reader, and its end. On other people's pages: none."""

from werkzeug.wrappers import Response

from comment_service.web.http import cookies
from comment_service.web.http.context import runtime
from comment_service.web.http.viewer import visitor_cookie


def remember(answer: Response, site_id: int, token: str) -> Response:
    """Have a browser recognised later on our own pages; set only when something was sent."""
    if token:
        days = max(runtime().settings.visitor_days, runtime().settings.account_days)
        cookies.put(answer, visitor_cookie(site_id), token, days * 86400)
    return answer


def forget(answer: Response, site_id: int) -> Response:
    """Have a browser known no more on our own pages."""
    cookies.drop(answer, visitor_cookie(site_id))
    return answer
