"""Find a step that satisfies the strong conditions of Wolfe.

The method of Moré and Thuente ("Line search algorithms with guaranteed sufficient decrease", ACM
Transactions on Mathematical Software 20, 1994), with the constants of scipy's L-BFGS-B, so that a
fit takes the same steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import copysign, inf, sqrt

#: Conditions of Wolfe: the share of the predicted decrease, and of the slope that may remain.
DECREASE, CURVATURE = 1e-3, 0.9
_NARROW = 0.1
_LONGEST, _MAX_TRIALS = 1e10, 50
#: A trial beyond the last goes this far at least and at most, in lengths of the last extension.
_LEAST_EXTENSION, _MOST_EXTENSION = 1.1, 4.0
#: Part of an interval that two trials must save at least.
_SHRINK = 0.66


@dataclass(frozen=True)
class _Trial:
    """A step with the function's value and slope there."""

    step: float
    value: float
    slope: float

    def without(self, slope: float) -> _Trial:
        """Return the trial of the function minus a line through the origin."""
        return _Trial(self.step, self.value - slope * self.step, self.slope - slope)


def step_length(at: Callable[[float], tuple[float, float]], first: float) -> float:
    """Return a step length, at most 10¹⁰; 0 if rounding hides every decrease.

    Args:
        at: returns the function's value and slope at a step; the slope at 0 is negative.
        first: the first step to try.
    """
    start = best = other = _Trial(0.0, *at(0.0))
    line = DECREASE * start.slope
    bracketed, sloping = False, True
    low, high = 0.0, first + _MOST_EXTENSION * first
    width, width_before = _LONGEST, 2 * _LONGEST
    step = first
    for _ in range(_MAX_TRIALS):
        trial = _Trial(step, *at(step))
        enough = start.value + step * line
        if trial.value <= enough and abs(trial.slope) <= -CURVATURE * start.slope:
            return step
        if bracketed and (not low < step < high or high - low <= _NARROW * high):
            return step
        sloping = sloping and not (trial.value <= enough and trial.slope >= 0)
        # Far from a minimum, the line is subtracted: its minimum decreases enough.
        removed = line if sloping and enough < trial.value <= best.value else 0.0
        points = [point.without(removed) for point in (best, other, trial)]
        step, closed = _next_step(*points, bracketed=bracketed, bounds=(low, high))
        best, other = _interval(points, (best, other, trial))
        bracketed = bracketed or closed
        if bracketed:
            if abs(other.step - best.step) >= _SHRINK * width_before:
                step = best.step + 0.5 * (other.step - best.step)
            width_before, width = width, abs(other.step - best.step)
            low, high = sorted((best.step, other.step))
        else:
            extension = step - best.step
            low = step + _LEAST_EXTENSION * extension
            high = step + _MOST_EXTENSION * extension
        step = min(max(step, 0.0), _LONGEST)
        if bracketed and (not low < step < high or high - low <= _NARROW * high):
            step = best.step
    return best.step


def _interval(points: list[_Trial], trials: tuple[_Trial, _Trial, _Trial]) -> tuple[_Trial, _Trial]:
    """Return the best trial so far and the other end of the interval.

    Args:
        points: best, other and newest trial, as they are compared.
        trials: the same, as measured.
    """
    best, _, newest = points
    if newest.value > best.value:
        return trials[0], trials[2]
    if newest.slope * best.slope < 0:
        return trials[2], trials[0]
    return trials[2], trials[1]


def _next_step(
    best: _Trial, other: _Trial, newest: _Trial, *, bracketed: bool, bounds: tuple[float, float]
) -> tuple[float, bool]:
    """Return the next step, and True if best and newest trial have a minimum between them."""
    if newest.value > best.value:
        cubic = _cubic_minimum(best, newest)
        between = (best.value - newest.value) / (newest.step - best.step) + best.slope
        quadratic = best.step + best.slope / between / 2 * (newest.step - best.step)
        nearer = abs(cubic - best.step) <= abs(quadratic - best.step)
        return (cubic if nearer else cubic + (quadratic - cubic) / 2), True
    secant = newest.step
    if newest.slope != best.slope:
        slopes = newest.slope / (newest.slope - best.slope)
        secant = newest.step + slopes * (best.step - newest.step)
    if newest.slope * best.slope < 0:
        cubic = _cubic_minimum(newest, best)
        farther = abs(cubic - newest.step) > abs(secant - newest.step)
        return (cubic if farther else secant), True
    limit = bounds[1] if newest.step > best.step else bounds[0]
    if abs(newest.slope) < abs(best.slope):
        cubic = _cubic_minimum(newest, best, beyond=limit)
        nearer = abs(cubic - newest.step) < abs(secant - newest.step)
        if not bracketed:
            return min(max(secant if nearer else cubic, bounds[0]), bounds[1]), False
        chosen = cubic if nearer else secant
        most = newest.step + _SHRINK * (other.step - newest.step)
        return (min(most, chosen) if newest.step > best.step else max(most, chosen)), False
    return (_cubic_minimum(newest, other) if bracketed else limit), False


def _cubic_minimum(one: _Trial, two: _Trial, beyond: float | None = None) -> float:
    """Return where the cubic through two trials has its minimum.

    ``beyond`` is returned if the minimum is not on the other side of ``one`` than ``two``.
    """
    theta = 3 * (two.value - one.value) / (one.step - two.step) + one.slope + two.slope
    size = max(abs(theta), abs(one.slope), abs(two.slope))
    root = (theta / size) ** 2 - one.slope / size * (two.slope / size)
    gamma = copysign(size * sqrt(max(root, 0.0)), two.step - one.step)
    share = (gamma - one.slope + theta) / (gamma - one.slope + gamma + two.slope or inf)
    if beyond is not None and not (share < 0 and gamma):
        return beyond
    return one.step + share * (two.step - one.step)
