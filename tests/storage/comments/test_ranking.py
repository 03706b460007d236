"""The order of "best": the lower bound of Wilson's interval."""

import pytest

from comment_service.storage.comments.ranking import best


@pytest.mark.parametrize(
    ("likes", "reports", "millionths"), [(0, 0, 0), (0, 3, 0), (1, 0, 206543), (10, 0, 722460)]
)
def test_the_bound_is_wilson_s(likes: int, reports: int, millionths: int) -> None:
    assert best(likes, reports) == pytest.approx(millionths, abs=60)


def test_more_likes_stand_higher_and_reports_lower() -> None:
    assert best(1, 0) < best(5, 0) < best(50, 0)
    assert best(50, 10) < best(50, 0)
    assert best(2, 1) < best(40, 10), "little is known of three voices"
