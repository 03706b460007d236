"""The training label of a decision: one per comment, valid while the decision is in effect."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.storage import tables as t

LABELS = {"approve": "ham", "spam": "spam", "reject": "rejected"}
"""Decision → label.

A rejected comment counts as neither ham nor spam; one that is returned to the queue has no label.
"""


def add_label(
    session: Session, runtime: Runtime, comment: t.Comment, row: t.Decision, actor: str
) -> None:
    """Replace the comment's label by that of a decision, with the current text."""
    withdraw_labels(session, runtime, comment.id)
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


def withdraw_labels(session: Session, runtime: Runtime, comment_id: int) -> None:
    """Withdraw a comment's labels: only the newest decision counts."""
    query = update(t.Label).where(t.Label.comment_id == comment_id, t.Label.withdrawn_at.is_(None))
    values = query.values(withdrawn_at=runtime.now())
    session.execute(values.execution_options(synchronize_session=False))


def restore_label(session: Session, decision_id: int) -> None:
    """Restore the label of a decision that is in effect again."""
    query = update(t.Label).where(t.Label.decision_id == decision_id).values(withdrawn_at=None)
    session.execute(query.execution_options(synchronize_session=False))
