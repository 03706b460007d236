"""Read a moderation form's decision, and the queue page to return to."""

import re
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest

from comment_service.actions.moderation.decide import OUTCOMES

_UNSAFE = re.compile(r"//|\\|[\x00-\x1f\x7f]")
"""What leads to another host, or what a header cannot carry."""


def safe_target(target: str, otherwise: str | None = None) -> str:
    """Return ``target`` if it is a moderation page; otherwise ``otherwise`` or the queue.

    This prevents open redirects.
    """
    home = url_for("moderation.queue")
    is_safe = target.startswith(home) and not _UNSAFE.search(target)
    return target if is_safe else home if otherwise is None else otherwise


def requested_decision(*others: str) -> str:
    """Return the decision that a form sends; ``others`` are allowed as well.

    Raises:
        BadRequest: it is not a known decision.
    """
    decision = request.form.get("decision", "")
    if decision not in {*OUTCOMES, *others}:
        raise BadRequest(_("Choose approve, spam, reject or hold."))
    return decision


def return_url(**done: int | None) -> str:
    """Return the URL to return to, with ids of what was done, so that the page offers undo."""
    target = safe_target(request.form.get("next", ""))
    values = {name: number for name, number in done.items() if number is not None}
    if not values:
        return target
    path, mark, anchor = target.partition("#")
    return f"{path}{'&' if '?' in path else '?'}{urlencode(values)}{mark}{anchor}"
