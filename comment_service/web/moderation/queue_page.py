"""A queue's page: its filter, its cards, and the last action."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from comment_service.actions.filter.review_first import ReviewPick
from comment_service.actions.moderation import bulk
from comment_service.actions.moderation.decide import OUTCOMES, UNDO
from comment_service.actions.moderation.delete_permanently import ERASE
from comment_service.storage.admin import rights
from comment_service.storage.db.session import session
from comment_service.storage.moderation import filters
from comment_service.storage.moderation import queue as queues
from comment_service.storage.moderation.filters import IDENTITIES, SORTS, Filter
from comment_service.storage.tables import Comment, Decision
from comment_service.web.http import messages
from comment_service.web.http.context import id_argument, runtime
from comment_service.web.moderation.cards import cards
from comment_service.web.moderation.filter_chips import IDENTITY_LABELS, chips, deciders
from comment_service.web.moderation.flood_banner import floods
from comment_service.web.moderation.navigation import LABELS, REVIEW_FIRST
from comment_service.web.moderation.queue_query import QueueQuery
from comment_service.web.moderation.verdicts import FINDING_LABELS
from comment_service.web.moderation.view_models import (
    Choice,
    FilterView,
    LastAction,
    QueueView,
    ReasonView,
)

DECISION_MESSAGES = {
    "approve": _l("Approved."),
    "spam": _l("Marked as spam."),
    "reject": _l("Rejected."),
    "hold": _l("Returned to the queue."),
    UNDO: _l("Taken back."),
    ERASE: _l("Deleted permanently."),
}
"""Decision → the toast's text."""
_SORT_LABELS = {
    "newest": _l("newest first"),
    "oldest": _l("oldest first"),
    "look": _l("most useful first"),
}


def queue_view(query: QueueQuery) -> QueueView:
    """Return a page of results of a queue."""
    limit = runtime().settings.page_size
    comments, following = queues.load_page(
        session(), query.filter, sort=query.sort, after=query.after, limit=limit
    )
    return QueueView(
        label=str(LABELS[query.filter.queue]),
        current=query.filter.queue,
        cards=cards(comments),
        next_url=query.url(after=f"{following[0]}.{following[1]}") if following else "",
        done=last_action(),
        filter=_filter(query),
        floods=floods() if query.filter.queue == "pending" else (),
        is_new=not (comments or query.filter.narrows)
        and not filters.count(session(), Filter("all", g.rights.scope), limit=1),
        spam_days=runtime().settings.spam_days,
    )


def first_view(candidates: Sequence[ReviewPick]) -> QueueView:
    """Return the comments to review first, each with its reason, as a queue of its own."""
    comments = queues.load_comments(session(), [candidate.comment_id for candidate in candidates])
    why = {candidate.comment_id: messages.told(candidate.why) for candidate in candidates}
    views = [
        replace(card, reasons=[ReasonView("first", why[card.id], 0.0), *card.reasons])
        for card in cards(comments)
    ]
    return QueueView(
        label=_("Review first"),
        current=REVIEW_FIRST,
        cards=views,
        next_url="",
        done=last_action(),
        filter=None,
    )


def last_action() -> LastAction | None:
    """Return the last action that the URL names, if it can still be undone."""
    undone = _find_decision(id_argument("undone") or 0)
    if undone is not None and undone.decision == UNDO:
        return _after_undo(undone, _undoable(id_argument("before")))
    decision = _undoable(id_argument("decided"))
    if decision is not None:
        undo = url_for("moderation.undo", decision_id=decision.id)
        sentence = str(DECISION_MESSAGES[decision.decision])
        return _with_similar(LastAction(sentence, undo, _("Undo")), decision)
    batch = bulk.find(session(), g.rights, id_argument("batch") or 0)
    if batch is not None and batch.undo_at is None:
        can_undo = batch.decision != ERASE
        undo = url_for("moderation.undo_batch", batch_id=batch.id) if can_undo else ""
        words = f"{DECISION_MESSAGES[batch.decision]} ({batch.decided})"
        return LastAction(words, undo, _("Undo"))
    return None


def _undoable(decision_id: int | None) -> Decision | None:
    """Return a decision of the moderator's sites that can still be undone."""
    found = _find_decision(decision_id or 0)
    if found is None or found.undone_at is not None:
        return None
    return found if found.decision in OUTCOMES else None


def _after_undo(undone: Decision, before: Decision | None) -> LastAction:
    """Say where the comment is now, and offer to undo the moderator's decision before, by name."""
    values = {"name": _name_of(undone), "status": LABELS.get(undone.to_status, undone.to_status)}
    if undone.from_status == undone.to_status:
        sentence = _("Undone. The comment by %(name)s stays here: %(status)s.", **values)
    else:
        sentence = _("Undone. The comment by %(name)s is back: %(status)s.", **values)
    if before is None:
        return LastAction(sentence, "", "")
    what = DECISION_MESSAGES[before.decision]
    label = _("Undo also: %(name)s. %(what)s", name=_name_of(before), what=what)
    return LastAction(sentence, url_for("moderation.undo", decision_id=before.id), label)


def _name_of(decision: Decision) -> str:
    comment = session().get_one(Comment, decision.comment_id)
    return comment.name


def _with_similar(action: LastAction, decision: Decision | None) -> LastAction:
    """Offer the same decision for the comment's campaign (near-duplicates with another status)."""
    if decision is None or decision.decision == "hold":
        return action
    comment = session().get_one(Comment, decision.comment_id)
    similar = Filter("all", g.rights.scope, site=comment.site_id, campaign=comment.campaign_id or 0)
    same_status = replace(similar, queue=decision.to_status)
    others = (
        queues.count_filter(session(), similar).number
        - queues.count_filter(session(), same_status).number
    )
    return replace(
        action,
        alike=others,
        alike_query=f"campaign={comment.campaign_id}",
        decision=decision.decision,
    )


def _find_decision(decision_id: int) -> Decision | None:
    """Return a decision about a comment of the moderator's sites; None if there is none."""
    decision = session().get(Decision, decision_id)
    comment = session().get(Comment, decision.comment_id) if decision else None
    return decision if comment is not None and g.rights.moderates(comment.site_id) else None


def _filter(query: QueueQuery) -> FilterView:
    """Return the filter as a form."""
    counted = queues.count_filter(session(), query.filter) if query.filter.narrows else None
    shown = {
        *("q", "reason", "score_from", "score_to", "since", "until", "identity", "model", "site"),
        "decided_by",
    }
    people = deciders(query.values.get("decided_by", ""))
    return FilterView(
        action=url_for("moderation.queue", queue=query.filter.queue),
        typed=dict(query.values),
        kept={name: value for name, value in query.values.items() if name not in shown},
        chips=chips(query, people),
        reasons=[Choice(n, str(w), n == query.filter.reason) for n, w in FINDING_LABELS.items()],
        identities=[
            Choice(n, str(IDENTITY_LABELS[n]), n == query.filter.identity) for n in IDENTITIES
        ],
        sorts=[Choice(n, str(_SORT_LABELS[n]), n == query.sort) for n in SORTS],
        sites=_sites(query),
        deciders=people,
        clear_url=url_for("moderation.queue", queue=query.filter.queue),
        found=counted.number if counted else None,
        more=bool(counted and counted.more),
        query=urlsplit(query.url(sort="")).query,
    )


def _sites(query: QueueQuery) -> list[Choice]:
    """Return the sites to choose from, empty if there is only one."""
    found = rights.allowed_sites(session(), g.rights.sites)
    if len(found) < 2:
        return []
    return [Choice(site.key, site.name, site.key == query.values.get("site")) for site in found]
