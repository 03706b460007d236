"""Wipe comments: remove their texts and every row that quotes them."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from comment_service.storage import tables as t
from comment_service.storage.comments import webmentions

_QUOTING_TABLES = (
    t.Revision,
    t.LinkedDomain,
    t.Report,
    t.CommentLike,
    t.Reaction,
    t.VerdictReason,
)
"""Tables whose rows quote a comment or say something about it, besides the labels."""


def wipe_comment(session: Session, comment: t.Comment) -> None:
    """Remove a comment's text and data, and every row that quotes it, labels too."""
    wipe_comments(session, [comment])


def wipe_comments(
    session: Session, comments: Sequence[t.Comment], *, keeps_labels: bool = False
) -> None:
    """Remove the texts and data of comments, and every row that quotes them.

    With ``keeps_labels``, the labels that are not withdrawn stay as training examples, without
    name, address and website.
    """
    ids = [comment.id for comment in comments]
    for table in _QUOTING_TABLES:
        quoting = delete(table).where(table.comment_id.in_(ids))
        session.execute(quoting.execution_options(synchronize_session=False))
    labels = delete(t.Label).where(t.Label.comment_id.in_(ids))
    if keeps_labels:
        anonymize_labels(session, ids)
        labels = labels.where(t.Label.withdrawn_at.is_not(None))
    session.execute(labels.execution_options(synchronize_session=False))
    reasons = update(t.Verdict).where(t.Verdict.comment_id.in_(ids)).values(reasons=[])
    session.execute(reasons.execution_options(synchronize_session=False))
    notes = update(t.Decision).where(t.Decision.comment_id.in_(ids)).values(note="")
    session.execute(notes.execution_options(synchronize_session=False))
    forget_deliveries(session, ids)
    webmentions.erase_of_comments(session, ids)
    for comment in comments:
        comment.status = t.DELETED
        comment.name = comment.email = comment.url = comment.text = comment.html = ""
        comment.source_url, comment.written_at = "", None
        comment.privacy_confirmed = False
        comment.likeness = comment.text_hash = comment.network = ""
        comment.report_count = comment.best = 0
        comment.reported = False
        if comment.page.pinned_id == comment.id:
            comment.page.pinned_id = None
    session.flush()
    for comment in comments:
        session.expire(comment, ["like_count"])  # deleting the likes has changed it


def anonymize_labels(session: Session, comment_ids: Collection[int]) -> None:
    """Remove name, address and website from the training examples of these comments."""
    labels = update(t.Label).where(t.Label.comment_id.in_(comment_ids))
    values = labels.values(author="", email="", url="")
    session.execute(values.execution_options(synchronize_session=False))


def forget_deliveries(session: Session, comment_ids: Collection[int]) -> None:
    """Remove the sent bodies of webhooks that quote these comments, and the answers to them."""
    quoting = update(t.WebhookDelivery).where(t.WebhookDelivery.comment_id.in_(comment_ids))
    session.execute(
        quoting.values(body="", response="").execution_options(synchronize_session=False)
    )
