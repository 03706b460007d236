"""One SQLite library per file and process."""

import os
import sqlite3
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import create_engine, make_url, text

from comment_service.errors import SetupError
from comment_service.storage.db import sqlite_driver
from comment_service.storage.db.sqlite_driver import (
    absolute_url,
    database_file,
    host_databases,
    is_same_file,
    module_for,
    preferred_module,
)

PATHS = [
    ("sqlite:////srv/a.db", "/srv/a.db"),
    ("sqlite:///a.db", "/folder/a.db"),
    ("sqlite:///sub/../a.db", "/folder/a.db"),
    ("sqlite+pysqlite:////srv/a.db", "/srv/a.db"),
    ("sqlite:////srv/a.db?timeout=5", "/srv/a.db"),
    ("sqlite:///file:/srv/a.db?uri=true", "/srv/a.db"),
    ("sqlite:///file:/srv/a%20b.db?uri=true&mode=rwc", "/srv/a b.db"),
    ("sqlite:///file:a.db?uri=true", "/folder/a.db"),
    ("file:/srv/a.db?mode=ro", "/srv/a.db"),
    ("/srv/a.db", "/srv/a.db"),
    ("a.db", "/folder/a.db"),
    ("sqlite://", None),
    ("sqlite:///:memory:", None),
    ("sqlite:///file:x?mode=memory&uri=true", None),
    ("postgresql://host/a", None),
    ("://", None),
]


@pytest.mark.parametrize(("url", "wanted"), PATHS)
def test_every_spelling_of_a_file_is_its_real_path(url: str, wanted: str | None) -> None:
    found = database_file(url, Path("/folder"))
    assert found == (Path(wanted) if wanted else None)


def test_a_relative_url_becomes_absolute() -> None:
    folder = Path("/folder")
    assert absolute_url("sqlite:///a.db", folder) == "sqlite:////folder/a.db"
    assert absolute_url("sqlite:////srv/a.db", folder) == "sqlite:////srv/a.db"
    uri = make_url(absolute_url("sqlite:///file:a.db?uri=true", folder))
    assert (uri.database, dict(uri.query)) == ("file:/folder/a.db", {"uri": "true"})
    assert absolute_url("postgresql://u:p@host/a", folder) == "postgresql://u:p@host/a"


def test_links_are_seen_through(tmp_path: Path) -> None:
    real, other = tmp_path / "a.db", tmp_path / "b.db"
    real.touch()
    other.touch()
    (tmp_path / "soft.db").symlink_to(real)
    os.link(real, tmp_path / "hard.db")
    (tmp_path / "folder").symlink_to(tmp_path)
    for name in ("soft.db", "hard.db", "folder/a.db"):
        file = database_file(f"sqlite:///{tmp_path / name}", tmp_path)
        assert file is not None
        assert is_same_file(file, real.resolve()), name
    assert not is_same_file(real, other)


HOSTS = [
    {"SQLALCHEMY_DATABASE_URI": "sqlite:///a.db"},
    {"SQLALCHEMY_BINDS": {"x": "sqlite:///a.db"}},
    {"SQLALCHEMY_BINDS": {"x": {"url": "sqlite:///a.db"}}},
    {"DATABASE": "a.db"},
]


@pytest.mark.parametrize("config", HOSTS)
def test_on_the_host_s_file_the_host_s_library_is_used(
    config: dict[str, object], tmp_path: Path
) -> None:
    (tmp_path / "a.db").touch()
    file = database_file("sqlite:///a.db", tmp_path)
    assert module_for(file, host_databases(config, tmp_path)) is sqlite3
    own = database_file("sqlite:///own.db", tmp_path)
    assert module_for(own, host_databases(config, tmp_path)) is preferred_module()


def test_the_library_that_the_host_names_is_used(tmp_path: Path) -> None:
    module = ModuleType("pysqlite3.dbapi2")
    config = {
        "SQLALCHEMY_DATABASE_URI": "sqlite:///a.db",
        "SQLALCHEMY_ENGINE_OPTIONS": {"module": module},
    }
    file = database_file("sqlite:///a.db", tmp_path)
    assert module_for(file, host_databases(config, tmp_path)) is module


def test_a_host_with_a_connection_function_of_its_own_is_refused(tmp_path: Path) -> None:
    config = {
        "SQLALCHEMY_DATABASE_URI": "sqlite:///a.db",
        "SQLALCHEMY_ENGINE_OPTIONS": {"creator": lambda: None},
    }
    file = database_file("sqlite:///a.db", tmp_path)
    with pytest.raises(SetupError, match="leave COMMENTS_DATABASE_URL empty"):
        module_for(file, host_databases(config, tmp_path))


def test_a_second_library_on_our_file_is_refused_whenever_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_driver, "_own_files", {})
    file = tmp_path / "ours.db"
    file.touch()
    sqlite_driver.guard(file, ModuleType("pysqlite3.dbapi2"))
    engine = create_engine(f"sqlite:///{file}", module=sqlite3)
    with pytest.raises(SetupError, match="two SQLite libraries"), engine.connect():
        pass
    other = create_engine(f"sqlite:///{tmp_path / 'other.db'}", module=sqlite3)
    with other.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
