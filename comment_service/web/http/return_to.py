"""What a moderator's form asks for, and where it leads: back to the queue it was sent from."""

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest

from comment_service.actions.moderation.decide import OUTCOMES


def inside(target: str, otherwise: str | None = None) -> str:
    """Return an address of the moderation pages as it is, ``otherwise`` or the first queue else."""
    home = url_for("moderation.queue")
    fine = target.startswith(home) and "//" not in target and "\\" not in target
    return target if fine else home if otherwise is None else otherwise


def decision() -> str:
    """Return the decision that a form asks for."""
    asked = request.form.get("decision", "")
    if asked not in OUTCOMES:
        raise BadRequest(_("Choose approve, spam, reject or hold."))
    return asked


def back(name: str = "", done_id: int | None = None) -> str:
    """Return where the form wants to go, naming what was done so that it can be taken back."""
    target = inside(request.form.get("next", ""))
    if done_id is None:
        return target
    path, mark, anchor = target.partition("#")
    return f"{path}{'&' if '?' in path else '?'}{name}={done_id}{mark}{anchor}"
