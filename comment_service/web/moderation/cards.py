"""Convert database rows to the cards of a moderation queue, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import g, url_for

from comment_service.actions.moderation.conflict import shown_as
from comment_service.storage.admin import rules
from comment_service.storage.comments import reports
from comment_service.storage.comments.reports import OpenReports
from comment_service.storage.db.session import session
from comment_service.storage.moderation import cards as knowledge
from comment_service.storage.moderation import notes
from comment_service.storage.moderation import queue as queues
from comment_service.storage.moderation.cards import CardContext
from comment_service.storage.tables import PUBLISHED, Comment, Decision, Page, Verdict
from comment_service.text.markdown import plain_excerpt
from comment_service.web.comments import avatars, presenters
from comment_service.web.comments.report_views import KIND_LABELS
from comment_service.web.http import messages
from comment_service.web.http.context import runtime
from comment_service.web.moderation import verdicts
from comment_service.web.moderation.highlight import highlighted
from comment_service.web.moderation.presence import presence_text
from comment_service.web.moderation.view_models import (
    AuthorView,
    CardView,
    DecisionView,
    NeighbourView,
    ReasonView,
    ReportsView,
)


def cards(comments: Sequence[Comment]) -> list[CardView]:
    """Return the cards of a page of results, with one query for each kind of detail."""
    ids = [comment.id for comment in comments]
    verdicts_by_id = queues.verdicts(session(), ids)
    decisions = queues.decisions(session(), ids)
    facts = knowledge.load_context(session(), ids)
    noted = notes.note_summaries(session(), [comment.author_id for comment in comments])
    opened = notes.open_by(session(), ids, but=g.moderator_id, now=runtime().now())
    reported = reports.open_reports(session(), [c.id for c in comments if c.reported])
    views = [_card(c, verdicts_by_id.get(c.id), decisions.get(c.id), facts[c.id]) for c in comments]
    return [
        replace(
            card,
            noted=noted.get(comment.author_id),
            open_by=presence_text(opened.get(card.id, ())),
            reports=_reports(reported.get(card.id)),
        )
        for card, comment in zip(views, comments, strict=True)
    ]


def _card(
    comment: Comment, verdict: Verdict | None, decision: Decision | None, facts: CardContext
) -> CardView:
    """Return the card of one comment with its verdict."""
    page, parent = comment.page, comment.parent
    return CardView(
        id=comment.id,
        status=comment.status,
        expected=shown_as(comment),
        **_page_fields(page),
        pinned=page.pinned_id == comment.id,
        pinnable=comment.status == PUBLISHED and comment.parent_id is None,
        source_url=comment.source_url,
        privacy_confirmed=comment.privacy_confirmed,
        comment_url=_permalink(comment),
        more_url=url_for("moderation.comment", comment_id=comment.id),
        parent_name=parent.name if parent else "",
        parent_text=plain_excerpt(parent.html, 400) if parent else "",
        author=_author(comment, facts),
        created=comment.created_at,
        edited=comment.edited_at,
        text=comment.text,
        marked=highlighted(comment.text, verdict.reasons if verdict else []),
        sentence=verdicts.verdict_summary(comment.text, verdict),
        score=verdict.score if verdict else None,
        model=verdict.model if verdict else "",
        reasons=_reasons(verdict),
        alike=facts.alike,
        alike_url=url_for("moderation.queue", queue="all", campaign=comment.campaign_id or 0),
        decision=_decision(decision),
    )


def neighbours(comment: Comment, found: Sequence[Comment]) -> list[NeighbourView]:
    """Return the comments around a comment with itself among them; nothing if it is alone."""
    if not found:
        return []
    views = []
    for one in sorted([*found, comment], key=lambda row: row.id):
        url = "" if one is comment else url_for("moderation.comment", comment_id=one.id)
        views.append(
            NeighbourView(
                name=one.name,
                excerpt=plain_excerpt(one.html, 160),
                created=one.created_at,
                url=url,
                answers=one.parent_id == comment.id,
            )
        )
    return views


def _permalink(comment: Comment) -> str:
    """Return the comment's public URL, or its moderation page if it has no public place."""
    if not comment.shown:
        return url_for("moderation.comment", comment_id=comment.id)
    return presenters.comment_url("thread_page", "focus", comment.id) + f"#comment-{comment.id}"


def _page_fields(page: Page) -> dict[str, Any]:
    """Return a card's fields about the page."""
    own = rules.of_page(runtime().settings, page.site, page)
    return {
        "site_name": page.site.name,
        "owned_site": page.site.key if _owns(page.site_id) else "",
        "page_title": page.title or page.url,
        "page_url": page.url,
        "page_closed": rules.is_closed(page, own, runtime().now()),
        "page_filter_url": url_for("moderation.queue", queue="all", page=page.id),
        "page_more_url": url_for("pages.one", page_id=page.id),
    }


def _owns(site_id: int) -> bool:
    """Return True for an owner; who decides by a link in a mail is not signed in."""
    rights = g.get("rights")
    return rights is not None and rights.owns(site_id)


def _reports(reported: OpenReports | None) -> ReportsView | None:
    """Return the readers' reports on a comment with their labels."""
    if reported is None:
        return None
    kinds = (
        f"{KIND_LABELS[kind]} ×{count}" if count > 1 else str(KIND_LABELS[kind])
        for kind, count in reported.kinds.items()
    )
    words = [(str(KIND_LABELS[kind]), words, name) for kind, words, name in reported.words]
    return ReportsView(sum(reported.kinds.values()), ", ".join(kinds), words)


def _decision(row: Decision | None) -> DecisionView | None:
    if row is None:
        return None
    return DecisionView(row.id, row.moderator.name, row.created_at, row.note)


def _author(comment: Comment, facts: CardContext) -> AuthorView:
    """Return the author of a comment, under the name that the comment shows."""
    author = comment.author
    blocked = "shadowed" if author.shadowed else "blocked"
    state = blocked if author.blocked_at else "trusted" if author.trusted_at else ""
    return AuthorView(
        name=comment.name,
        email=comment.email,
        url=comment.url,
        avatar=avatars.avatar(author),
        published=facts.published,
        spam=facts.spam,
        rejected=facts.rejected,
        first_seen=author.created_at,
        elsewhere=facts.elsewhere,
        state=state,
        blocked_until=author.blocked_until,
        filter_url=url_for("moderation.queue", queue="all", author=author.id),
    )


def _reasons(verdict: Verdict | None) -> list[ReasonView]:
    """Return a verdict's reasons, the decisive one first."""
    found = verdict.reasons if verdict else []
    return [
        ReasonView(
            r["name"],
            messages.told(r["sentence"]),
            float(r["weight"]),
            by_rule=verdict is not None and verdicts.is_decisive(r, verdict),
        )
        for r in found
    ]
