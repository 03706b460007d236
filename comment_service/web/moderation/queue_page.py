"""A queue's page: its filter, its cards, and what was done last."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from comment_service.actions.filter.review_first import First
from comment_service.actions.moderation import bulk
from comment_service.storage.admin import rights
from comment_service.storage.db.session import session
from comment_service.storage.moderation import queue as queues
from comment_service.storage.moderation.filters import IDENTITIES, SORTS, Filter
from comment_service.storage.tables import Comment, Decision
from comment_service.web.http.context import number, runtime
from comment_service.web.moderation.cards import cards
from comment_service.web.moderation.filter_chips import KINDS, chips
from comment_service.web.moderation.flood_banner import floods
from comment_service.web.moderation.navigation import FIRST, LABELS
from comment_service.web.moderation.queue_query import Asked
from comment_service.web.moderation.verdicts import NAMES
from comment_service.web.moderation.view_models import (
    Choice,
    Done,
    FilterView,
    QueueView,
    ReasonView,
)

DONE = {
    "approve": _l("Approved."),
    "spam": _l("Filed as spam."),
    "reject": _l("Rejected."),
    "hold": _l("Put back to wait."),
    "undo": _l("Taken back."),
}
"""Decision → what the toast says."""
_SORTS = {
    "newest": _l("newest first"),
    "oldest": _l("oldest first"),
    "look": _l("most worth a look"),
}


def queue_view(asked: Asked) -> QueueView:
    """Return a stretch of a queue."""
    limit = runtime().settings.page_size
    comments, following = queues.load(
        session(), asked.filter, sort=asked.sort, after=asked.after, limit=limit
    )
    return QueueView(
        label=str(LABELS[asked.filter.queue]),
        current=asked.filter.queue,
        cards=cards(comments),
        next_url=asked.url(after=f"{following[0]}.{following[1]}") if following else "",
        done=done(),
        filter=_filter(asked),
        floods=floods() if asked.filter.queue == "pending" else (),
    )


def first_view(chosen: Sequence[First]) -> QueueView:
    """Return the comments to look at first, each with why, as a queue of its own."""
    comments = queues.some(session(), [one.comment_id for one in chosen])
    why = {one.comment_id: one.why for one in chosen}
    found = [
        replace(card, reasons=[ReasonView("first", why[card.id], 0.0), *card.reasons])
        for card in cards(comments)
    ]
    return QueueView(
        label=_("Review first"),
        current=FIRST,
        cards=found,
        next_url="",
        done=done(),
        filter=None,
    )


def done() -> Done | None:
    """Return what the address says was done last, while that can still be taken back."""
    before = number("before")
    decision = _decided(number("decided") or before or 0)
    if decision is not None and decision.undone_at is None and decision.decision in DONE:
        undo, said = url_for("moderation.undo", decision_id=decision.id), DONE[decision.decision]
        sentence = _("Taken back. Before that: %(what)s", what=said) if before else str(said)
        return _with_others(Done(sentence, undo), None if before else decision)
    batch = bulk.of_moderator(session(), g.rights, number("batch") or 0)
    if batch is not None and batch.undo_at is None:
        undo = url_for("moderation.undo_batch", batch_id=batch.id)
        words = f"{DONE[batch.decision]} ({batch.decided})"
        return Done(words, undo)
    return None


def _with_others(done: Done, decision: Decision | None) -> Done:
    """Offer the same decision for what says nearly the same and stands elsewhere."""
    if decision is None or decision.decision == "hold":
        return done
    comment = session().get_one(Comment, decision.comment_id)
    asked = Filter("all", g.rights.scope, site=comment.site_id, campaign=comment.campaign_id or 0)
    there = replace(asked, queue=decision.to_status)
    others = queues.counted(session(), asked).number - queues.counted(session(), there).number
    return replace(
        done,
        alike=others,
        alike_query=f"campaign={comment.campaign_id}",
        decision=decision.decision,
    )


def _decided(decision_id: int) -> Decision | None:
    """Return a decision about a comment of the asker's sites."""
    decision = session().get(Decision, decision_id)
    comment = session().get(Comment, decision.comment_id) if decision else None
    return decision if comment is not None and g.rights.moderates(comment.site_id) else None


def _filter(asked: Asked) -> FilterView:
    """Return the filter as a form."""
    counted = queues.counted(session(), asked.filter) if asked.filter.narrows else None
    shown = {"q", "reason", "score_from", "score_to", "since", "until", "identity", "model", "site"}
    return FilterView(
        action=url_for("moderation.queue", queue=asked.filter.queue),
        typed=dict(asked.values),
        kept={name: value for name, value in asked.values.items() if name not in shown},
        chips=chips(asked),
        reasons=[Choice(n, str(w), n == asked.filter.reason) for n, w in NAMES.items()],
        identities=[Choice(n, str(KINDS[n]), n == asked.filter.identity) for n in IDENTITIES],
        sorts=[Choice(n, str(_SORTS[n]), n == asked.sort) for n in SORTS],
        sites=_sites(asked),
        clear_url=url_for("moderation.queue", queue=asked.filter.queue),
        found=counted.number if counted else None,
        more=bool(counted and counted.more),
        query=urlsplit(asked.url(sort="")).query,
    )


def _sites(asked: Asked) -> list[Choice]:
    """Return the sites to choose from, none where there is one only."""
    found = rights.sites(session(), g.rights.sites)
    if len(found) < 2:
        return []
    return [Choice(site.key, site.name, site.key == asked.values.get("site")) for site in found]
