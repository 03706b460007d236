"""Writers of one process write in the order in which they came; processes take turns."""

import errno
import fcntl
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import IO

import pytest
from flask import Flask

from comment_service.app import create_app, prepare
from comment_service.storage.db import session as storage
from comment_service.storage.db import turns as module
from comment_service.storage.db.session import transaction
from comment_service.storage.db.turns import Gate, Turns


def wait_until(holds: Callable[[], bool]) -> None:
    deadline, pause = monotonic() + 20, Event()
    while not holds():
        assert monotonic() < deadline
        pause.wait(0.001)


def assert_free(turns: Turns) -> None:
    """Another thread gets the turn."""
    done = Event()

    def write() -> None:
        with turns.turn(60):
            done.set()

    Thread(target=write).start()
    assert done.wait(20)


def test_writers_come_in_the_order_of_their_arrival() -> None:
    turns, came = Turns(), list[int]()

    def write(number: int) -> None:
        with turns.turn():
            came.append(number)

    threads = [Thread(target=write, args=(number,)) for number in range(8)]
    with turns.turn():
        for number, thread in enumerate(threads):
            thread.start()
            wait_until(lambda number=number: turns.waiting() == number + 1)
        assert came == []
    for thread in threads:
        thread.join()
    assert came == list(range(8))
    assert turns.waiting() == 0


def test_a_turn_ends_with_an_error() -> None:
    turns = Turns()
    with pytest.raises(LookupError), turns.turn():
        raise LookupError
    assert_free(turns)


class Interrupted(BaseException):
    """What a signal handler or the end of a green thread raises."""


@pytest.mark.parametrize("came_meanwhile", [False, True])
def test_an_interrupted_wait_leaves_the_turn_to_the_next(
    monkeypatch: pytest.MonkeyPatch, came_meanwhile: bool
) -> None:
    turns = Turns()

    class Wait:
        """A lock whose second wait is interrupted, before or after the turn has come."""

        def __init__(self) -> None:
            self.real, self.calls = Lock(), 0

        def acquire(self, timeout: float = -1) -> bool:
            self.calls += 1
            if self.calls == 1:
                return self.real.acquire()
            if came_meanwhile:
                assert self.real.acquire(timeout=20)
            raise Interrupted

        def release(self) -> None:
            self.real.release()

    def wait() -> None:
        with pytest.raises(Interrupted), turns.turn():
            raise AssertionError

    with turns.turn():
        monkeypatch.setattr(module, "Lock", Wait)
        thread = Thread(target=wait)
        thread.start()
        if not came_meanwhile:
            thread.join(20)
        else:
            wait_until(lambda: turns.waiting() == 1)
        monkeypatch.setattr(module, "Lock", Lock)
    thread.join(20)

    assert_free(turns)


def test_who_waits_too_long_gets_a_database_error_and_takes_no_turn_away() -> None:
    turns, errors = Turns(), list[Exception]()

    def write() -> None:
        try:
            with turns.turn(0.01):
                raise AssertionError
        except storage.StorageError as error:
            errors.append(error)

    with turns.turn():
        for _ in range(2):
            thread = Thread(target=write)
            thread.start()
            thread.join()
        assert turns.waiting() == 0
    assert len(errors) == 2
    with turns.turn(60):
        pass


def test_a_block_within_a_block_waits_for_nothing() -> None:
    turns = Turns()
    with turns.turn(60), turns.turn(60):
        pass
    assert turns.waiting() == 0


def test_the_child_of_a_fork_waits_for_no_thread_of_its_parent() -> None:
    turns = Turns()
    with turns.turn():
        turns.renew_in_child()
        assert_free(turns)


def test_long_waits_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    turns = Turns()
    turns.slow_milliseconds = 0.001
    with turns.turn():
        thread = Thread(target=lambda: turns.turn().__enter__())
        thread.start()
        wait_until(lambda: turns.waiting() == 1)
    thread.join()
    assert "waited" in caplog.text


def test_a_transaction_on_sqlite_is_a_turn(lite: Flask) -> None:
    turns: Turns = lite.extensions[storage._TURNS]
    began, end = Event(), Event()

    def write() -> None:
        with lite.app_context(), transaction():
            began.set()
            end.wait(20)

    first, second = Thread(target=write), Thread(target=write)
    first.start()
    assert began.wait(20)
    second.start()
    wait_until(lambda: turns.waiting() == 1)
    end.set()
    first.join()
    second.join()
    assert turns.waiting() == 0


