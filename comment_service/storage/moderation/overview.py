"""A site's week in figures: incoming comments, moderators' work, busy pages.

Every query follows an index and reads a bounded number of rows: ``LOOKED`` comments and
``DECIDED`` decisions of a week, ``COUNTED`` where rows are only counted. A figure based on fewer
rows than exist says so (``looked`` beside ``came``).
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
"""A longer pause between two decisions does not count as moderation time."""
WEEK = timedelta(days=7)
HOT = 5


@dataclass(frozen=True)
class IncomingComments:
    """Incoming comments of a period by screening's result, over the newest ``looked`` of them."""

    since: datetime
    came: int
    looked: int
    said: Mapping[str, int]

    @property
    def counted_all(self) -> bool:
        """Whether the figures cover every comment of the period."""
        return self.came == self.looked


@dataclass(frozen=True)
class Work:
    """Moderators' work in a period, over the newest ``DECIDED`` decisions."""

    decisions: int
    corrected: int  # decisions that contradict screening
    undone: int
    wait: timedelta | None  # median time from being held to the first decision
    spent: timedelta
    more: bool  # True if there were more decisions


@dataclass(frozen=True)
class BusyPage:
    """A page with its number of comments on the last day."""

    id: int
    title: str
    url: str
    comments: int


def load_incoming(
    session: Session, site_id: int, since: datetime, until: datetime
) -> IncomingComments:
    """Return the incoming comments between two times."""
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
    return IncomingComments(since, came, min(came, LOOKED), said)


def load_weeks(
    session: Session, site_id: int, now: datetime, count: int = 12
) -> Sequence[IncomingComments]:
    """Return the incoming comments week by week up to now, oldest first."""
    ends = [now - WEEK * number for number in range(count)]
    return [load_incoming(session, site_id, end - WEEK, end) for end in reversed(ends)]


def load_work(session: Session, site_id: int, since: datetime, until: datetime) -> Work:
    """Return the moderators' work between two times."""
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
        corrected=sum(1 for one, _came in firsts if _contradicts_screening(one)),
        undone=sum(1 for one, _came, _first in rows if one.undoes_id is not None),
        wait=timedelta(seconds=median(waits)) if waits else None,
        spent=_time_spent([one for one, _came, _first in rows]),
        more=len(rows) == DECIDED,
    )


def _held_since() -> ScalarSelect[datetime]:
    """Select when a decision's comment was last held before it; reports can hold it late."""
    return (
        select(func.max(Verdict.created_at))
        .where(
            Verdict.comment_id == Decision.comment_id,
            Verdict.status == PENDING,
            Verdict.created_at <= Decision.created_at,
        )
        .scalar_subquery()
    )


def busy_pages(session: Session, site_id: int, since: datetime) -> Sequence[BusyPage]:
    """Return the pages with most comments among the newest ``LOOKED`` since a time."""
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
        BusyPage(page.id, page.title or page.url, page.url, number)
        for page, number in session.execute(query)
    ]


def _contradicts_screening(one: Decision) -> bool:
    """Return True if a first decision contradicts screening; holding contradicts nothing."""
    let_through = one.from_status == PUBLISHED and one.to_status in (SPAM, REJECTED)
    return let_through or (one.from_status in (SPAM, REJECTED) and one.to_status == PUBLISHED)


def _time_spent(decisions: Sequence[Decision]) -> timedelta:
    """Return the sum of one moderator's pauses of at most ``PAUSE`` between decisions."""
    last: dict[int, datetime] = {}
    spent = timedelta()
    for one in sorted(decisions, key=lambda one: one.created_at):
        pause = one.created_at - last.get(one.moderator_id, one.created_at)
        spent += pause if pause <= PAUSE else timedelta()
        last[one.moderator_id] = one.created_at
    return spent
