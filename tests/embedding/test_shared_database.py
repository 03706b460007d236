"""The service on the host's own database file, while both write to it."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text

from comment_service import CommentService
from comment_service.errors import SetupError
from comment_service.storage.db.session import db as ours
from tests.embedding.test_hosts import HOST, HostGuest
from tests.fakes import FakeClassifier

ROUNDS = 12


def shared_host(folder: Path, uri: str, ours_uri: str, **options: Any) -> tuple[Flask, SQLAlchemy]:
    """Return a host with a table of its own, and the service on the same file."""
    app = Flask("host", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="x" * 32,
        SQLALCHEMY_DATABASE_URI=uri,
        SQLALCHEMY_ENGINE_OPTIONS={"connect_args": {"timeout": 30}},
        COMMENTS_DATABASE_URL=ours_uri,
        COMMENTS_ALLOW_VOLATILE=True,
        COMMENTS_WORKER=False,
        COMMENTS_MIN_SECONDS=0,
        COMMENTS_RATE_MINUTE=1000,
        COMMENTS_RATE_HOUR=1000,
        **options,
    )
    database = SQLAlchemy(app)
    with app.app_context():
        database.session.execute(text("CREATE TABLE visits (id INTEGER PRIMARY KEY, who TEXT)"))
        database.session.commit()
    CommentService().init_app(app, classifier=FakeClassifier())

    @app.post("/visit/<who>")
    def visit(who: str) -> str:
        database.session.execute(text("INSERT INTO visits (who) VALUES (:who)"), {"who": who})
        database.session.commit()
        return str(database.session.scalar(text("SELECT count(*) FROM visits")))

    return app, database


NAMES = [
    ("sqlite:///host.db", "sqlite:///host.db"),
    ("sqlite:///host.db", "sqlite:///{folder}/host.db"),
    ("sqlite:///host.db", "sqlite:///{folder}/link.db"),
    ("sqlite:///host.db", "sqlite:///file:{folder}/host.db?uri=true"),
]


@pytest.mark.parametrize(("theirs", "our_name"), NAMES)
def test_host_and_service_write_to_one_file(theirs: str, our_name: str, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "host.db")
    app, _database = shared_host(tmp_path, theirs, our_name.format(folder=tmp_path))
    service = app.extensions["comments"]
    with service.app_context():
        assert ours.engine.dialect.dbapi is sqlite3
    failures: list[str] = []

    def comment(number: int) -> None:
        guest = HostGuest(app, f"Reader {number}")
        for turn in range(ROUNDS):
            answer = guest.say(f"comment {number} {turn} about the weather", url=f"{HOST}/post")
            if answer.status_code != 201:
                failures.append(answer.get_data(as_text=True))

    def visit(number: int) -> None:
        client = app.test_client()
        for _turn in range(ROUNDS):
            if client.post(f"/visit/{number}").status_code != 200:
                failures.append(f"visit {number}")

    threads = [threading.Thread(target=comment, args=(n,)) for n in range(3)]
    threads += [threading.Thread(target=visit, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with sqlite3.connect(tmp_path / "host.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM visits").fetchone() == (3 * ROUNDS,)
        kept = connection.execute("SELECT count(*) FROM comments_comments").fetchone()
        assert kept == (3 * ROUNDS,)


def test_host_file_with_a_custom_creator_is_refused(tmp_path: Path) -> None:
    app = Flask("host", instance_path=str(tmp_path))
    app.config.update(
        SQLALCHEMY_DATABASE_URI="sqlite:///host.db",
        SQLALCHEMY_ENGINE_OPTIONS={"creator": lambda: sqlite3.connect(tmp_path / "host.db")},
        COMMENTS_DATABASE_URL="sqlite:///host.db",
        COMMENTS_ALLOW_VOLATILE=True,
    )
    with pytest.raises(SetupError, match="leave COMMENTS_DATABASE_URL empty"):
        CommentService(app)


def test_service_has_its_own_file_by_default(tmp_path: Path) -> None:
    app = Flask("host", instance_path=str(tmp_path))
    app.config.update(SQLALCHEMY_DATABASE_URI="sqlite:///host.db", COMMENTS_ALLOW_VOLATILE=True)
    service = CommentService().init_app(app, classifier=FakeClassifier())
    with service.app_context():
        assert Path(str(ours.engine.url.database)) == tmp_path / "comments.sqlite3"
