"""What a decision teaches the model: one label, for as long as the decision stands."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.storage import tables as t

LABELS = {"approve": "ham", "spam": "spam", "reject": "rejected"}
"""Decision → what the model may learn; a rejected comment is neither ham nor spam to it,
and one that is put back to wait teaches nothing."""


def teach(
    session: Session, runtime: Runtime, comment: t.Comment, row: t.Decision, actor: str
) -> None:
    """Let a decision alone teach about its comment, with the text as it is now."""
    withdraw(session, runtime, comment.id)
    if row.decision not in LABELS:
        return
    session.add(
        t.Label(
            site_id=comment.site_id,
            comment_id=comment.id,
            decision_id=row.id,
            label=LABELS[row.decision],
            text=comment.text,
            author=comment.name,
            email=comment.email,
            url=comment.url,
            source="decision",
            actor=actor,
            weight=1.0,
            created_at=runtime.now(),
        )
    )


def withdraw(session: Session, runtime: Runtime, comment_id: int) -> None:
    """Let a comment's labels no longer count: the newest decision alone teaches."""
    query = update(t.Label).where(t.Label.comment_id == comment_id, t.Label.withdrawn_at.is_(None))
    values = query.values(withdrawn_at=runtime.now())
    session.execute(values.execution_options(synchronize_session=False))


def restore(session: Session, decision_id: int) -> None:
    """Let the label of a decision that stands again count again."""
    query = update(t.Label).where(t.Label.decision_id == decision_id).values(withdrawn_at=None)
    session.execute(query.execution_options(synchronize_session=False))
