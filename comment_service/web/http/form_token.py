"""Signed form tokens, bound to a page; they carry the time at which the form was opened.

A token is issued when the browser reaches the server. That is too late for a reader who restores a
draft, or who starts to write without a network, so the browser also measures the writing time.
"""

import math
from functools import lru_cache

from itsdangerous import BadData, URLSafeSerializer

from comment_service.errors import StaleForm
from comment_service.web.http.context import runtime
from comment_service.web.http.place import PageRef


def _signer() -> URLSafeSerializer:
    return _signer_with(runtime().secret)


@lru_cache(maxsize=4)
def _signer_with(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="comments form")


def issue_token(at: PageRef) -> str:
    """Return a signed token for a form on this page; it includes the current time."""
    return str(_signer().dumps([at.site.key, at.url, runtime().now().timestamp()]))


def renew_token(at: PageRef, token: str) -> str:
    """Return a token for a refused form that is shown again; its time goes on from the old one.

    With a new time, a reader without a script who corrects one field would be too fast.
    """
    now = runtime().now().timestamp()
    try:
        key, url, issued = _signer().loads(token)
    except (BadData, ValueError, TypeError):
        return issue_token(at)
    if (key, url) != (at.site.key, at.url):
        return issue_token(at)
    half_life = runtime().settings.form_hours * 3600 / 2
    return str(_signer().dumps([key, url, min(now, max(issued, now - half_life))]))


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


def writing_seconds(at: PageRef, token: str, measured: str, *, honeypot: str) -> float:
    """Return the seconds from opening the form to sending it, for the check `too_fast`.

    That is the token's age, or the time that the browser measured if that is longer. The measured
    time is not proven, so it counts only with a valid token of this page, with an empty honeypot,
    and up to the lifetime of a token. It is sent by our script only and is no field of the HTML
    form, so a bot that fills in what it finds, or that posts at once, is still too fast. A bot that
    is written for this service could claim any time, but it gains little: a token serves for hours
    and for many comments, so such a bot could also fetch one early. The honeypot and every
    other check judge it as before.

    Raises:
        StaleForm: as in ``seconds_since_issue``; a measured time does not replace a token.
    """
    age = seconds_since_issue(at, token)
    try:
        seconds = float(measured)
    except ValueError:
        return age
    if honeypot or not math.isfinite(seconds):
        return age
    return max(age, min(seconds, runtime().settings.form_hours * 3600))
