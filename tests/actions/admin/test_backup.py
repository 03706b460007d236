"""Backups are made under load, verified, and restored to the same content, or not at all."""

import gzip
import io
import json
import os
import shutil
import stat
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from comment_service.actions.admin import backup as backups
from comment_service.actions.admin.restore import Restored, restore_backup
from comment_service.actions.transfer import stored_files
from comment_service.app import create_app, prepare
from comment_service.errors import NotAllowed, Refusal, SetupError
from comment_service.storage.db import sqlite_copy
from comment_service.storage.db.postgresql import dump as postgres_dump
from comment_service.storage.db.session import db, session, transaction
from comment_service.storage.tables import Comment, Site
from comment_service.transfer import backup_file
from tests.actions.admin.test_native_copy import exported, fill_database
from tests.conftest import MakeApp
from tests.people import Guest

LONG_REPETITIONS = 20


def back_up(app: Flask, path: Path) -> backup_file.Manifest:
    with app.app_context():
        return backups.make_backup(engine=db.engine, runtime=app.extensions["comments"], path=path)


def restore(app: Flask, path: Path, *, yes: bool = True, held: bool = False) -> Restored:
    with app.app_context():
        db.session.remove()
        return restore_backup(
            engine=db.engine,
            runtime=app.extensions["comments"],
            path=path,
            confirm=lambda: yes,
            is_held=lambda: held,
        )


def digest(app: Flask) -> list[str]:
    """Return all rows that are exported."""
    return exported(app)[1:]


Restart = Callable[[Flask], Flask]


@pytest.fixture
def restart(make_app: MakeApp) -> Restart:
    """Return what starts a server anew: one that runs notices that its file was replaced."""

    def start(app: Flask) -> Flask:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        return make_app(app.config["SQLALCHEMY_DATABASE_URI"])

    return start


@pytest.fixture
def full(database_url: str, make_app: MakeApp) -> Flask:
    app = make_app(database_url)
    with app.app_context(), transaction() as current:
        current.delete(current.scalars(select(Site)).one())
    fill_database(database_url)
    return app


def test_backup_and_restore_over_another_state(
    full: Flask, tmp_path: Path, restart: Restart
) -> None:
    before, path = digest(full), tmp_path / "one.tar.gz"
    manifest = back_up(full, path)
    assert manifest.counts["comments"] == 3
    with full.app_context(), transaction() as current:
        current.get_one(Comment, 1).text = "changed after the backup"
    assert digest(full) != before
    done = restore(full, path)
    assert digest(restart(full)) == before
    assert done.manifest == manifest
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_counters_work_after_a_restore(app: Flask, tmp_path: Path, restart: Restart) -> None:
    guest = Guest(app)
    first = guest.say("one").get_json()["id"]
    back_up(app, tmp_path / "one.tar.gz")
    restore(app, tmp_path / "one.tar.gz")
    app = restart(app)
    again = Guest(app, "Bob")
    assert again.say("two", parent=first).status_code == 201
    again.like(first)
    with app.app_context():
        row = session().get_one(Comment, first)
        assert (row.like_count, row.reply_count, row.page.comment_count) == (1, 1, 2)


class Writers:
    """Guests who write until they are stopped; ``written`` are the acknowledged comments."""

    def __init__(self, app: Flask, number: int = 2) -> None:
        self.written: list[int] = []
        self._stop = threading.Event()
        self._app = app
        self._threads = [
            threading.Thread(target=self._write, args=(n,), daemon=True) for n in range(number)
        ]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number: int) -> None:
        guest, count = Guest(self._app, f"Writer {number}"), 0
        while not self._stop.is_set():
            answer = guest.say(f"text {number} of {count}", url=f"https://blog.example/{number}")
            assert answer.status_code == 201
            self.written.append(answer.get_json()["id"])
            count += 1


