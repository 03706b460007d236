"""One decision about many comments: over what is ticked, or over everything a filter lets through.

A request decides for a few seconds at most; the batch's own page tells how far it has come, and
goes on.
"""

from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from urllib.parse import parse_qsl

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response

from comment_service.actions.moderation import bulk
from comment_service.actions.moderation.decide import OUTCOMES
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import filters
from comment_service.storage.moderation.filters import QUEUES
from comment_service.web.http import place
from comment_service.web.http.context import language, runtime
from comment_service.web.http.return_to import back, decision, inside
from comment_service.web.moderation import queue_query as asking
from comment_service.web.moderation.queue_page import DONE

SECONDS = 3.0
"""Time that one request may spend on a batch."""


def choose() -> Response | str:
    """Decide about what is ticked; show the number first where a whole filter is meant."""
    wanted = decision()
    if request.form.get("whole") and not request.form.get("sure"):
        return _page(
            "moderation/bulk", asked=_asked(), decision=wanted, number=_number(wanted), batch=None
        )
    picked = [
        int(key)
        for key in request.form.getlist("id")
        if key.isascii() and key.isdigit() and len(key) < 19
    ]
    expected = _number(wanted) if request.form.get("whole") else None
    with transaction() as current:
        batch_id = bulk.begin(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            decision=wanted,
            asked=_asked().filter if request.form.get("whole") else None,
            picked=picked,
            expected=expected,
        ).id
    return run(batch_id)


def show(batch_id: int) -> str:
    """Show how far a batch has come."""
    batch = bulk.of_moderator(session(), g.rights, batch_id)
    if batch is None:
        raise NotFound
    return _page(
        "moderation/bulk", asked=None, decision=batch.decision, number=batch.expected, batch=batch
    )


def go_on(batch_id: int) -> Response:
    """Decide about the next comments of a batch."""
    return run(batch_id)


def undo(batch_id: int) -> Response:
    """Take a batch back."""

    def step() -> bool:
        with transaction() as current:
            return bulk.undo_step(
                session=current,
                runtime=runtime(),
                moderator_id=g.moderator_id,
                batch_id=batch_id,
            )

    return redirect(_batch_url(batch_id) if _lasts(step) else back(), 303)


def run(batch_id: int) -> Response:
    """Decide stretch by stretch while there is time; then tell where it stands."""

    def step() -> bool:
        with transaction() as current:
            batch = bulk.step(
                session=current,
                runtime=runtime(),
                moderator_id=g.moderator_id,
                batch_id=batch_id,
            )
            return batch.finished_at is None

    return redirect(_batch_url(batch_id) if _lasts(step) else back("batch", batch_id), 303)


def _lasts(step: Callable[[], bool]) -> bool:
    """Take steps while there is time and more to do; return whether there is more."""
    end, more = monotonic() + SECONDS, step()
    while more and monotonic() < end:
        more = step()
    return more


def _batch_url(batch_id: int) -> str:
    return url_for("moderation.batch", batch_id=batch_id, next=back(), go=1)


def _asked() -> asking.Asked:
    """Return the filter that a form names by its queue and its query string."""
    queue = request.form.get("queue", "")
    if queue not in QUEUES:
        raise BadRequest(_("Choose a queue."))
    sent = MultiDict(parse_qsl(request.form.get("query", "")[:4000]))
    return asking.read(queue, place.clean(sent))


def _number(wanted: str) -> int:
    """Return how many comments would change."""
    asked = _asked().filter
    number, there = filters.count(session(), asked), OUTCOMES[wanted]
    if asked.queue == "all":
        number -= filters.count(session(), replace(asked, queue=there))
    return number


def _page(template: str, **values: object) -> str:
    code, direction = language()
    return render_template(
        f"comments/{template}.html",
        next_path=back() if request.method == "POST" else inside(request.args.get("next", "")),
        said=DONE,
        locale=code,
        direction=direction,
        **values,
    )


ROUTES = (
    ("/batches", "choose", "POST", choose),
    ("/batches/<id:batch_id>", "batch", "GET", show),
    ("/batches/<id:batch_id>/continue", "go_on", "POST", go_on),
    ("/batches/<id:batch_id>/undo", "undo_batch", "POST", undo),
)
"""Address below the moderation pages, endpoint, method, view."""
