"""Recent comments with their verdicts, on which rules are tested, and changes of rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from comment_service.storage.db import paging
from comment_service.storage.tables import DELETED, Comment, RuleChange, Verdict

OF_THE_MOMENT = frozenset(
    {
        "honeypot",
        "too_fast",
        "repeated",
        "known_spam",
        "campaign",
        "blocked",
        "no_model",
        "shield",
        "newly_known",
    }
)
"""Findings that depend on the moment of submission; no rule changes them afterwards."""


@dataclass(frozen=True)
class RecentComment:
    """A comment as it came in: ``said`` is screening's status, ``status`` the current one."""

    id: int
    text: str
    html: str
    name: str
    email: str
    url: str
    status: str
    said: str
    score: float | None
    findings: frozenset[str]


def recent_comments(
    session: Session, site_id: int, since: datetime, limit: int
) -> Sequence[RecentComment]:
    """Return a site's newest comments since a time, at most ``limit``."""
    other = aliased(Verdict)
    newest = select(func.min(other.id)).where(other.comment_id == Comment.id).scalar_subquery()
    query = (
        select(Comment, Verdict)
        .join(Verdict, Verdict.id == newest)
        .where(Comment.site_id == site_id, Comment.created_at >= since, Comment.status != DELETED)
        .order_by(Comment.created_at.desc())
        .limit(limit)
    )
    return [_recent_comment(comment, verdict) for comment, verdict in session.execute(query)]


def _recent_comment(comment: Comment, verdict: Verdict) -> RecentComment:
    return RecentComment(
        id=comment.id,
        text=comment.text,
        html=comment.html,
        name=comment.name,
        email=comment.email,
        url=comment.url,
        status=comment.status,
        said=verdict.status,
        score=verdict.score,
        findings=frozenset(
            reason["name"]
            for reason in verdict.reasons
            if reason["status"] or reason["name"] in {"first_comment", "first_comment_link"}
        ),
    )


def rule_changes(
    session: Session, site_id: int, *, before: int | None, limit: int
) -> tuple[Sequence[RuleChange], int | None]:
    """Return a page of changes of a site's rules, newest first, and the next key."""
    query = select(RuleChange).where(RuleChange.site_id == site_id)
    return paging.newest_page(session, query, RuleChange.id, before=before, limit=limit)
