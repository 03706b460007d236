"""Keep what screening found: the receipt itself, and what a candidate model would have said."""

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening import Submission, Verdict
from comment_service.screening.classifier import MODEL_FINDINGS, shadow
from comment_service.screening.pipeline import decide
from comment_service.storage import tables as t
from comment_service.storage.comments import threads
from comment_service.storage.filter import context, versions
from comment_service.storage.moderation import receipts


def record(session: Session, runtime: Runtime, comment: t.Comment, verdict: Verdict) -> None:
    """Keep the verdict as a receipt and bring what is public into line with it."""
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
    receipts.note(
        session,
        comment,
        score=verdict.score,
        model=verdict.model,
        names=names,
        copies=max(sum(campaign.values()) - 1, 0),
    )
    if comment.status == t.PUBLISHED:
        threads.refresh(session, comment)
    session.flush()


def keep_shadow(
    session: Session,
    runtime: Runtime,
    comment: t.Comment,
    submission: Submission,
    verdict: Verdict,
) -> None:
    """Keep what it would have come to with the candidate as the model; it decides nothing."""
    candidate = versions.candidate_id(session, submission.site_id)
    said = shadow(session, runtime, submission) if candidate else None
    if candidate is not None and said is not None and said.score is not None:
        rules = [finding for finding in verdict.findings if finding.name not in MODEL_FINDINGS]
        session.add(
            t.ShadowScore(
                comment_id=comment.id,
                model_id=candidate,
                score=said.score,
                status=decide([*rules, *said.findings]),
                created_at=runtime.now(),
            )
        )
