"""What came in lately, as rules are tried on it: the text, what screening said, what it came to."""

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
"""Findings that no rule changes afterwards."""


@dataclass(frozen=True)
class Past:
    """One comment as it came in: ``said`` is screening's status, ``status`` what it is now."""

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


def comments(session: Session, site_id: int, since: datetime, limit: int) -> Sequence[Past]:
    """Return the newest comments of a site since then, at most ``limit``."""
    other = aliased(Verdict)
    newest = select(func.min(other.id)).where(other.comment_id == Comment.id).scalar_subquery()
    query = (
        select(Comment, Verdict)
        .join(Verdict, Verdict.id == newest)
        .where(Comment.site_id == site_id, Comment.created_at >= since, Comment.status != DELETED)
        .order_by(Comment.created_at.desc())
        .limit(limit)
    )
    return [_past(comment, verdict) for comment, verdict in session.execute(query)]


def _past(comment: Comment, verdict: Verdict) -> Past:
    return Past(
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
    """Return changes of a site's rules, newest first, and where the next stretch begins."""
    query = select(RuleChange).where(RuleChange.site_id == site_id)
    return paging.newest(session, query, RuleChange.id, before=before, limit=limit)
