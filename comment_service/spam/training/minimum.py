"""Find the minimum of a smooth convex function of few numbers that have lower bounds.

Projected Newton steps (Bertsekas, "Projected Newton methods for optimization problems with simple
constraints", SIAM Journal on Control and Optimization 20, 1982). SciPy's optimisers do the same,
but importing them takes longer than training a small site.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_MAX_STEPS, _MAX_HALVINGS = 100, 40
_TOLERANCE = 1e-9


def minimum(
    value: Callable[[Numbers], float],
    derivatives: Callable[[Numbers], tuple[Numbers, Numbers]],
    start: Numbers,
    lowest: Numbers,
) -> Numbers:
    """Return where a strictly convex function is smallest.

    Args:
        value: the function of numbers of shape (n,).
        derivatives: its gradient, shape (n,), and its Hessian, shape (n, n).
        start: where to begin, within the bounds.
        lowest: the bounds, shape (n,).
    """
    import numpy as np

    place, least = start, value(start)
    for _ in range(_MAX_STEPS):
        slope, curvature = derivatives(place)
        free = (place > lowest) | (slope < 0)
        step = np.zeros_like(place)
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], slope[free])
        for halvings in range(_MAX_HALVINGS):
            trial = np.maximum(place - 0.5**halvings * step, lowest)
            if (found := value(trial)) < least:
                break
        else:
            return place
        moved = float(np.abs(trial - place).max())
        place, least = trial, found
        if moved < _TOLERANCE:
            return place
    return place
