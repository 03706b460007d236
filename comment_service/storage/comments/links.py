"""The domains that a comment leads to."""

from collections.abc import Iterable

from sqlalchemy import delete
from sqlalchemy.orm import Session

from comment_service.storage.tables import Comment, LinkedDomain


def replace(session: Session, comment: Comment, domains: Iterable[str]) -> None:
    """Note where an edited comment leads now."""
    session.execute(delete(LinkedDomain).where(LinkedDomain.comment_id == comment.id))
    note(session, comment, domains)


def note(session: Session, comment: Comment, domains: Iterable[str]) -> None:
    """Note where a new comment leads."""
    for domain in sorted({domain[:255] for domain in domains}):
        row = LinkedDomain(comment_id=comment.id, site_id=comment.site_id, domain=domain)
        session.add(row)
    session.flush()
