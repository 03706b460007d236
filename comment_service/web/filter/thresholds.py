"""Counts of the last ninety days → the slider: what another threshold would have meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from comment_service.storage.filter.figures import BINS, Histogram

ROWS = (1, 2, 5, 10, 20, 50)
"""Honest comments wrongly held per month for which the table beside the curve has a row."""

ENOUGH_HONEST, ENOUGH_SPAM = 100, 20
"""Comments below which the figures are too few to trust, and are said to be."""

_Z = 1.96


@dataclass(frozen=True)
class Rate:
    """How often something happens in a span of time, and between what 95 times of 100."""

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
    """Return a number with as many digits as somebody reads."""
    return round(value, 1 if value < 100 else None)


@dataclass(frozen=True)
class WhatIf:
    """What holding from one threshold would have meant."""

    threshold: float
    honest_held: Rate  # a month
    spam_through: Rate  # a month
    looks: Rate  # a week

    @property
    def plain(self) -> list[float]:
        """The numbers as the page's script reads them."""
        rates = (self.honest_held, self.spam_through, self.looks)
        return [self.threshold, *(n for r in rates for n in (r.number, r.low, r.high))]


@dataclass(frozen=True)
class Slider:
    """One point a step, a table, a curve, and how much all of it rests on."""

    points: Sequence[WhatIf]
    now: int  # the step that is in force
    table: Sequence[WhatIf]
    curve: str  # points of the SVG's polyline
    dot: tuple[float, float]  # the step that is in force, on the curve
    honest: int
    spam: int
    decided: tuple[int, int]  # of them, honest and spam, by a person
    days: int

    @property
    def few(self) -> bool:
        """Whether there are too few comments to trust the figures."""
        return self.honest < ENOUGH_HONEST or self.spam < ENOUGH_SPAM

    @property
    def unseen(self) -> bool:
        """Whether people looked at too few of them: the filter then bears itself witness."""
        return self.decided[0] < ENOUGH_HONEST or self.decided[1] < ENOUGH_SPAM


def slider(counts: Histogram, hold_at: float) -> Slider:
    """Return the slider of a site's counts, at the threshold that is in force."""
    points = what_if(counts)
    now = min(int(hold_at * BINS), BINS - 1)
    places = _places(points)
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


def what_if(counts: Histogram) -> list[WhatIf]:
    """Return for each step of the slider what holding from there would have meant."""
    months, weeks = counts.days / 30, counts.days / 7
    honest, spam = sum(counts.honest), sum(counts.spam)
    points = []
    for step in range(BINS):
        held, caught = sum(counts.honest[step:]), sum(counts.spam[step:])
        points.append(
            WhatIf(
                threshold=step / BINS,
                honest_held=Rate.of(held, months),
                spam_through=Rate.of(spam - caught, months),
                looks=Rate.of(held + caught, weeks),
            )
        )
    return points if honest + spam else []


def _rows(points: Sequence[WhatIf]) -> list[WhatIf]:
    """Return the lowest threshold that keeps within each number of honest held a month."""
    found: list[WhatIf] = []
    for allowed in ROWS:
        fitting = [point for point in points if point.honest_held.number <= allowed]
        if fitting and fitting[0] not in found:
            found.append(fitting[0])
    return found


def _places(points: Sequence[WhatIf]) -> list[tuple[float, float]]:
    """Return where each point is: honest held rightwards, spam let through upwards, 0 to 100.

    Both axes show square roots: what matters is near their beginning.
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
