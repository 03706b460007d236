"""Sources of a site's labels, and what was retracted of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from comment_service.storage.db import paging
from comment_service.storage.filter import labels
from comment_service.storage.tables import Forgetting, Label


@dataclass(frozen=True)
class Source:
    """Labels of one actor through one source: all, counting, retracted."""

    source: str
    actor: str
    labels: int
    in_force: int
    forgotten: int

    @property
    def forgettable(self) -> bool:
        """Whether there are labels left to retract."""
        return self.labels > self.forgotten


def load_sources(
    session: Session, site_id: int, *, after: tuple[str, str] | None, limit: int
) -> tuple[Sequence[Source], bool]:
    """Return the sources after ``after`` (source, actor), and whether more follow."""
    counts = case((and_(*labels.in_force(site_id)), 1), else_=0).label("counts")
    gone = case((labels.retracted(), 1), else_=0).label("gone")
    one = select(Label.source, Label.actor, counts, gone).where(Label.site_id == site_id)
    if after is not None:
        source, actor = after
        further = and_(Label.source == source, Label.actor > actor)
        one = one.where(or_(Label.source > source, further))
    each = one.subquery().c
    query = (
        select(each.source, each.actor, func.count(), func.sum(each.counts), func.sum(each.gone))
        .group_by(each.source, each.actor)
        .order_by(each.source, each.actor)
        .limit(limit + 1)
    )
    found = [Source(s, a, n, int(m), int(g)) for s, a, n, m, g in session.execute(query)]
    return found[:limit], len(found) > limit


def count(session: Session, site_id: int, source: str, actor: str) -> tuple[int, int]:
    """Return how many labels of a source are not retracted, and how many of them count."""
    counts = case((and_(*labels.in_force(site_id)), 1), else_=0).label("counts")
    each = select(counts).where(*_of(site_id, source, actor), ~labels.retracted()).subquery().c
    number, in_force = session.execute(select(func.count(), func.sum(each.counts))).one()
    return number, int(in_force or 0)


def _of(site_id: int, source: str, actor: str) -> tuple[ColumnElement[bool], ...]:
    return Label.site_id == site_id, Label.source == source, Label.actor == actor


def retractions(
    session: Session, site_id: int, *, before: int | None, limit: int
) -> tuple[Sequence[Forgetting], int | None]:
    """Return a page of retractions, newest first, and the next key."""
    query = select(Forgetting).where(Forgetting.site_id == site_id)
    return paging.newest_page(session, query, Forgetting.id, before=before, limit=limit)


def reversible(session: Session, site_id: int) -> frozenset[int]:
    """Return the retractions that can be reversed: the newest active one of each source."""
    query = select(func.max(Forgetting.id)).where(
        Forgetting.site_id == site_id, Forgetting.undone_at.is_(None)
    )
    return frozenset(session.scalars(query.group_by(Forgetting.source, Forgetting.actor)))