def drill(app: Flask, tmp_path: Path, restart: Restart, times: int) -> None:
    """Back up under load, restore, and compare: everything acknowledged before is there."""
    fill = Guest(app, "First")
    for number in range(5):
        fill.say(f"comment {number}")
    for number in range(times):
        path = tmp_path / f"{number}.tar.gz"
        with Writers(app) as writers:
            while len(writers.written) < 3:
                pass
            acknowledged = set(writers.written)
            back_up(app, path)
        restore(app, path)
        app = restart(app)
        first = digest(app)
        with app.app_context():
            found = set(session().scalars(select(Comment.id)))
            sums = session().scalar(select(func.count()).select_from(Comment))
        assert acknowledged <= found
        assert sums == backup_file.read_manifest(path).counts["comments"]
        restore(app, path)
        app = restart(app)
        assert digest(app) == first, "a second restore gives the same content"
        path.unlink()
        for kept in tmp_path.glob("*.before-*"):
            kept.unlink()


def test_drill_under_load(app: Flask, tmp_path: Path, restart: Restart) -> None:
    drill(app, tmp_path, restart, 2)


@pytest.mark.long
def test_drill_twenty_times(app: Flask, tmp_path: Path, restart: Restart) -> None:
    drill(app, tmp_path, restart, LONG_REPETITIONS)


@pytest.fixture
def made(lite: Flask, tmp_path: Path) -> tuple[Flask, Path]:
    """Return an app with a comment, and a backup of it."""
    Guest(lite).say("hello")
    path = tmp_path / "good.tar.gz"
    back_up(lite, path)
    return lite, path


def repacked(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Write a backup anew with other members."""
    members: dict[str, bytes] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            opened = archive.extractfile(member)
            assert opened is not None
            members[member.name] = opened.read()
    change(members)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def manifest_with(**values: Any) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        found = json.loads(members["manifest.json"])
        members["manifest.json"] = json.dumps({**found, **values}).encode()

    return change


def without(name: str) -> Callable[[dict[str, bytes]], None]:
    return lambda members: members.__delitem__(name)


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 100)


def bit_flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 8
    path.write_bytes(content)


def shorter(path: Path, number: int) -> None:
    os.truncate(path, path.stat().st_size - number)


def bit_of_the_secret_flipped(path: Path) -> None:
    """Flip a bit behind the database, which the manifest's SHA-256 does not cover."""
    with gzip.open(path) as packed:
        plain = packed.read()
    name = plain.rindex(b"secret_key\0")
    stored = bytearray(gzip.compress(plain, compresslevel=0))
    at = stored.rindex(plain[name + 512 : name + 532])
    stored[at + 3] ^= 1
    path.write_bytes(stored)


def bit_of_the_checksum_flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-6] ^= 1
    path.write_bytes(content)


