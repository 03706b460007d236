"""A week of a site in figures: what came in, what people did, which pages are busy.

Every query goes along an index and looks at so many rows at most: ``LOOKED`` comments and
``DECIDED`` decisions of a week, ``COUNTED`` where they are only counted. A figure that rests on
fewer than there are says so (``looked`` beside ``came``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import ScalarSelect, and_, func, select
from sqlalchemy.orm import Session, aliased

from comment_service.storage.tables import (
    PENDING,
    PUBLISHED,
    REJECTED,
    SPAM,
    Comment,
    Decision,
    Page,
    Verdict,
)

COUNTED = 50_000
LOOKED = 2000
DECIDED = 5000
PAUSE = timedelta(minutes=5)
"""Between two decisions further apart than this, a moderator did something else."""
WEEK = timedelta(days=7)
HOT = 5


@dataclass(frozen=True)
class Arrived:
    """Comments of a span by what screening made of them, over the newest ``looked`` of them."""

    since: datetime
    came: int
    looked: int
    said: Mapping[str, int]

    @property
    def counted_all(self) -> bool:
        """Whether the figures are of all that came."""
        return self.came == self.looked


@dataclass(frozen=True)
class Work:
    """What moderators did in a span, over the newest ``DECIDED`` decisions."""

    decisions: int
    corrected: int  # turned round what screening alone had done
    undone: int
    wait: timedelta | None  # median from being held to the first decision
    spent: timedelta
    more: bool  # whether there were more decisions


@dataclass(frozen=True)
class HotPage:
    """A page with its comments of the last day."""

    id: int
    title: str
    url: str
    comments: int


def arrived(session: Session, site_id: int, since: datetime, until: datetime) -> Arrived:
    """Return what came in between two times."""
    span = (
        Comment.site_id == site_id,
        Comment.created_at > since,
        Comment.created_at <= until,
    )
    inner = select(Comment.id).where(*span).limit(COUNTED).subquery()
    came = session.scalar(select(func.count()).select_from(inner)) or 0
    newest = select(Comment.id).where(*span).order_by(Comment.created_at.desc()).limit(LOOKED)
    some = newest.subquery()
    first = (
        select(Verdict.status)
        .where(Verdict.comment_id == some.c.id)
        .order_by(Verdict.id)
        .limit(1)
        .scalar_subquery()
    )
    each = select(first.label("status")).select_from(some).subquery()
    query = select(each.c.status, func.count()).group_by(each.c.status)
    said = {status: count for status, count in session.execute(query) if status}
    return Arrived(since, came, min(came, LOOKED), said)


def weeks(session: Session, site_id: int, now: datetime, count: int = 12) -> Sequence[Arrived]:
    """Return what came in week by week up to now, the oldest first."""
    ends = [now - WEEK * number for number in range(count)]
    return [arrived(session, site_id, end - WEEK, end) for end in reversed(ends)]


def work(session: Session, site_id: int, since: datetime, until: datetime) -> Work:
    """Return what moderators did between two times."""
    earlier = aliased(Decision)
    before = select(earlier.id).where(
        earlier.comment_id == Decision.comment_id, earlier.id < Decision.id
    )
    query = (
        select(Decision, func.coalesce(_held_since(), Comment.created_at), ~before.exists())
        .join(Comment, and_(Comment.id == Decision.comment_id, Comment.site_id == site_id))
        .where(Decision.created_at > since, Decision.created_at <= until)
        .order_by(Decision.created_at.desc(), Decision.id.desc())
        .limit(DECIDED)
    )
    rows = [(one, since, bool(first)) for one, since, first in session.execute(query)]
    firsts = [(one, since) for one, since, first in rows if first and one.undone_at is None]
    waits = [
        (one.created_at - held).total_seconds()
        for one, held in firsts
        if one.from_status == PENDING
    ]
    return Work(
        decisions=sum(1 for one, _came, _first in rows if one.undoes_id is None),
        corrected=sum(1 for one, _came in firsts if _turned_round(one)),
        undone=sum(1 for one, _came, _first in rows if one.undoes_id is not None),
        wait=timedelta(seconds=median(waits)) if waits else None,
        spent=_spent([one for one, _came, _first in rows]),
        more=len(rows) == DECIDED,
    )


def _held_since() -> ScalarSelect[datetime]:
    """Select when the comment of a decision was held last before it: reports may do so late."""
    return (
        select(func.max(Verdict.created_at))
        .where(
            Verdict.comment_id == Decision.comment_id,
            Verdict.status == PENDING,
            Verdict.created_at <= Decision.created_at,
        )
        .scalar_subquery()
    )


def hot(session: Session, site_id: int, since: datetime) -> Sequence[HotPage]:
    """Return the pages with most comments among the newest ``LOOKED`` since then."""
    newest = (
        select(Comment.page_id)
        .where(
            Comment.site_id == site_id,
            Comment.created_at >= since,
            Comment.status.in_((PUBLISHED, PENDING)),
        )
        .order_by(Comment.created_at.desc())
        .limit(LOOKED)
        .subquery()
    )
    count = func.count()
    query = (
        select(Page, count)
        .join(newest, newest.c.page_id == Page.id)
        .group_by(Page.id)
        .order_by(count.desc(), Page.id.desc())
        .limit(HOT)
    )
    return [
        HotPage(page.id, page.title or page.url, page.url, number)
        for page, number in session.execute(query)
    ]


def _turned_round(one: Decision) -> bool:
    """Tell whether a first decision says that screening was wrong; holding says nothing."""
    let_through = one.from_status == PUBLISHED and one.to_status in (SPAM, REJECTED)
    return let_through or (one.from_status in (SPAM, REJECTED) and one.to_status == PUBLISHED)


def _spent(decisions: Sequence[Decision]) -> timedelta:
    """Return the pauses up to ``PAUSE`` between one moderator's decisions, together."""
    last: dict[int, datetime] = {}
    spent = timedelta()
    for one in sorted(decisions, key=lambda one: one.created_at):
        pause = one.created_at - last.get(one.moderator_id, one.created_at)
        spent += pause if pause <= PAUSE else timedelta()
        last[one.moderator_id] = one.created_at
    return spent
