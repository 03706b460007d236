"""What a moderator's look at a comment is worth: how unsure the filter is, times how many see it.

A copy of what waits already is worth a share only, so that a campaign takes one place at the top.
"""

UNSURE = 1000
"""Worth of a comment of which the filter knows nothing, on a page that nobody reads, at the top."""
_CROWDED = 100


def worth(score: float | None, *, seen: int, depth: int, copies: int) -> int:
    """Return the worth of a look, from 0.

    Args:
        score: the probability of spam, None where no model gave one.
        seen: comments and likes on the page, for how many read it.
        depth: of the comment in its thread; what stands deep is read by few.
        copies: comments that say nearly the same already.
    """
    unsure = int(UNSURE * (1 - abs(2 * (0.5 if score is None else score) - 1)))
    return unsure * (10 + min(seen, _CROWDED)) // (1 + depth) // (1 + copies)
