"""Choose the SQLite library, so that no two of them open one file in one process.

The standard ``sqlite3`` and ``pysqlite3`` are two copies of SQLite. POSIX locks belong to the
process: when one copy closes the file, it drops the locks of the other, which corrupts the database
(https://sqlite.org/howtocorrupt.html, section 2.2.1). On a file of its own the service prefers a
version with the fix for the WAL-reset bug; on the host's file it uses the host's library.
"""

import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from sqlalchemy import Engine, event, make_url
from sqlalchemy.exc import ArgumentError

from comment_service.errors import SetupError

SAFE_SQLITE = (3, 51, 3)
"""The first SQLite version without the WAL-reset corruption bug."""

_own_files: dict[Path, str] = {}
"""Files that the service has open in this process, and the name of the library it uses."""


def preferred_module() -> ModuleType:
    """Return the standard library's SQLite if it is new enough, else ``pysqlite3``."""
    if sqlite3.sqlite_version_info >= SAFE_SQLITE:
        return sqlite3
    try:
        from pysqlite3 import dbapi2
    except ImportError:  # pysqlite3 has no wheel for this platform: use the standard library's
        return sqlite3
    module: ModuleType = dbapi2
    return module


def database_file(url: str, folder: Path) -> Path | None:
    """Return the real path of a SQLite database, or None for another or an in-memory database.

    Args:
        url: an SQLAlchemy URL, a ``file:`` URI or a plain path.
        folder: what a relative path is relative to.
    """
    text = url
    if "://" in url:
        try:
            parsed = make_url(url)
        except ArgumentError:
            return None
        if parsed.get_backend_name() != "sqlite":
            return None
        text = parsed.database or ""
        if parsed.query.get("mode") == "memory":
            return None
    if text.startswith("file:"):
        parts = urlsplit(text)
        if parse_qs(parts.query).get("mode") == ["memory"]:
            return None
        text = unquote(parts.path)
    if text in {"", ":memory:"}:
        return None
    return (folder / text).resolve()


def absolute_url(url: str, folder: Path) -> str:
    """Return a database URL in which a relative SQLite path has become absolute."""
    file = database_file(url, folder)
    text = make_url(url).database or ""
    if file is None or text.startswith(("/", "file:/")):
        return url
    name = f"file:{quote(str(file))}" if text.startswith("file:") else str(file)
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def is_same_file(one: Path, other: Path) -> bool:
    """Return True for two names of one file, also through symbolic and hard links."""
    try:
        return one == other or one.samefile(other)
    except OSError:  # one of them does not exist yet
        return False


def module_for(
    file: Path | None, host: Iterable[tuple[Path, ModuleType | None]] = ()
) -> ModuleType:
    """Return the SQLite library to use on a file.

    Args:
        file: the service's database; None for one in memory.
        host: the host application's SQLite databases with their library, None where the host
            opens the file in a way of its own.

    Raises:
        SetupError: the host opens the same file in a way of its own; the message has the remedy.
    """
    for path, module in host:
        if file is not None and is_same_file(file, path):
            if module is None:
                raise SetupError(
                    f"{file} is also opened by the host with a connection function of its own, so "
                    "the SQLite library cannot be matched, and two libraries on one file corrupt "
                    "it. Give the service a file of its own: leave COMMENTS_DATABASE_URL empty."
                )
            return module
    return preferred_module()


def host_databases(config: Mapping[str, Any], folder: Path) -> list[tuple[Path, ModuleType | None]]:
    """Return a host's SQLite files and their library, from its Flask configuration.

    Reads Flask-SQLAlchemy's keys, and every other text that names an existing file, such as the
    ``DATABASE`` of Flask's tutorial, which is opened with the standard library.
    """
    options = config.get("SQLALCHEMY_ENGINE_OPTIONS") or {}
    binds = dict(config.get("SQLALCHEMY_BINDS") or {})
    binds[None] = config.get("SQLALCHEMY_DATABASE_URI") or ""
    found: list[tuple[Path, ModuleType | None]] = []
    for bind in binds.values():
        own = bind if isinstance(bind, Mapping) else {"url": bind}
        merged = {**options, **own}
        file = database_file(str(own.get("url") or ""), folder)
        if file is not None:
            found.append((file, None if "creator" in merged else merged.get("module", sqlite3)))
    for key, value in config.items():
        if isinstance(value, str | os.PathLike) and not key.startswith(
            ("COMMENTS_", "SQLALCHEMY_")
        ):
            file = _existing_file(os.fspath(value), folder)
            if file is not None:
                found.append((file, sqlite3))
    return found


def _existing_file(text: str | bytes, folder: Path) -> Path | None:
    try:
        file = database_file(text, folder) if isinstance(text, str) else None
        return file if file is not None and file.is_file() else None
    except (OSError, ValueError):  # not a path at all
        return None


def guard(file: Path | None, module: ModuleType) -> None:
    """Refuse later connections of any SQLAlchemy engine to this file by another library."""
    if file is None:
        return
    _own_files[file] = _library(module.__name__)
    if not event.contains(Engine, "connect", _refuse_other_library):
        event.listen(Engine, "connect", _refuse_other_library)


def _library(module_name: str) -> str:
    """Return the top package of a driver: ``sqlite3`` or ``pysqlite3``."""
    return module_name.partition(".")[0]


def _refuse_other_library(connection: Any, _record: Any) -> None:
    library = _library(type(connection).__module__)
    if library not in {"sqlite3", "pysqlite3"}:
        return
    if all(own == library for own in _own_files.values()):
        return
    row = connection.execute("PRAGMA database_list").fetchone()
    opened = Path(row[2]) if row and row[2] else None
    for file, own in _own_files.items():
        if opened is not None and own != library and is_same_file(file, opened):
            connection.close()
            raise SetupError(
                f"{file} is open in this process by two SQLite libraries ({own} and {library}), "
                "which corrupts it. Give the comments a file of their own (leave "
                "COMMENTS_DATABASE_URL empty), or set SQLALCHEMY_DATABASE_URI before you mount "
                "CommentService, so that it can use the same library."
            )