def bit_of_content_flipped(path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        content = bytearray(members["comments.sqlite3"])
        content[len(content) // 2] ^= 8
        members["comments.sqlite3"] = bytes(content)

    repacked(path, change)


def of_another_database(path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        content = members["comments.sqlite3"] = b"not a database" * 1000
        sha = backup_file.hashlib.sha256(content).hexdigest()
        manifest_with(sha256=sha, size=len(content))(members)

    repacked(path, change)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "truncated": (truncated, "damaged or cut off"),
    "bit flipped": (bit_flipped, "good.tar.gz"),
    "end cut off": (lambda p: shorter(p, 1), "damaged or cut off"),
    "checksum cut off": (lambda p: shorter(p, 8), "damaged or cut off"),
    "bit of the secret flipped": (bit_of_the_secret_flipped, "damaged or cut off"),
    "bit of the checksum flipped": (bit_of_the_checksum_flipped, "damaged or cut off"),
    "something behind it": (lambda p: p.write_bytes(p.read_bytes() + b"x"), "damaged or cut off"),
    "content changed": (bit_of_content_flipped, "SHA-256"),
    "newer schema": (lambda p: repacked(p, manifest_with(schema="9999")), "schema version 9999"),
    "other counts": (lambda p: repacked(p, manifest_with(counts={"comments": 5})), "other rows"),
    "newer manifest": (lambda p: repacked(p, manifest_with(version=99)), "another version"),
    "manifest without a field": (
        lambda p: repacked(p, lambda m: m.__setitem__("manifest.json", b"{}")), "cannot be read"
    ),
    "no manifest": (lambda p: repacked(p, without("manifest.json")), "no manifest"),
    "no content": (lambda p: repacked(p, without("comments.sqlite3")), "no database"),
    "not a database": (of_another_database, "SQLite cannot read it"),
    "PostgreSQL's": (lambda p: repacked(p, manifest_with(database="postgresql")), "`export` and"),
    "gzip of something": (lambda p: p.write_bytes(gzip.compress(b"hello" * 999)), "not a backup"),
    "empty": (lambda p: p.write_bytes(b""), "not a backup"),
}  # fmt: skip


def folder_state(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder, except SQLite's shared memory."""
    return {
        p.name: p.read_bytes() for p in folder.iterdir() if p.is_file() and "-shm" not in p.name
    }


@pytest.mark.parametrize("case", sorted(BAD))
def test_a_bad_backup_is_refused_and_touches_nothing(
    made: tuple[Flask, Path], tmp_path: Path, case: str
) -> None:
    app, path = made
    change, words = BAD[case]
    change(path)
    with app.app_context():
        db.engine.dispose()
    before = folder_state(tmp_path)
    with pytest.raises(Refusal, match=words):
        restore(app, path)
    assert folder_state(tmp_path) == before
    assert Guest(app).say("it goes on").status_code == 201


def test_a_no_changes_nothing(made: tuple[Flask, Path], tmp_path: Path) -> None:
    app, path = made
    with app.app_context():
        db.engine.dispose()
    before = folder_state(tmp_path)
    with pytest.raises(NotAllowed):
        restore(app, path, yes=False)
    assert folder_state(tmp_path) == before


def test_an_open_database_is_not_replaced(made: tuple[Flask, Path]) -> None:
    app, path = made
    Guest(app).say("after the backup")
    before = digest(app)
    with app.app_context():
        other = sqlite_copy._connect(Path(str(db.engine.url.database)))
        other.execute("SELECT count(*) FROM comments_comments").fetchone()
        with pytest.raises(SetupError, match="is in use"):
            restore(app, path)
        other.close()
    with pytest.raises(SetupError, match="Stop it"):
        restore(app, path, held=True)
    assert digest(app) == before


def test_the_replaced_database_is_kept(made: tuple[Flask, Path], restart: Restart) -> None:
    app, path = made
    Guest(app).say("after the backup")
    done = restore(app, path)
    assert done.kept is not None
    assert sqlite_copy.inspect(done.kept).counts["comments"] == 2
    with restart(app).app_context():
        assert session().scalar(select(func.count()).select_from(Comment)) == 1


def test_a_damaged_database_can_be_replaced(made: tuple[Flask, Path], restart: Restart) -> None:
    app, path = made
    with app.app_context():
        file = Path(str(db.engine.url.database))
        db.engine.dispose()
    file.write_bytes(b"overwritten" * 1000)
    Path(f"{file}-wal").write_bytes(b"old log")
    done = restore(app, path)
    assert done.kept is not None and done.kept.read_bytes().startswith(b"overwritten")
    assert Path(f"{done.kept}-wal").read_bytes() == b"old log"
    assert len(digest(restart(app))) > 1


def test_restore_into_an_empty_place_brings_the_secret(
    tmp_path: Path, lite: Flask, make_app: MakeApp
) -> None:
    (tmp_path / "secret_key").write_text("the secret of the first server")
    Guest(lite).say("hello")
    path, before = tmp_path / "one.tar.gz", digest(lite)
    back_up(lite, path)
    (tmp_path / "secret_key").write_text("another one, made by the new server")
    (tmp_path / "new").mkdir()
    shutil.copy(tmp_path / "secret_key", tmp_path / "new" / "secret_key")
    file = tmp_path / "new" / "comments.sqlite3"
    file.touch()
    state = lite.extensions["comments"]
    from dataclasses import replace

    from sqlalchemy import create_engine

    moved = replace(state, settings=replace(state.settings, folder=str(tmp_path / "new")))
    engine = create_engine(f"sqlite:///{file}")
    done = restore_backup(
        engine=engine, runtime=moved, path=path, confirm=lambda: False, is_held=lambda: False
    )
    assert (done.secret, done.kept) == ("restored", None)
    assert (tmp_path / "new" / "secret_key").read_text() == "the secret of the first server"
    assert stat.S_IMODE((tmp_path / "new" / "secret_key").stat().st_mode) == 0o600
    assert [p.read_text() for p in (tmp_path / "new").glob("secret_key.before-*")] == [
        "another one, made by the new server"
    ]
    assert digest(make_app(f"sqlite:///{file}")) == before


@pytest.mark.skipif(
    getattr(os, "geteuid", int)() != 0 or os.name == "nt",
    reason="only root can act for a server's user",
)
def test_what_root_makes_belongs_to_the_server_s_user(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    app = create_app({"COMMENTS_FOLDER": str(folder), "COMMENTS_ALLOW_VOLATILE": True})
    prepare(app)
    kept = folder / "backups" / "one.tar.gz"
    back_up(app, kept)
    restore(app, kept)
    assert kept.exists()
    assert stored_files.make_folder(app.extensions["comments"]).exists()
    made = [path for path in folder.rglob("*") if path.stat().st_uid != 12345]
    assert made == []


def test_an_existing_file_is_not_overwritten(lite: Flask, tmp_path: Path) -> None:
    path = tmp_path / "mine.tar.gz"
    path.write_text("mine")
    with pytest.raises(SetupError, match="exists already"):
        back_up(lite, path)
    assert path.read_text() == "mine"


def test_a_full_disk_leaves_no_file(
    lite: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup_file, "write", fail)
    (tmp_path / "b").mkdir()
    with pytest.raises(SetupError, match="No space left"):
        back_up(lite, tmp_path / "b" / "one.tar.gz")
    assert list((tmp_path / "b").iterdir()) == []


def test_a_copy_that_is_damaged_gets_no_name(
    lite: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = backup_file.write

    def write(path: Path, *rest: Any) -> None:
        written(path, *rest)
        bit_flipped(path)

    monkeypatch.setattr(backup_file, "write", write)
    (tmp_path / "b").mkdir()
    with pytest.raises(SetupError, match="is not good"):
        back_up(lite, tmp_path / "b" / "one.tar.gz")
    assert list((tmp_path / "b").iterdir()) == []


def test_a_database_in_memory_cannot_be_backed_up(make_app: MakeApp, tmp_path: Path) -> None:
    from comment_service.app import create_app, prepare

    app = create_app({"COMMENTS_TESTING": True, "COMMENTS_FOLDER": str(tmp_path)})
    prepare(app)
    with pytest.raises(SetupError, match="in memory"):
        back_up(app, tmp_path / "one.tar.gz")


@pytest.fixture
def postgres_app(postgres_database: str, make_app: MakeApp) -> Iterator[Flask]:
    app = make_app(postgres_database)
    Guest(app).say("hello")
    yield app


@pytest.mark.postgres
def test_a_server_on_postgresql_is_noticed(postgres_app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "one.tar.gz"
    back_up(postgres_app, path)
    before = digest(postgres_app)
    from comment_service.app import create_app

    url = postgres_app.config["SQLALCHEMY_DATABASE_URI"]
    other = create_app({
        "COMMENTS_DATABASE_URL": url, "COMMENTS_FOLDER": str(tmp_path),
        "COMMENTS_ALLOW_VOLATILE": True,
    })  # fmt: skip
    with other.app_context():
        session().scalar(select(1))
        with pytest.raises(SetupError, match="connections of a running server"):
            restore(postgres_app, path)
        db.session.remove()
        db.engine.dispose()
    assert digest(postgres_app) == before


@pytest.mark.postgres
def test_a_failing_restore_on_postgresql_rolls_back(
    postgres_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "one.tar.gz"
    back_up(postgres_app, path)
    Guest(postgres_app, "Late").say("after the backup")
    before = digest(postgres_app)
    copied = postgres_dump._copy_script

    def cut(source: Path, target: Any) -> None:
        copied(source, target)
        raise SetupError("pg_restore failed")

    monkeypatch.setattr(postgres_dump, "_copy_script", cut)
    with pytest.raises(SetupError, match="pg_restore failed"):
        restore(postgres_app, path)
    assert digest(postgres_app) == before
    monkeypatch.undo()
    monkeypatch.setattr(postgres_dump.counters, "function_statements", lambda: ["SELECT nothing"])
    with pytest.raises(SetupError, match="psql failed"):
        restore(postgres_app, path)
    assert digest(postgres_app) == before


@pytest.mark.postgres
def test_missing_client_programs_are_named(
    postgres_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_dump.shutil, "which", lambda _name: None)
    with pytest.raises(SetupError, match="pg_dump is not installed"):
        back_up(postgres_app, tmp_path / "one.tar.gz")
    assert not (tmp_path / "one.tar.gz").exists()
