"""The domains that a comment links to."""

from collections.abc import Iterable

from sqlalchemy import delete
from sqlalchemy.orm import Session

from comment_service.storage.db import prepared
from comment_service.storage.tables import Comment, LinkedDomain


def replace_domains(session: Session, comment: Comment, domains: Iterable[str]) -> None:
    """Replace the stored domains of an edited comment."""
    session.execute(delete(LinkedDomain).where(LinkedDomain.comment_id == comment.id))
    add_domains(session, comment, domains)


def add_domains(session: Session, comment: Comment, domains: Iterable[str]) -> None:
    """Store the domains of a new comment."""
    known = sorted({domain[:255] for domain in domains})
    if known:
        place = {"comment_id": comment.id, "site_id": comment.site_id}
        prepared.insert(session, LinkedDomain, *({**place, "domain": one} for one in known))
