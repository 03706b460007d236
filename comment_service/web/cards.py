"""Rows of storage → a moderation queue's cards, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import replace

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup

from comment_service.actions.review_first import First
from comment_service.storage import history
from comment_service.storage import queue as queues
from comment_service.storage.session import session
from comment_service.storage.tables import PUBLISHED, SPAM, Comment, Decision, Verdict
from comment_service.text.markdown import plain
from comment_service.web import present
from comment_service.web.context import runtime
from comment_service.web.guard import Place
from comment_service.web.shapes import CardView, QueueLink, QueueView, ReasonView

FIRST = "first"


def queue_view(queue: str, *, before: int | None, moderator: str, undo: int | None) -> QueueView:
    """Return a stretch of a queue; ``undo`` names the decision that was just taken."""
    limit = runtime().settings.page_size
    comments, following = queues.load(session(), queue, before=before, limit=limit)
    decision = session().get(Decision, undo) if undo else None
    standing = decision if decision is not None and decision.undone_at is None else None
    return QueueView(
        queues=links(queue),
        current=queue,
        cards=_cards(comments),
        next_url=url_for("moderation.queue", queue=queue, before=following) if following else "",
        moderator=moderator,
        sign_out_url=url_for("signin.sign_out"),
        undo_id=standing.id if standing else None,
        undo_sentence=done_sentence(standing.decision) if standing else "",
    )


def first_view(moderator: str, chosen: Sequence[First]) -> QueueView:
    """Return the comments to look at first, each with why, as a queue of its own."""
    comments = queues.some(session(), [one.comment_id for one in chosen])
    why = {one.comment_id: one.why for one in chosen}
    cards = [
        replace(card, reasons=[ReasonView("first", why[card.id], 0.0), *card.reasons])
        for card in _cards(comments)
    ]
    return QueueView(
        queues=links(FIRST),
        current=FIRST,
        cards=cards,
        next_url="",
        moderator=moderator,
        sign_out_url=url_for("signin.sign_out"),
        undo_id=None,
        undo_sentence="",
    )


def done_sentence(decision: str) -> str:
    """Return what a decision did, in words."""
    words = {"approve": _("Approved."), "spam": _("Filed as spam."), "reject": _("Rejected.")}
    return str(words.get(decision, ""))


def links(current: str) -> list[QueueLink]:
    """Return the queues with their counts."""
    labels = {
        "pending": _("Needs review"),
        "spam": _("Spam"),
        "published": _("Published"),
        "rejected": _("Rejected"),
        "all": _("All"),
    }
    counts = queues.counts(session())
    found = [
        QueueLink(q, labels[q], counts[q], url_for("moderation.queue", queue=q), q == current)
        for q in queues.QUEUES
    ]
    if current == FIRST:
        found.insert(
            0, QueueLink(FIRST, _("Review first"), None, url_for("moderation.first"), True)
        )
    return found


def _cards(comments: Sequence[Comment]) -> list[CardView]:
    """Return the cards of a stretch: one query each for verdicts, decisions and histories."""
    ids = [comment.id for comment in comments]
    verdicts = queues.verdicts(session(), ids)
    decisions = queues.decisions(session(), ids)
    authors = history.author_counts(session(), list({c.author_id for c in comments}))
    return [
        _card(c, verdicts.get(c.id), decisions.get(c.id), dict(authors[c.author_id]))
        for c in comments
    ]


def _card(
    comment: Comment, verdict: Verdict | None, decision: Decision | None, counts: dict[str, int]
) -> CardView:
    """Return one comment with why it stands here."""
    page, parent = comment.page, comment.parent
    at = Place(page.site, page.url, page.title)
    return CardView(
        id=comment.id,
        status=comment.status,
        site_name=page.site.name,
        page_title=page.title or page.url,
        page_url=page.url,
        comment_url=present.link(at, "thread_page", focus=comment.id) + f"#comment-{comment.id}",
        parent_name=parent.name if parent else "",
        parent_text=plain(parent.html, 400) if parent else "",
        author_name=comment.name,
        author_email=comment.email,
        author_url=comment.url,
        author_published=counts.get(PUBLISHED, 0),
        author_spam=counts.get(SPAM, 0),
        avatar=present.avatar(comment.author_id),
        created=comment.created_at,
        html=Markup(comment.html),  # noqa: S704 - made safe by text/
        text=comment.text,
        score=verdict.score if verdict else None,
        model=verdict.model if verdict else "",
        reasons=_reasons(verdict),
        decision_id=decision.id if decision else None,
        decided_by=decision.moderator.name if decision else "",
        decided_at=decision.created_at if decision else None,
    )


def _reasons(verdict: Verdict | None) -> list[ReasonView]:
    """Return a verdict's reasons, what decided it first."""
    found = verdict.reasons if verdict else []
    return [ReasonView(r["name"], r["sentence"], float(r["weight"])) for r in found]
