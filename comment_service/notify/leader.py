"""Elect one worker among the processes of a machine that share a data folder."""

import logging
import os
from pathlib import Path

from comment_service.storage.db.folder import give_to_owner

try:
    import fcntl
except ImportError:  # Windows: servers do not fork there, so there is one process
    fcntl = None  # type: ignore[assignment]

_log = logging.getLogger(__name__)


def is_held_elsewhere(path: Path) -> bool | None:
    """Return True if another process holds the lock, None if there never was one.

    Call it only in a process that runs no worker: closing the file would drop the process's own
    lock.
    """
    if fcntl is None or not path.exists():
        return None
    try:
        with path.open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


class Leader:
    """Holds a lock on a file while this process is the one that delivers.

    The lock is a POSIX record lock: a forked child does not inherit it, and the system releases it
    when the process ends, however it ends.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._process = 0

    def is_elected(self) -> bool:
        """Return True if this process holds the lock or gets it now.

        If the file cannot be opened, every process is elected: leases still keep two of them from
        delivering the same row.
        """
        if self._file is not None and self._process == os.getpid():
            return True
        if fcntl is None:
            return True
        try:
            opened = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
            give_to_owner(self._path)
        except OSError as error:
            _log.warning("%s cannot be locked (%s); every process delivers", self._path, error)
            return True
        try:
            fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # another process holds it
            os.close(opened)
            return False
        self._file, self._process = opened, os.getpid()
        return True

    def resign(self) -> None:
        """Release the lock."""
        if self._file is not None and self._process == os.getpid():
            os.close(self._file)
        self._file = None
