"""Acknowledged comments survive SIGKILL."""

from pathlib import Path

import pytest

from tests.faults import kill_nine


@pytest.mark.slow
def test_no_acknowledged_comment_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    found = kill_nine.run(clients=20, seconds=1, folder=tmp_path / "data")
    assert [words for words, _figure, fine in found if not fine] == [], found
