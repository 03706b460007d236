"""Signed form tokens, bound to a page; they carry the time at which the form was opened."""

from itsdangerous import BadData, URLSafeSerializer

from comment_service.errors import StaleForm
from comment_service.web.http.context import runtime
from comment_service.web.http.place import PageRef


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(runtime().secret, salt="comments form")


def issue_token(at: PageRef) -> str:
    """Return a signed token for a form on this page; it includes the current time."""
    return str(_signer().dumps([at.site.key, at.url, runtime().now().timestamp()]))


def seconds_since_issue(at: PageRef, token: str) -> float:
    """Return the seconds since the form was opened.

    Raises:
        StaleForm: the token is missing, has a wrong signature, belongs to another page, or expired.
    """
    try:
        key, url, issued = _signer().loads(token)
    except (BadData, ValueError, TypeError):
        raise StaleForm(
            "The form was incomplete. Your text is kept: please send it again."
        ) from None
    seconds = float(runtime().now().timestamp() - issued)
    fresh = 0 <= seconds < runtime().settings.form_hours * 3600
    if (key, url) != (at.site.key, at.url) or not fresh:
        raise StaleForm("The form was open for too long. Your text is kept: please send it again.")
    return seconds
