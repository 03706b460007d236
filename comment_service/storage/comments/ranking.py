"""The sort order "best"."""

from math import sqrt

_Z = 1.96


def best(likes: int, reports: int) -> int:
    """Return the lower bound of the Wilson interval for the share of likes, in millionths.

    Computed from a comment's likes and open reports, at 95 %: Wilson, "Probable inference, the law
    of succession, and statistical inference", JASA 22 (1927). Without likes it is 0.
    """
    if likes <= 0:
        return 0
    n = likes + reports
    share = likes / n
    spread = _Z * sqrt((share * (1 - share) + _Z * _Z / (4 * n)) / n)
    return round(1_000_000 * (share + _Z * _Z / (2 * n) - spread) / (1 + _Z * _Z / n))
