"""Writers of SQLite take turns: the threads of a process, and the processes of a machine.

SQLite lets a writer that meets another one sleep and look again, after longer and longer times: the
write lock is often free while all sleep, and the writer that came last may get it first. A process
that writes without a pause leaves it free for microseconds, so that the others may wait for
seconds. Here a writer that is done wakes the thread that has waited longest, and a process that
waits is the next one.

Writers that open no transaction of the session, such as the hourly statistics, are met in SQLite's
way.
"""

import logging
import os
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock, get_ident
from time import monotonic, sleep

from sqlalchemy.exc import TimeoutError

from comment_service import forking
from comment_service.storage.db.folder import give_to_owner

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

SECONDS = 10.0
"""The longest wait of a writer."""
BLOCKED_SECONDS = 1.0
"""The longest wait after one that other processes made too long, until a writer gets its turn."""
_PAUSE = 0.0005
_WAITING, _WRITING = 0, 1
_log = logging.getLogger(__name__)


class Gate:
    """Lets the writers of the processes that share a file pass one at a time, in turns.

    Two bytes of the file are locked, which the kernel undoes when a process ends. One is held by
    the process that writes, the other by the one that waits to write next: a process that has just
    written has to wait for it like the others, and then for the end of that one's transaction.
    """

    def __init__(self, path: Path) -> None:
        self._file: int | None = None
        if fcntl is None:
            return
        try:
            self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
            give_to_owner(path)
        except OSError as error:
            _log.warning("%s cannot be used (%s); processes write in no order", path, error)

    def __del__(self) -> None:
        if self._file is not None:
            os.close(self._file)

    @contextmanager
    def passed(self, until: float) -> Iterator[None]:
        """Wait, at most until this ``monotonic`` time, and keep other processes out in the block.

        One thread of a process at a time: the locks belong to the process.

        Raises:
            TimeoutError: SQLAlchemy's; other processes wrote all the time.
        """
        file = self._file
        if file is None or not self._lock_in_turn(file, until):
            yield
            return
        try:
            yield
        finally:
            fcntl.lockf(file, fcntl.LOCK_UN, 1, _WRITING)

    def _lock_in_turn(self, file: int, until: float) -> bool:
        """Return True once this process is the one that writes, False if the file has no locks.

        Some network file systems have none; the database may be on another one.
        """
        try:
            _lock(file, _WAITING, until)
            try:
                _lock(file, _WRITING, until)
            finally:
                fcntl.lockf(file, fcntl.LOCK_UN, 1, _WAITING)
        except OSError as error:
            _log.warning("the file of turns has no locks (%s); processes write in no order", error)
            os.close(file)
            self._file = None
            return False
        return True


def _lock(file: int, place: int, until: float) -> None:
    while True:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except (BlockingIOError, PermissionError):  # as POSIX says, and as some systems do
            if monotonic() > until:
                raise TimeoutError("other processes kept the database too long") from None
            sleep(_PAUSE)
        else:
            return


class Turns:
    """Lets one writer at a time write: of this process the one that has waited longest.

    ``gate`` lets the processes take turns too. A process that was stopped in its turn keeps the
    others out until it goes on: once a writer has waited too long for it, the next ones wait for
    a short time only. Each waits for its own ten seconds otherwise, and a queue for minutes.
    """

    def __init__(self, gate: Gate | None = None) -> None:
        self._gate = gate
        self._blocked = False  # other processes kept the last writer that tried out
        self.slow_milliseconds = 0.0  # longer waits are logged; 0 logs none
        self.renew_in_child()
        forking.renew_in_child(self)

    def renew_in_child(self) -> None:
        """Forget the threads of the parent of a fork."""
        self._lock = Lock()
        self._waiting: deque[Lock] = deque()
        self._writer: int | None = None  # the thread whose turn it is; 0 while it is handed on

    def waiting(self) -> int:
        """Return how many writers wait for their turn."""
        return len(self._waiting)

    @contextmanager
    def turn(self, seconds: float = SECONDS) -> Iterator[None]:
        """Wait for this thread's turn, and keep it during the block.

        A block within a block of the same thread waits for nothing.

        Raises:
            TimeoutError: SQLAlchemy's; the turn did not come within ``seconds``.
        """
        begun = monotonic()
        if self._writer == get_ident():
            yield
            return
        if self._blocked:
            seconds = min(seconds, BLOCKED_SECONDS)
        if not self._take(seconds):
            raise TimeoutError(f"other writers kept the database for {seconds:.0f} seconds")
        try:
            with self._passed(begun + seconds):
                waited = (monotonic() - begun) * 1000
                if self.slow_milliseconds and waited >= self.slow_milliseconds:
                    _log.warning("a writer waited %.0f ms for its turn", waited)
                yield
        finally:
            self._hand_on()

    @contextmanager
    def _passed(self, until: float) -> Iterator[None]:
        """Keep other processes out in the block; remember whether they keep this one out."""
        with ExitStack() as stack:
            if self._gate is not None:
                try:
                    stack.enter_context(self._gate.passed(until))
                except TimeoutError:
                    self._blocked = True
                    raise
                self._blocked = False
            yield

    def _take(self, seconds: float) -> bool:
        """Return True once it is this thread's turn, False if that takes too long."""
        own = Lock()
        with self._lock:
            is_free = self._writer is None
            if is_free:
                self._writer = get_ident()
            else:
                own.acquire()
                self._waiting.append(own)
        if is_free:
            return True
        try:
            in_time = own.acquire(timeout=seconds)
            with self._lock:
                if not in_time and own in self._waiting:
                    self._waiting.remove(own)
                    return False
                self._writer = get_ident()
        except BaseException:  # a signal, or the end of a green thread
            self._give_up(own)
            raise
        return True

    def _give_up(self, own: Lock) -> None:
        """Leave the queue; a turn that has come meanwhile goes to the next."""
        with self._lock:
            if own in self._waiting:
                self._waiting.remove(own)
                return
        self._hand_on()

    def _hand_on(self) -> None:
        with self._lock:
            self._writer = 0 if self._waiting else None
            if self._waiting:
                self._waiting.popleft().release()
