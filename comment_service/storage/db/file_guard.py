"""Notice that a SQLite database file was moved, deleted or replaced under the running server.

An open file keeps its content when its name goes away, so a write would be acknowledged and then
lost. The guard remembers which file was opened first; it refuses new connections and writes while
the path leads to another file or to none, and allows them again when the file is back.
"""

import os
from pathlib import Path
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError


class DatabaseFileError(SQLAlchemyError):
    """The database's path leads to another file than the one that is open, or to none."""


class FileGuard:
    """Compares the file at a path with the file that was first opened there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity: tuple[int, int] | None = None

    def remember(self) -> None:
        """Remember the file, unless one is remembered already."""
        if self._identity is None:
            self._identity = self._current()

    def check(self) -> None:
        """Check that the path still leads to the remembered file.

        Raises:
            DatabaseFileError: it does not; the message has the remedy.
        """
        if self._identity is None:
            return
        found = self._current()
        if found is None:
            raise DatabaseFileError(
                "The database file was moved or deleted while the server runs; nothing is written. "
                "Move it back, or stop the server and restore a backup."
            )
        if found != self._identity:
            raise DatabaseFileError(
                "The database file was replaced while the server runs; nothing is written. Stop "
                "the server, delete the files that end with -wal and -shm, and start it again."
            )

    def _current(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._path)  # noqa: PTH116 - called for every write
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino


_guards: WeakKeyDictionary[Engine, FileGuard] = WeakKeyDictionary()


def watch(engine: Engine, path: Path) -> FileGuard:
    """Return a new guard of an engine's file."""
    _guards[engine] = FileGuard(path)
    return _guards[engine]


def check(engine: Engine) -> None:
    """Check an engine's file; do nothing for a database that is no file.

    Raises:
        DatabaseFileError: the file is not the one that is open.
    """
    guard = _guards.get(engine)
    if guard is not None:
        guard.check()
