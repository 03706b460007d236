"""Rows of storage → a moderation queue's cards, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import g, url_for

from comment_service.actions.moderation.conflict import shown_as
from comment_service.storage.admin import rules
from comment_service.storage.comments import reports
from comment_service.storage.comments.reports import Told
from comment_service.storage.db.session import session
from comment_service.storage.moderation import cards as knowledge
from comment_service.storage.moderation import notes
from comment_service.storage.moderation import queue as queues
from comment_service.storage.moderation.cards import Known
from comment_service.storage.tables import PUBLISHED, Comment, Decision, Page, Verdict
from comment_service.text.markdown import plain
from comment_service.web.comments import avatars, presenters
from comment_service.web.comments.report_views import KIND_WORDS
from comment_service.web.http.context import runtime
from comment_service.web.http.place import Place
from comment_service.web.moderation import verdicts
from comment_service.web.moderation.highlight import marked
from comment_service.web.moderation.presence import said
from comment_service.web.moderation.view_models import (
    AuthorView,
    CardView,
    DecisionView,
    ReasonView,
    ReportsView,
)


def cards(comments: Sequence[Comment]) -> list[CardView]:
    """Return the cards of a stretch: one query each for what stands on them."""
    ids = [comment.id for comment in comments]
    found = queues.verdicts(session(), ids)
    decisions = queues.decisions(session(), ids)
    known = knowledge.known(session(), ids)
    noted = notes.noted(session(), [comment.author_id for comment in comments])
    opened = notes.open_by(session(), ids, but=g.moderator_id, now=runtime().now())
    told = reports.told(session(), [c.id for c in comments if c.reported])
    made = [_card(c, found.get(c.id), decisions.get(c.id), known[c.id]) for c in comments]
    return [
        replace(
            card,
            noted=noted.get(comment.author_id),
            open_by=said(opened.get(card.id, ())),
            reports=_reports(told.get(card.id)),
        )
        for card, comment in zip(made, comments, strict=True)
    ]


def _card(
    comment: Comment, verdict: Verdict | None, decision: Decision | None, known: Known
) -> CardView:
    """Return one comment with why it stands here."""
    page, parent = comment.page, comment.parent
    at = Place(page.site, page.url, page.title)
    return CardView(
        id=comment.id,
        status=comment.status,
        expected=shown_as(comment),
        **_place(page),
        pinned=page.pinned_id == comment.id,
        pinnable=comment.status == PUBLISHED and comment.parent_id is None,
        comment_url=_permalink(at, comment),
        more_url=url_for("moderation.comment", comment_id=comment.id),
        parent_name=parent.name if parent else "",
        parent_text=plain(parent.html, 400) if parent else "",
        author=_author(comment, known),
        created=comment.created_at,
        edited=comment.edited_at,
        text=comment.text,
        marked=marked(comment.text, verdict.reasons if verdict else []),
        sentence=verdicts.sentence(comment.text, verdict),
        score=verdict.score if verdict else None,
        model=verdict.model if verdict else "",
        reasons=_reasons(verdict),
        alike=known.alike,
        alike_url=url_for("moderation.queue", queue="all", campaign=comment.campaign_id or 0),
        decision=_decision(decision),
    )


def _permalink(at: Place, comment: Comment) -> str:
    """Return where a comment stands: on its page, or where only moderators see it."""
    if not comment.shown:
        return url_for("moderation.comment", comment_id=comment.id)
    return presenters.link(at, "thread_page", focus=comment.id) + f"#comment-{comment.id}"


def _place(page: Page) -> dict[str, Any]:
    """Return what a card shows of the page."""
    own = rules.of_page(runtime().settings, page.site, page)
    return {
        "site_name": page.site.name,
        "page_title": page.title or page.url,
        "page_url": page.url,
        "page_closed": rules.is_closed(page, own, runtime().now()),
        "page_filter_url": url_for("moderation.queue", queue="all", page=page.id),
        "page_more_url": url_for("pages.one", page_id=page.id),
    }


def _reports(told: Told | None) -> ReportsView | None:
    """Return what readers say against a comment, in words."""
    if told is None:
        return None
    kinds = (
        f"{KIND_WORDS[kind]} ×{count}" if count > 1 else str(KIND_WORDS[kind])
        for kind, count in told.kinds.items()
    )
    words = [(str(KIND_WORDS[kind]), words, name) for kind, words, name in told.words]
    return ReportsView(sum(told.kinds.values()), ", ".join(kinds), words)


def _decision(row: Decision | None) -> DecisionView | None:
    if row is None:
        return None
    return DecisionView(row.id, row.moderator.name, row.created_at, row.note)


def _author(comment: Comment, known: Known) -> AuthorView:
    """Return who wrote it, under the name that stands at the comment."""
    author = comment.author
    blocked = "shadowed" if author.shadowed else "blocked"
    state = blocked if author.blocked_at else "trusted" if author.trusted_at else ""
    return AuthorView(
        name=comment.name,
        email=comment.email,
        url=comment.url,
        avatar=avatars.avatar(author),
        published=known.published,
        spam=known.spam,
        rejected=known.rejected,
        first_seen=author.created_at,
        elsewhere=known.elsewhere,
        state=state,
        blocked_until=author.blocked_until,
        filter_url=url_for("moderation.queue", queue="all", author=author.id),
    )


def _reasons(verdict: Verdict | None) -> list[ReasonView]:
    """Return a verdict's reasons, what decided it first."""
    found = verdict.reasons if verdict else []
    return [ReasonView(r["name"], r["sentence"], float(r["weight"])) for r in found]
