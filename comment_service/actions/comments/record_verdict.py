"""Store a verdict, and the score that a candidate model would have given."""

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening import Submission, Verdict
from comment_service.screening.classifier import MODEL_FINDINGS, classify_by_candidate
from comment_service.screening.pipeline import decide_status
from comment_service.storage import tables as t
from comment_service.storage.comments import threads
from comment_service.storage.filter import context, versions
from comment_service.storage.moderation import receipts


def record_verdict(
    session: Session, runtime: Runtime, comment: t.Comment, verdict: Verdict
) -> None:
    """Store the verdict of a comment and update the public thread."""
    session.add(
        t.Verdict(
            comment_id=comment.id,
            status=verdict.status,
            score=verdict.score,
            hold_at=verdict.hold_at,
            spam_at=verdict.spam_at,
            reasons=verdict.reasons(),
            model=verdict.model,
            milliseconds=verdict.milliseconds,
            features=verdict.features,
            created_at=runtime.now(),
        )
    )
    names = [finding.name for finding in verdict.findings]
    campaign = context.campaign_counts(session, comment.site_id, comment.campaign_id)
    receipts.copy_verdict(
        session,
        comment,
        score=verdict.score,
        model=verdict.model,
        names=names,
        copies=max(sum(campaign.values()) - 1, 0),
    )
    if comment.status == t.PUBLISHED:
        threads.refresh_counts(session, comment)
    session.flush()


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
