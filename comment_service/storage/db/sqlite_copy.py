"""Copy a SQLite database while it is used, check a copy, and put one in a database's place."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from comment_service.errors import SetupError
from comment_service.storage.db.migrate import VERSION_TABLE
from comment_service.storage.db.sqlite_driver import preferred_module
from comment_service.storage.tables.base import PREFIX, Base

_HEADER = b"SQLite format 3\0"
_COMPANIONS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Content:
    """What a database holds: its schema version, and the number of rows of each table."""

    schema: str
    counts: Mapping[str, int]


def copy(engine: Engine, target: Path) -> None:
    """Copy the database to a new file with SQLite's online backup.

    One read transaction: the copy shows one moment, and writers go on meanwhile.

    Raises:
        OSError, StorageError: the copy cannot be made.
    """
    target.touch(mode=0o600, exist_ok=False)
    opened = engine.raw_connection()
    try:
        source: Any = opened.driver_connection
        with closing(_connect(target)) as copied:
            source.backup(copied)
            copied.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
    finally:
        opened.close()


def inspect(path: Path) -> Content:
    """Open a copy, check it from end to end, and return what it holds.

    Raises:
        ValueError: it is damaged; the message has SQLite's finding.
    """
    errors: Any = preferred_module()
    try:
        with closing(_connect(path)) as opened:
            finding = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if finding != "ok":
                raise ValueError(f"SQLite's integrity check says: {finding}")
            broken = opened.execute("PRAGMA foreign_key_check").fetchone()
            if broken is not None:
                raise ValueError(f"a row of {broken[0]} refers to one that is missing")
            return Content(_version(opened), _counts(opened))
    except errors.DatabaseError as error:
        raise ValueError(f"SQLite cannot read it: {error}") from error


def _connect(path: Path) -> Any:
    return preferred_module().connect(str(path), isolation_level=None)


def _names(opened: Any) -> set[str]:
    rows = opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in rows}


def _version(opened: Any) -> str:
    if VERSION_TABLE not in _names(opened):
        return ""
    row = opened.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
    return str(row[0]) if row else ""


def _counts(opened: Any) -> Mapping[str, int]:
    own = sorted(_names(opened) & set(Base.metadata.tables))
    return {
        name.removeprefix(PREFIX): opened.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
        for name in own
    }


def is_empty(path: Path) -> bool:
    """Return True if there is no database at a path, or one without a table."""
    if not path.exists() or path.stat().st_size == 0:
        return True
    if not _has_header(path):
        return False
    try:
        with closing(_connect(path)) as opened:
            return not _names(opened)
    except preferred_module().DatabaseError:
        return False  # a damaged database is not nothing


def _has_header(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a database for this process alone; its write-ahead log is merged into it.

    Raises:
        SetupError: another process has it open.
    """
    errors: Any = preferred_module()
    with closing(_connect(path)) as opened:
        try:
            opened.execute("PRAGMA busy_timeout=2000")
            opened.execute("PRAGMA journal_mode=DELETE")  # needs every other connection closed
            opened.execute("BEGIN EXCLUSIVE")
        except errors.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise SetupError(
                f"{path} is in use. Stop the server and the worker, then restore again."
            ) from error
        yield


def replace(copy_path: Path, path: Path, kept: Path) -> Path | None:
    """Put a checked copy in a database's place, at once; return where the old one is kept.

    The old database gets the name ``kept``; if it is damaged, its companion files go with it.

    Raises:
        SetupError: another process has it open; nothing was changed.
    """
    _sync(copy_path)
    if is_empty(path):
        _remove_companions(path)
        copy_path.replace(path)
        _sync(path.parent)
        return None
    if not _replace_healthy(copy_path, path, kept):
        _replace_damaged(copy_path, path, kept)
    _remove_companions(path)
    _sync(path.parent)
    return kept


def _replace_healthy(copy_path: Path, path: Path, kept: Path) -> bool:
    """Replace a database that SQLite can open; return False if it cannot."""
    if not _has_header(path):
        return False
    try:
        with _alone(path):
            kept.hardlink_to(path)
            copy_path.replace(path)
    except preferred_module().DatabaseError:
        return False
    return True


def _replace_damaged(copy_path: Path, path: Path, kept: Path) -> None:
    """Replace a file with its companions: its log would be applied to the new database."""
    kept.hardlink_to(path)
    for end in _COMPANIONS:
        companion = Path(f"{path}{end}")
        if companion.exists():
            companion.replace(f"{kept}{end}")
    copy_path.replace(path)


def _remove_companions(path: Path) -> None:
    for end in _COMPANIONS:
        Path(f"{path}{end}").unlink(missing_ok=True)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
