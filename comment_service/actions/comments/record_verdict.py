"""Store a verdict, and the score that a candidate model would have given."""

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening import Submission, Verdict
from comment_service.screening.classifier import MODEL_FINDINGS, classify_by_candidate
from comment_service.screening.pipeline import decide_status
from comment_service.storage import tables as t
from comment_service.storage.comments import threads
from comment_service.storage.db import prepared
from comment_service.storage.filter import context, versions
from comment_service.storage.moderation import receipts


def add_with_verdict(
    session: Session, runtime: Runtime, comment: t.Comment, page: t.Page, verdict: Verdict
) -> None:
    """Insert a new comment with its first verdict, and update the public thread.

    The verdict's copies on the comment are part of the INSERT.
    """
    copies = _copies(session, comment) if comment.campaign_id else 0
    receipts.copy_score(comment, page, score=verdict.score, model=verdict.model, copies=copies)
    comment.page, comment.status = page, verdict.status
    comment.shown = verdict.status == t.PUBLISHED  # it has no replies yet
    threads.refer_to_itself(session, comment)
    prepared.add(session, comment)
    receipts.add_names(session, comment, verdict.names())
    _add_verdict(session, runtime, comment, verdict)
    if not comment.shown:
        return
    parent = session.get(t.Comment, comment.parent_id) if comment.parent_id is not None else None
    if parent is None or parent.shown:
        threads.bump_revision(session, comment.page_id)
    else:  # the place of a pending parent is public now
        threads.refresh_counts(session, comment)


def record_verdict(
    session: Session, runtime: Runtime, comment: t.Comment, verdict: Verdict
) -> None:
    """Store a later verdict of a comment and update the public thread."""
    copies = _copies(session, comment)
    receipts.copy_score(
        comment, comment.page, score=verdict.score, model=verdict.model, copies=copies
    )
    receipts.replace_names(session, comment, verdict.names())
    _add_verdict(session, runtime, comment, verdict)
    if comment.status == t.PUBLISHED:
        threads.refresh_counts(session, comment)


def _copies(session: Session, comment: t.Comment) -> int:
    """Return the number of other comments in the campaign."""
    counts = context.campaign_counts(
        session, comment.site_id, comment.campaign_id, besides=comment.id
    )
    return sum(counts.values())


def _add_verdict(session: Session, runtime: Runtime, comment: t.Comment, verdict: Verdict) -> None:
    row = {
        "comment_id": comment.id,
        "status": verdict.status,
        "score": verdict.score,
        "hold_at": verdict.hold_at,
        "spam_at": verdict.spam_at,
        "reasons": verdict.reasons(),
        "model": verdict.model,
        "milliseconds": verdict.milliseconds,
        "features": verdict.features,
        "created_at": runtime.now(),
    }
    prepared.insert(session, t.Verdict, row)
    runtime.count_verdict(verdict.status, verdict.names())


def record_shadow_score(
    session: Session,
    runtime: Runtime,
    comment: t.Comment,
    submission: Submission,
    verdict: Verdict,
) -> None:
    """Store the verdict that the candidate model would have given; it has no effect."""
    candidate = versions.candidate_id(session, submission.site_id)
    shadow_verdict = classify_by_candidate(session, runtime, submission) if candidate else None
    if candidate is not None and shadow_verdict is not None and shadow_verdict.score is not None:
        rules = [finding for finding in verdict.findings if finding.name not in MODEL_FINDINGS]
        session.add(
            t.ShadowScore(
                comment_id=comment.id,
                model_id=candidate,
                score=shadow_verdict.score,
                status=decide_status([*rules, *shadow_verdict.findings]),
                created_at=runtime.now(),
            )
        )
