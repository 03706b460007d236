"""Bulk actions: one decision for the selected comments, or for all that match a filter.

A request works for a few seconds at most; the batch's page shows the progress and continues.
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
from comment_service.actions.moderation.delete_permanently import ERASE
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import filters
from comment_service.storage.moderation.filters import QUEUES, Filter
from comment_service.storage.tables import SPAM
from comment_service.web.http import body
from comment_service.web.http.context import language, runtime
from comment_service.web.http.return_to import requested_decision, return_url, safe_target
from comment_service.web.moderation import confirmation
from comment_service.web.moderation import queue_query as asking
from comment_service.web.moderation.confirmation import Confirmation
from comment_service.web.moderation.queue_page import DECISION_MESSAGES

TIME_LIMIT = 3.0
"""Time that one request may spend on a batch, in seconds."""


def start() -> Response | str:
    """Start a bulk action; for a whole filter, first show the number of comments to confirm."""
    decision = requested_decision(ERASE)
    if request.form.get("whole"):
        return _start_on_filter(decision)
    selected = [
        int(key)
        for key in request.form.getlist("id")
        if key.isascii() and key.isdigit() and len(key) < 19
    ]
    with transaction() as current:
        batch_id = bulk.begin(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            decision=decision,
            selected=selected,
        ).id
    return run(batch_id)


def _start_on_filter(decision: str) -> Response | str:
    """Start a bulk action on the comments that the confirmation page counted, or show that page.

    Comments that arrive after the page was shown stay as they are. If more of the older ones match
    by now, the page is shown again with the new number.
    """
    query = _requested_query()
    if decision == ERASE and query.filter.queue != SPAM:
        raise BadRequest(_("Choose a queue."))
    about = (decision, query.filter.queue, sorted(query.values.items()))
    agreed = confirmation.confirmed(about)
    newest_id = bulk.newest_id(session(), query.filter) if agreed is None else agreed.newest_id
    matching = replace(query.filter, newest_id=newest_id)
    number = _count_changes(decision, matching)
    if agreed is None or number > agreed.number:
        shown = confirmation.offer(about, Confirmation(number, newest_id))
        return _page(
            "moderation/bulk",
            asked=query,
            decision=decision,
            number=number,
            batch=None,
            shown=shown,
        )
    session().rollback()  # counted before the transaction, which blocks all other writers
    with transaction() as current:
        batch_id = bulk.begin(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            decision=decision,
            matching=matching,
            expected=number,
        ).id
    return run(batch_id)


def show(batch_id: int) -> str:
    """Show the progress of a batch."""
    batch = bulk.find(session(), g.rights, batch_id)
    if batch is None:
        raise NotFound
    return _page(
        "moderation/bulk", asked=None, decision=batch.decision, number=batch.expected, batch=batch
    )


def continue_batch(batch_id: int) -> Response:
    """Continue a batch."""
    return run(batch_id)


def undo(batch_id: int) -> Response:
    """Undo a batch."""

    def step() -> bool:
        with transaction() as current:
            return bulk.undo_step(
                session=current,
                runtime=runtime(),
                moderator_id=g.moderator_id,
                batch_id=batch_id,
            )

    return redirect(_batch_url(batch_id) if _run_steps(step) else return_url(), 303)


def run(batch_id: int) -> Response:
    """Work on a batch until the time limit, then redirect to its progress or the queue."""

    def step() -> bool:
        with transaction() as current:
            batch = bulk.step(
                session=current,
                runtime=runtime(),
                moderator_id=g.moderator_id,
                batch_id=batch_id,
            )
            return batch.finished_at is None

    return redirect(_batch_url(batch_id) if _run_steps(step) else return_url(batch=batch_id), 303)


def _run_steps(step: Callable[[], bool]) -> bool:
    """Run steps until the time limit or the end; return True if there is more to do."""
    end, more = monotonic() + TIME_LIMIT, step()
    while more and monotonic() < end:
        more = step()
    return more


def _batch_url(batch_id: int) -> str:
    return url_for("moderation.batch", batch_id=batch_id, next=return_url(), go=1)


def _requested_query() -> asking.QueueQuery:
    """Return the query that a form sends as its queue and query string."""
    queue = request.form.get("queue", "")
    if queue not in QUEUES:
        raise BadRequest(_("Choose a queue."))
    query = MultiDict(parse_qsl(request.form.get("query", "")[:4000]))
    return asking.read(queue, body.sanitize(query))


def _count_changes(decision: str, matching: Filter) -> int:
    """Return how many comments the decision would change."""
    number = filters.count(session(), matching)
    if matching.queue == "all":
        number -= filters.count(session(), replace(matching, queue=OUTCOMES[decision]))
    return number


def _page(template: str, **values: object) -> str:
    code, direction = language()
    return render_template(
        f"comments/{template}.html",
        next_path=return_url()
        if request.method == "POST"
        else safe_target(request.args.get("next", "")),
        said=DECISION_MESSAGES,
        locale=code,
        direction=direction,
        **values,
    )


ROUTES = (
    ("/batches", "choose", "POST", start),
    ("/batches/<id:batch_id>", "batch", "GET", show),
    ("/batches/<id:batch_id>/continue", "go_on", "POST", continue_batch),
    ("/batches/<id:batch_id>/undo", "undo_batch", "POST", undo),
)
"""URL below the moderation pages, endpoint, method, view."""
