"""Counts behind the slider "wrongly held per month": what another threshold would have done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

STEPS = 100


@dataclass(frozen=True)
class Step:
    """What holding from ``hold_at`` on would have meant for the comments counted.

    ``spam_let_through`` and ``honest_held`` are comments over the period, ``looks`` how many a
    person would have had to look at.
    """

    hold_at: float
    spam_let_through: int
    honest_held: int
    looks: int


def what_if(
    honest: Sequence[float], spam: Sequence[float], undecided: Sequence[float] = ()
) -> list[Step]:
    """Return one step for each per cent of probability, from 0.00 to 1.00.

    Args:
        honest: probabilities of comments that people let stand.
        spam: of comments that people called spam.
        undecided: of comments nobody decided on; they count as looks only.

    Takes time linear in the number of comments; the page moves between steps without asking again.
    """
    counted = [_from_each_step(values) for values in (honest, spam, undecided)]
    return [
        Step(step / STEPS, len(spam) - counted[1][step], counted[0][step], sum(looks))
        for step, looks in enumerate(zip(*counted, strict=True))
    ]


def step_for(steps: Sequence[Step], most_honest_held: float) -> Step:
    """Return the lowest threshold that would have held at most so many honest comments."""
    fit = [step for step in steps if step.honest_held <= most_honest_held]
    return fit[0] if fit else steps[-1]


def _from_each_step(values: Sequence[float]) -> list[int]:
    """Return for each step how many values are at it or above."""
    at = [0] * (STEPS + 1)
    for value in values:
        at[min(max(int(value * STEPS + 1e-9), 0), STEPS)] += 1
    counts, running = [0] * (STEPS + 1), 0
    for step in range(STEPS, -1, -1):
        running += at[step]
        counts[step] = running
    return counts
