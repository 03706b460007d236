"""A comment's history: decisions, earlier texts and linked domains."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from comment_service.storage.comments.decisions import in_effect
from comment_service.storage.db import paging
from comment_service.storage.tables import (
    DELETED,
    Batch,
    Comment,
    Decision,
    LinkedDomain,
    Moderator,
    Revision,
    Seat,
)
from comment_service.storage.tables.base import MAX_ID

MOST = 50
_PARTS = re.compile(r"[^\W_]{2,}")
"""The words of a name or an address."""
_FORGET = "forget"
"""Key of a bulk action whose words name an erased person."""


def decisions(session: Session, comment_id: int) -> Sequence[Decision]:
    """Return the newest decisions about a comment, newest first."""
    query = select(Decision).where(Decision.comment_id == comment_id)
    query = query.options(joinedload(Decision.moderator)).order_by(Decision.id.desc())
    return list(session.scalars(query.limit(MOST)))


def deciders(session: Session, site_id: int) -> Sequence[Moderator]:
    """Return every moderator who ever decided on a site, also former ones."""
    decided = select(Decision.id).join(Comment, Comment.id == Decision.comment_id)
    decided = decided.where(Decision.moderator_id == Moderator.id, Comment.site_id == site_id)
    query = select(Moderator).where(decided.exists()).order_by(Moderator.name, Moderator.id)
    return list(session.scalars(query))


def colleagues(session: Session, sites: Collection[int] | None, own_id: int) -> Sequence[Moderator]:
    """Return who moderates any of these sites (None for all), and the moderator ``own_id``."""
    seat = select(Seat.id).where(Seat.moderator_id == Moderator.id)
    if sites is not None:
        seat = seat.where(or_(Seat.site_id.is_(None), Seat.site_id.in_(sites)))
    query = select(Moderator).where(or_(seat.exists(), Moderator.id == own_id))
    return list(session.scalars(query.order_by(Moderator.name, Moderator.id).limit(MOST)))


def last_single_decision(session: Session, moderator_id: int) -> int | None:
    """Return a moderator's newest single decision that is in effect and can be undone."""
    query = select(Decision.id).where(
        Decision.moderator_id == moderator_id,
        Decision.batch_id.is_(None),
        Decision.to_status != DELETED,
        *in_effect(),
    )
    return session.scalar(query.order_by(Decision.id.desc()).limit(1))


def begin_batch(
    session: Session,
    *,
    moderator_id: int,
    decision: str,
    query: Mapping[str, Any],
    expected: int,
    newest_id: int,
    now: datetime,
) -> Batch:
    """Write the audit entry of a bulk action that has not started yet.

    ``query`` is the selection, ``expected`` its size; comments newer than ``newest_id`` are not
    touched.
    """
    batch = Batch(moderator_id=moderator_id, decision=decision, query=dict(query))
    batch.expected, batch.newest_id, batch.reached_id = expected, newest_id, MAX_ID
    batch.decided = batch.undone = 0
    batch.created_at = now
    session.add(batch)
    session.flush()
    return batch


def batches(
    session: Session, *, before: int | None, limit: int
) -> tuple[Sequence[Batch], int | None]:
    """Return a page of bulk actions, newest first, and the next key."""
    return paging.newest_page(session, select(Batch), Batch.id, before=before, limit=limit)


def batch_sites(session: Session, batch_id: int) -> Collection[int]:
    """Return the ids of the sites whose comments a bulk action decided."""
    query = select(Comment.site_id).join(Decision, Decision.comment_id == Comment.id)
    return set(session.scalars(query.where(Decision.batch_id == batch_id).distinct()))


def revisions(session: Session, comment_id: int) -> Sequence[Revision]:
    """Return a comment's earlier texts, newest first, with who changed them."""
    query = select(Revision).where(Revision.comment_id == comment_id)
    query = query.options(joinedload(Revision.moderator))
    return list(session.scalars(query.order_by(Revision.id.desc()).limit(MOST)))


def domains(session: Session, comment_id: int) -> Sequence[str]:
    """Return the registrable domains that a comment links to."""
    query = select(LinkedDomain.domain).where(LinkedDomain.comment_id == comment_id)
    return list(session.scalars(query.order_by(LinkedDomain.domain).limit(MOST)))


def forget_searches(session: Session, site_id: int, known_as: Collection[str]) -> None:
    """Remove searched words that name a person, in whole or in part, from a site's bulk actions.

    ``known_as`` are the person's names and addresses; of an address, the part before the @ counts.
    An action that is under way keeps its words until it ends (``forget_if_marked``): without them,
    it would decide about other comments.
    """
    whole = {" ".join(one.casefold().split()) for one in known_as} - {""}
    parts = {part for one in whole for part in _PARTS.findall(one.partition("@")[0])}
    words = Batch.query["filter"]["words"].as_string()
    for batch in session.scalars(select(Batch).where(words != "")):
        stored = batch.query["filter"]
        sites = [stored["site"]] if stored.get("site") is not None else stored.get("sites")
        searched = " ".join(stored["words"].casefold().split())
        if sites is not None and site_id not in sites:
            continue
        if searched in whole or parts & set(_PARTS.findall(searched)):
            batch.query = {**batch.query, _FORGET: True}
            if batch.finished_at is not None:
                forget_if_marked(batch)


def forget_if_marked(batch: Batch) -> None:
    """Remove the words of an action that has ended, if they name an erased person."""
    if batch.query.get(_FORGET):
        batch.query = {**batch.query, "filter": {**batch.query["filter"], "words": ""}}