OTHER = """
import sys
from pathlib import Path
from time import monotonic
from comment_service.storage.db.turns import Gate
gate = Gate(Path(sys.argv[1]))
print("comes", flush=True)
with gate.passed(monotonic() + 60):
    print("writes", flush=True)
    sys.stdin.readline()
print("is done", flush=True)
sys.stdin.readline()
"""


class Other:
    """Another process that wants to write; it writes until it is told to end."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OTHER, str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def says(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def go_on(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()


@contextmanager
def other(path: Path) -> Iterator[Other]:
    found = Other(path)
    try:
        assert found.says() == "comes"
        yield found
    finally:
        found.process.kill()
        found.process.communicate()


def may_write(gate: Gate) -> bool:
    """Return True if this process can write at once."""
    try:
        with gate.passed(until=0):
            return True
    except storage.StorageError:
        return False


def someone_waits(file: IO[bytes]) -> bool:
    """Return True if another process has locked the byte of the one that waits."""
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 0)
    except OSError:
        return True
    fcntl.lockf(file, fcntl.LOCK_UN, 1, 0)
    return False


def test_a_process_that_has_written_lets_one_that_waits_write_first(tmp_path: Path) -> None:
    path = tmp_path / "writers"
    gate = Gate(path)
    with ExitStack() as stack:
        file = stack.enter_context(path.open("r+b"))
        with gate.passed(monotonic() + 60):
            waiting = stack.enter_context(other(path))
            wait_until(lambda: someone_waits(file))
        assert not may_write(gate)
        assert waiting.says() == "writes"
        assert not may_write(gate)
        waiting.go_on()
        assert waiting.says() == "is done"
        assert may_write(gate)


def test_a_killed_process_keeps_nobody_out(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "writers")
    with other(tmp_path / "writers") as writing:
        assert writing.says() == "writes"
        assert not may_write(gate)
    assert may_write(gate)


def test_who_waits_too_long_leaves_the_queue(tmp_path: Path) -> None:
    path = tmp_path / "writers"
    gate = Gate(path)
    with path.open("r+b") as file, other(path) as writing:
        assert writing.says() == "writes"
        assert not may_write(gate)
        assert not someone_waits(file)


def test_while_a_stopped_process_keeps_the_turn_a_queue_does_not_wait_its_full_time_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCKED_SECONDS", 0.01)
    path = tmp_path / "writers"
    turns = Turns(Gate(path))

    def is_refused(seconds: float) -> bool:
        try:
            with turns.turn(seconds):
                return False
        except storage.StorageError:
            return True

    with other(path) as writing:
        assert writing.says() == "writes"
        writing.process.send_signal(signal.SIGSTOP)
        assert is_refused(0.01)
        begun = monotonic()
        assert is_refused(60)
        assert monotonic() - begun < 30
        writing.process.send_signal(signal.SIGCONT)
        writing.go_on()
        assert writing.says() == "is done"
    assert not is_refused(60)
    with other(path) as writing:
        assert writing.says() == "writes"
        ended = Event()
        thread = Thread(target=lambda: (is_refused(60), ended.set()))
        thread.start()
        assert not ended.wait(0.1), "it waits as long as ever"
    thread.join(20)


def test_writers_go_on_without_the_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Turns(Gate(tmp_path / "no folder" / "writers")).turn():
        assert "processes write in no order" in caplog.text


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_writers_go_on_where_files_have_no_locks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Some network file systems have none."""

    def refuse(*_arguments: object) -> None:
        raise OSError(code, "no locks")

    turns = Turns(Gate(tmp_path / "writers"))
    monkeypatch.setattr(fcntl, "lockf", refuse)
    for _ in range(2):
        with turns.turn():
            pass
    assert caplog.text.count("processes write in no order") == 1


def test_a_transaction_passes_the_gate_of_the_data_folder(tmp_path: Path) -> None:
    app = create_app({"COMMENTS_FOLDER": str(tmp_path), "COMMENTS_ALLOW_VOLATILE": "1"})
    prepare(app)
    with other(tmp_path / "writers") as writing:
        assert writing.says() == "writes"
        done = Event()

        def write() -> None:
            with app.app_context(), transaction():
                done.set()

        thread = Thread(target=write)
        thread.start()
        assert not done.wait(0.05)
        writing.go_on()
        assert writing.says() == "is done"
        assert done.wait(20)
        thread.join()
