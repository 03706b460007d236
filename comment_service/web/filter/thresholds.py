"""The threshold slider: what another threshold would have done in the last ninety days."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from comment_service.storage.filter.figures import BINS, Histogram

ROWS = (1, 2, 5, 10, 20, 50)
"""Rows of the table: good comments wrongly held per month."""

MIN_HONEST, MIN_SPAM = 100, 20
"""Minimum comments of each class; with fewer, the page warns of unreliable figures."""

_Z = 1.96


@dataclass(frozen=True)
class Rate:
    """Events per span of time, with their 95 % confidence range."""

    number: float
    low: float
    high: float

    @classmethod
    def of(cls, count: int, spans: float) -> "Rate":
        """Return the rate of ``count`` events in ``spans`` spans of time.

        The interval is Byar's for a Poisson count (Breslow and Day, "Statistical Methods in Cancer
        Research" II, 1987, page 69).
        """
        more = count + 1
        high = more * (1 - 1 / (9 * more) + _Z / (3 * sqrt(more))) ** 3
        low = count * (1 - 1 / (9 * count) - _Z / (3 * sqrt(count))) ** 3 if count else 0.0
        return cls(*(_round(value / spans) for value in (count, max(low, 0.0), high)))


def _round(value: float) -> float:
    """Round to the digits worth showing."""
    return round(value, 1 if value < 100 else None)


@dataclass(frozen=True)
class Estimate:
    """The estimated effect of one threshold."""

    threshold: float
    honest_held: Rate  # per month
    spam_through: Rate  # a month
    looks: Rate  # per week

    @property
    def plain(self) -> list[float]:
        """The numbers in the order that the page's script reads."""
        rates = (self.honest_held, self.spam_through, self.looks)
        return [self.threshold, *(n for r in rates for n in (r.number, r.low, r.high))]


@dataclass(frozen=True)
class Slider:
    """The slider's points, table and curve, and the number of comments behind them."""

    points: Sequence[Estimate]
    now: int  # index of the current threshold
    table: Sequence[Estimate]
    curve: str  # points of the SVG's polyline
    dot: tuple[float, float]  # position of the current threshold on the curve
    honest: int
    spam: int
    decided: tuple[int, int]  # how many of the good and spam comments a moderator decided
    days: int

    @property
    def few(self) -> bool:
        """True if there are too few comments for reliable figures."""
        return self.honest < MIN_HONEST or self.spam < MIN_SPAM

    @property
    def unseen(self) -> bool:
        """True if moderators decided too few of them: the filter would then confirm itself."""
        return self.decided[0] < MIN_HONEST or self.decided[1] < MIN_SPAM


def slider(counts: Histogram, hold_at: float) -> Slider:
    """Return the slider of a site for the current threshold."""
    points = estimates(counts)
    now = min(int(hold_at * BINS), BINS - 1)
    places = _curve(points)
    return Slider(
        points=points,
        now=now,
        table=_rows(points),
        curve=" ".join(dict.fromkeys(f"{x:.1f},{y:.1f}" for x, y in places)),
        dot=places[now] if places else (0.0, 0.0),
        honest=sum(counts.honest),
        spam=sum(counts.spam),
        decided=counts.decided,
        days=round(counts.days),
    )


def estimates(counts: Histogram) -> list[Estimate]:
    """Return the estimated effect of each threshold."""
    months, weeks = counts.days / 30, counts.days / 7
    honest, spam = sum(counts.honest), sum(counts.spam)
    points = []
    for step in range(BINS):
        held, caught = sum(counts.honest[step:]), sum(counts.spam[step:])
        points.append(
            Estimate(
                threshold=step / BINS,
                honest_held=Rate.of(held, months),
                spam_through=Rate.of(spam - caught, months),
                looks=Rate.of(held + caught, weeks),
            )
        )
    return points if honest + spam else []


def _rows(points: Sequence[Estimate]) -> list[Estimate]:
    """Return, for each row of the table, the lowest threshold within its limit of held comments."""
    rows: list[Estimate] = []
    for allowed in ROWS:
        matching = [point for point in points if point.honest_held.number <= allowed]
        if matching and matching[0] not in rows:
            rows.append(matching[0])
    return rows


def _curve(points: Sequence[Estimate]) -> list[tuple[float, float]]:
    """Return the curve's coordinates, 0 to 100: x is good comments held, y is spam missed.

    Both axes use square roots, because the interesting values are near zero.
    """
    most_held = max((point.honest_held.number for point in points), default=0) or 1
    most_spam = max((point.spam_through.number for point in points), default=0) or 1
    return [
        (
            round(100 * sqrt(p.honest_held.number / most_held), 1),
            round(100 - 100 * sqrt(p.spam_through.number / most_spam), 1),
        )
        for p in points
    ]
