"""The value of reviewing a comment: the filter's uncertainty times the number of readers.

A copy of a pending comment has only a share of the value, so that a campaign takes one place at
the top.
"""

UNSURE = 1000
"""Value of a comment with an unknown score, at the top of a page that nobody reads."""
_CROWDED = 100


def review_value(score: float | None, *, seen: int, depth: int, copies: int) -> int:
    """Return the review value, 0 or more.

    Args:
        score: the probability of spam, None without a model.
        seen: comments and likes on the page, as a measure of its readers.
        depth: depth in the thread; few people read deep replies.
        copies: other comments of the campaign.
    """
    unsure = int(UNSURE * (1 - abs(2 * (0.5 if score is None else score) - 1)))
    return unsure * (10 + min(seen, _CROWDED)) // (1 + depth) // (1 + copies)
