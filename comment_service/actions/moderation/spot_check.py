"""The weekly spot check: a person judges a sample of the filter's results, to measure errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from random import Random

from sqlalchemy.orm import Session

from comment_service.actions.moderation import decide
from comment_service.actions.moderation.decide import DecisionResult
from comment_service.errors import CommentNotFound
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.db.session import serialise
from comment_service.storage.moderation import spot_check

SIZE = 20
"""Comments per check: half published, half spam; more of one kind if there are few of the other."""
DAYS = 7
POOLED = 8
"""Number of newest checks whose samples are combined."""
DECISIONS = {
    (t.PUBLISHED, True): "approve",
    (t.PUBLISHED, False): "spam",
    (t.SPAM, True): "spam",
    (t.SPAM, False): "approve",
}
"""(The filter's result, whether it was right) → the decision that records this."""


@dataclass(frozen=True)
class ErrorRate:
    """Errors among samples, with the 95 % confidence range of their share."""

    wrong: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share of errors, 0 without samples."""
        return self.wrong / self.of if self.of else 0.0


@dataclass(frozen=True)
class ErrorRates:
    """The filter's error rates: good comments marked as spam, spam published."""

    filed: ErrorRate
    published: ErrorRate


def week_of(moment: datetime) -> str:
    """Return the ISO week of a time, such as 2026-W45."""
    year, week, _day = moment.isocalendar()
    return f"{year}-W{week:02}"


def draw(*, session: Session, runtime: Runtime, site_id: int) -> t.SpotCheck | None:
    """Return this week's check of a site, drawn now if there is none; None without comments.

    The sample depends only on the week and the installation's secret, so it is reproducible.
    """
    now = runtime.now()
    week = week_of(now)
    serialise(session, f"spot check {site_id}")
    existing = spot_check.of_week(session, site_id, week)
    if existing is not None:
        return existing
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
    filed_count = max(min(SIZE // 2, len(filed.ids)), SIZE - len(published.ids))
    picked = [(comment_id, t.SPAM) for comment_id in filed.ids[:filed_count]]
    picked += [(comment_id, t.PUBLISHED) for comment_id in published.ids[: SIZE - len(picked)]]
    session.add_all(
        t.SpotSample(check_id=check.id, comment_id=comment_id, was=was)
        for comment_id, was in picked
    )
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
) -> DecisionResult:
    """Record whether the filter was right about a sample, as a normal decision with its label.

    Raises:
        DecisionConflict: the comment was changed since it was shown with the state ``expected``.
        CommentNotFound: it is not in this check, was deleted, or is not on the moderator's sites.
    """
    sample = session.get(t.SpotSample, (check_id, comment_id))
    if sample is None:
        raise CommentNotFound("This comment is no part of the check (any more).")
    return decide.decide(
        session=session,
        runtime=runtime,
        moderator_id=moderator_id,
        comment_id=comment_id,
        decision=DECISIONS[sample.was, right],
        expected=expected,
    )


def measure(session: Session, check_ids: Sequence[int]) -> ErrorRates:
    """Return the error rates over these checks, with equal weight for each sample.

    A rejected comment is neither spam nor wanted, so it does not count.
    """
    counts = spot_check.count_outcomes(session, check_ids)

    def rate(was: str, wrong: str) -> ErrorRate:
        return wilson_rate(
            counts.get((was, wrong), 0), counts.get((was, wrong), 0) + counts.get((was, was), 0)
        )

    return ErrorRates(filed=rate(t.SPAM, t.PUBLISHED), published=rate(t.PUBLISHED, t.SPAM))


def wilson_rate(wrong: int, of: int, z: float = 1.959964) -> ErrorRate:
    """Return an error rate with its 95 % score interval; 0 to 1 without samples.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22 (1927), 209 to 212.
    """
    if not of:
        return ErrorRate(0, 0, 0.0, 1.0)
    share, square = wrong / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return ErrorRate(wrong, of, max(middle - half, 0.0), min(middle + half, 1.0))
