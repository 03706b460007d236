"""Where a moderator goes after an action: back to the queue that it was taken from."""

from flask import request, url_for


def inside(target: str) -> str:
    """Return an address of the moderation pages as it is, anything else as the first queue."""
    home = url_for("moderation.queue")
    fine = target.startswith(home) and "//" not in target and "\\" not in target
    return target if fine else home


def back(name: str = "", done_id: int | None = None) -> str:
    """Return where the form wants to go, naming what was done so that it can be taken back."""
    target = inside(request.form.get("next", ""))
    if done_id is None:
        return target
    path, mark, anchor = target.partition("#")
    return f"{path}{'&' if '?' in path else '?'}{name}={done_id}{mark}{anchor}"
