"""Confirm an action on many items: it covers the items that were counted, not later ones."""

import hashlib
from dataclasses import dataclass

from flask import request
from flask import session as cookie_session

from comment_service.storage.tables.base import MAX_ID

_KEY = "comments_confirm"


@dataclass(frozen=True)
class Confirmation:
    """What a confirmation page showed: the number of items and the id of the newest one."""

    number: int
    newest_id: int


def offer(about: object, shown: Confirmation) -> Confirmation:
    """Remember what the page shows; a form without the hidden fields is then confirmed as well."""
    cookie_session[_KEY] = [_digest(about), shown.number, shown.newest_id]
    return shown


def confirmed(about: object) -> Confirmation | None:
    """Return what the moderator has confirmed, None if nothing was shown or confirmed yet."""
    if not request.form.get("sure"):
        return None
    number = request.form.get("shown_number", type=int)
    newest_id = request.form.get("shown_newest", type=int)
    if number is None or newest_id is None:
        remembered = cookie_session.get(_KEY) or ["", 0, 0]
        if remembered[0] != _digest(about):
            return None
        number, newest_id = int(remembered[1]), int(remembered[2])
    return Confirmation(number, max(0, min(newest_id, MAX_ID)))


def _digest(about: object) -> str:
    return hashlib.sha256(repr(about).encode()).hexdigest()[:16]
