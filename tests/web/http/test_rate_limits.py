"""What counts requests in memory leaves no thread behind when an app is made."""

from threading import Timer

import pytest
from flask import Flask

from comment_service.web.http import rate_limits


def test_no_thread_is_left_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server may fork next; the child would wait for a lock that the thread had."""
    started: list[Timer] = []
    start = Timer.start

    def note(timer: Timer) -> None:
        started.append(timer)
        start(timer)

    monkeypatch.setattr(Timer, "start", note)
    rate_limits.init_app(Flask("app"), "memory://")
    assert started, "the counters start no thread any more: delete what ends it"
    assert not [timer for timer in started if timer.is_alive()]


def test_the_timers_of_others_go_on() -> None:
    other = Timer(60, print)
    other.start()
    try:
        rate_limits.init_app(Flask("app"), "memory://")
        assert not other.finished.is_set()
    finally:
        other.cancel()
        other.join()
