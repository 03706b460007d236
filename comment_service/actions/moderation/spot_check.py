"""The weekly spot check: what the filter did by itself, looked at by a person and measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from random import Random

from sqlalchemy.orm import Session

from comment_service.actions.moderation import decide
from comment_service.actions.moderation.decide import Decided
from comment_service.errors import CommentGone
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.db.session import serialise
from comment_service.storage.moderation import spot_check

SIZE = 20
"""Comments of one check; half of each kind, and more of one where there are fewer of the other."""
DAYS = 7
POOLED = 8
"""Newest checks whose samples are counted together."""
DECISIONS = {
    (t.PUBLISHED, True): "approve",
    (t.PUBLISHED, False): "spam",
    (t.SPAM, True): "spam",
    (t.SPAM, False): "approve",
}
"""(What it was, whether that was right) → the decision that says so."""


@dataclass(frozen=True)
class Rate:
    """Mistakes among samples, with the 95 % interval of their share."""

    wrong: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The mistakes' share, 0 where nothing was looked at."""
        return self.wrong / self.of if self.of else 0.0


@dataclass(frozen=True)
class Measured:
    """How often the filter was wrong: honest comments filed, spam published."""

    filed: Rate
    published: Rate


def week_of(moment: datetime) -> str:
    """Return the ISO week of a time, such as 2026-W45."""
    year, week, _day = moment.isocalendar()
    return f"{year}-W{week:02}"


def draw(*, session: Session, runtime: Runtime, site_id: int) -> t.SpotCheck | None:
    """Return this week's check of a site, drawn now where there is none; None without comments.

    What is drawn depends on the week and the installation's secret: asking again draws the same.
    """
    now = runtime.now()
    week = week_of(now)
    serialise(session, f"spot check {site_id}")
    known = spot_check.of_week(session, site_id, week)
    if known is not None:
        return known
    chance = Random(runtime.keyed_hash("spot check", f"{site_id} {week}"))  # noqa: S311
    since = now - timedelta(days=DAYS)
    published, filed = (
        spot_check.draw(session, site_id, kind, since=since, count=SIZE, chance=chance)
        for kind in spot_check.KINDS
    )
    if not published.of + filed.of:
        return None
    check = t.SpotCheck(site_id=site_id, week=week, published=published.of, filed=filed.of)
    check.created_at = now
    session.add(check)
    session.flush()
    of_filed = max(min(SIZE // 2, len(filed.ids)), SIZE - len(published.ids))
    picked = [(one, t.SPAM) for one in filed.ids[:of_filed]]
    picked += [(one, t.PUBLISHED) for one in published.ids[: SIZE - len(picked)]]
    session.add_all(t.SpotSample(check_id=check.id, comment_id=one, was=was) for one, was in picked)
    session.flush()
    return check


def judge(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    check_id: int,
    comment_id: int,
    right: bool,
    expected: str = "",
) -> Decided:
    """Say whether the filter was right about a sample: an ordinary decision, with its label.

    Raises:
        DecidedBefore: somebody else decided since it was shown with the status ``expected``.
        CommentGone: it is no sample of this check, was deleted, or is of another site.
    """
    sample = session.get(t.SpotSample, (check_id, comment_id))
    if sample is None:
        raise CommentGone("This comment is no part of the check (any more).")
    return decide.decide(
        session=session,
        runtime=runtime,
        moderator_id=moderator_id,
        comment_id=comment_id,
        decision=DECISIONS[sample.was, right],
        expected=expected,
    )


def measured(session: Session, check_ids: Sequence[int]) -> Measured:
    """Return the rates over these checks, each sample counting the same.

    What was rejected is honest but unwanted: it is neither a mistake nor none, and not counted.
    """
    found = spot_check.found(session, check_ids)

    def rate(was: str, wrong: str) -> Rate:
        return wilson(
            found.get((was, wrong), 0), found.get((was, wrong), 0) + found.get((was, was), 0)
        )

    return Measured(filed=rate(t.SPAM, t.PUBLISHED), published=rate(t.PUBLISHED, t.SPAM))


def wilson(wrong: int, of: int, z: float = 1.959964) -> Rate:
    """Return a rate with its score interval of 95 %, 0 to 1 where nothing was looked at.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22 (1927), 209 to 212.
    """
    if not of:
        return Rate(0, 0, 0.0, 1.0)
    share, square = wrong / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return Rate(wrong, of, max(middle - half, 0.0), min(middle + half, 1.0))
