import logging
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from flask import Flask

from comment_service import events
from comment_service.events import Announcement, deliver
from comment_service.storage.db.session import announce, transaction


def test_one_broken_listener_is_logged_and_the_next_hears(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[object] = []

    def broken(_sender: str, **_told: object) -> None:
        raise RuntimeError("broken")

    def listen(sender: str, **told: object) -> None:
        heard.append((sender, told))

    signal = events.like_changed
    with caplog.at_level(logging.ERROR), signal.connected_to(broken), signal.connected_to(listen):
        deliver([Announcement("like_changed", "site", {"count": 3})], wait=True)
    assert heard == [("site", {"count": 3})]
    assert "a listener of like_changed failed" in caplog.text


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), RuntimeError("broken")])
def test_a_listener_cannot_end_the_process(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    def leave(_sender: str, **_payload: object) -> None:
        raise error

    with caplog.at_level(logging.ERROR), events.like_changed.connected_to(leave):
        deliver([Announcement("like_changed", "site", {})])
        assert events.flush()
    assert "a listener of like_changed failed" in caplog.text


def test_a_slow_listener_delays_nobody() -> None:
    release, heard = threading.Event(), []

    def slow(_sender: str, **payload: object) -> None:
        release.wait(5)
        heard.append(payload["count"])

    with events.like_changed.connected_to(slow):
        begun = time.monotonic()
        deliver([Announcement("like_changed", "site", {"count": n}) for n in range(3)])
        assert time.monotonic() - begun < 4
        assert heard == []
        release.set()
        assert events.flush()
    assert heard == [0, 1, 2]


def test_the_child_of_a_fork_delivers_its_own(tmp_path: Path) -> None:
    script = """
import os, sys
from comment_service import events
from comment_service.events import Announcement, deliver
from comment_service.storage.db.session import announce, transaction
def heard(_sender, who):
    with open(sys.argv[1], "a") as file:
        file.write(f"{who} ")
events.like_changed.connect(heard)
deliver([Announcement("like_changed", "s", {"who": "parent"})])
events.flush()
if os.fork() == 0:
    deliver([Announcement("like_changed", "s", {"who": "child"})])
    events.flush()
    os._exit(0)
os.wait()
"""
    file = tmp_path / "heard"
    done = subprocess.run([sys.executable, "-c", script, str(file)], check=False, timeout=30)
    assert done.returncode == 0
    assert file.read_text() == "parent child "


def test_what_a_failed_transaction_announced_is_not_sent(app: Flask) -> None:
    heard: list[str] = []

    def listen(sender: str, **_payload: object) -> None:
        heard.append(sender)

    with app.app_context(), events.like_changed.connected_to(listen):
        with pytest.raises(RuntimeError), transaction() as current:
            announce(current, "like_changed", "rolled back")
            raise RuntimeError
        with transaction() as current:
            announce(current, "like_changed", "committed")
    assert heard == ["committed"]
