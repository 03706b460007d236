"""The comments behind a figure on the filter page, newest first."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, joinedload

from comment_service.storage.tables import Comment, Label, ShadowScore, Verdict


def of_cell(
    session: Session,
    site_id: int,
    cell: tuple[str, str],
    *,
    since: datetime,
    before: int | None,
    limit: int,
) -> tuple[Sequence[tuple[Comment, Verdict]], int | None]:
    """Return a page of comments in a cell of the confusion table, and the next key."""
    said, now = cell
    query = (
        select(Comment, Verdict)
        .join(Verdict, Verdict.comment_id == Comment.id)
        .where(Comment.site_id == site_id, Comment.created_at >= since)
        .where(Verdict.status == said, Comment.status == now)
        .options(joinedload(Comment.page))
        .order_by(Verdict.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(Verdict.id < before)
    found = [(comment, verdict) for comment, verdict in session.execute(query)]
    return found[:limit], found[limit - 1][1].id if len(found) > limit else None


def flips(
    session: Session, model_id: str, *, before: int | None, limit: int
) -> tuple[Sequence[tuple[Comment, Verdict, ShadowScore]], int | None]:
    """Return a page of submissions that a candidate would decide differently, and the next key.

    Both keys are ids of shadow scores.
    """
    query = (
        select(Comment, Verdict, ShadowScore)
        .join(ShadowScore, ShadowScore.comment_id == Comment.id)
        .join(Verdict, and_(Verdict.comment_id == Comment.id, Verdict.model != model_id))
        .where(ShadowScore.model_id == model_id, ShadowScore.status != Verdict.status)
        .order_by(ShadowScore.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(ShadowScore.id < before)
    found = [(c, v, s) for c, v, s in session.execute(query)]
    return found[:limit], found[limit - 1][2].id if len(found) > limit else None


def labels_by_id(session: Session, site_id: int, ids: Sequence[int]) -> Sequence[Label]:
    """Return a site's labels with these ids, newest first; labels of other sites are left out."""
    query = select(Label).where(Label.site_id == site_id, Label.id.in_(ids))
    return session.scalars(query.order_by(Label.id.desc())).all()
