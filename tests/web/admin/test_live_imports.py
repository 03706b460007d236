"""A running WordPress on the import page: fetched by the worker, its password used once."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from comment_service.actions.transfer import stored_files
from comment_service.notify import live_imports
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Import, OutboxRow
from tests.actions.transfer.test_fetch_wordpress import SECRET, WordPress, comment, wordpress
from tests.conftest import MakeApp
from tests.web.admin.test_imports import Owner, count, uploads, work

__all__ = ["wordpress"]


class LiveOwner(Owner):
    def ask(self, url: str, password: str = SECRET, user: str = "mod", **more: str) -> TestResponse:
        form = {"url": url, "user": user, "password": password, **more}
        return self.client.post(
            "/moderation/import/wordpress", data={"csrf_token": self.token, **form}
        )


def fetch(app: Flask, stop: threading.Event | None = None) -> int:
    with app.app_context():
        return live_imports.deliver_due(app.extensions["comments"], stop)


def state(app: Flask) -> str:
    with app.app_context():
        found: str = session().get_one(Import, 1).state
        return found


@pytest.fixture
def everything(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Search the data folder and the log for the password after the test."""
    with caplog.at_level(logging.DEBUG):
        yield
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
    assert SECRET not in caplog.text


@pytest.mark.usefixtures("everything")
def test_from_the_address_to_the_proof_and_back(
    wordpress: WordPress, lite: Flask, tmp_path: Path
) -> None:
    owner = LiveOwner(lite)
    sent = owner.ask(wordpress.url, rules="https://blog.example=https://new.example")
    assert (sent.status_code, sent.headers["Location"]) == (
        303,
        "/moderation/import/1?site=default",
    )
    assert "Fetching from WordPress" in owner.page()
    assert owner.client.get("/moderation/import/1/progress").get_json()["running"]
    assert [path.suffix for path in uploads(tmp_path)] == [".password"]
    assert SECRET.encode() not in uploads(tmp_path)[0].read_bytes()
    assert uploads(tmp_path)[0].stat().st_mode & 0o077 == 0
    assert work(lite) == 0  # nothing of it delays the mail
    assert (fetch(lite), fetch(lite)) == (1, 0)
    assert [path.suffix for path in uploads(tmp_path)] == [""]
    assert work(lite) == 1
    plan = owner.page()
    assert "<strong>123</strong> of 124 comments" in plan
    assert "https://new.example/post/" in plan
    assert count(lite) == 0
    asked = len(wordpress.seen)
    owner.send("start")
    assert work(lite) == 1
    assert "In WordPress: 124; here: 123." in owner.page()
    assert "In the file" not in owner.page()
    assert (count(lite), uploads(tmp_path), len(wordpress.seen)) == (123, [], asked)
    owner.send("undo")
    work(lite)
    assert count(lite) == 0


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(
    ("password", "said"),
    [("wrong", "did not accept the user"), (SECRET, "This WordPress has no comments.")],
)
def test_what_wordpress_refuses_is_told(
    wordpress: WordPress, lite: Flask, tmp_path: Path, password: str, said: str
) -> None:
    wordpress.comments = {status: [] for status in wordpress.comments}
    owner = LiveOwner(lite)
    owner.ask(wordpress.url, password)
    assert fetch(lite) == 1
    assert said in owner.page()
    assert uploads(tmp_path) == []
    assert owner.send("discard").status_code == 303


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"url": "http://blog.example"}, "only sent to an address with https://"),
        ({"url": "nothing"}, "http:// or https://"),
        ({"url": "https://mod:x@blog.example"}, "http:// or https://"),
        ({"user": ""}, "Enter the user name"),
        ({"password": " "}, "Enter the user name"),
        ({"password": "x" * 400}, "Enter the user name"),
        ({"rules": "nothing"}, "is no rule"),
        ({"rules": "re:a=>b"}, "is no rule"),
    ],
)
def test_fields_that_cannot_work_are_refused(
    lite: Flask, tmp_path: Path, form: dict[str, str], said: str
) -> None:
    page = LiveOwner(lite).ask(**{"url": "https://blog.example", **form}).get_data(as_text=True)
    assert said in page
    assert SECRET not in page
    assert uploads(tmp_path) == []
    assert fetch(lite) == 0


def test_an_address_within_the_network_is_not_asked(lite: Flask) -> None:
    owner = LiveOwner(lite)
    owner.ask("https://127.0.0.1")
    assert fetch(lite) == 1
    assert "in a private network" in owner.page()


def test_only_an_owner_may_start_it(lite: Flask) -> None:
    helper = LiveOwner(lite, "Helper", "moderator")
    assert helper.ask("https://blog.example").status_code == 403
    assert fetch(lite) == 0


def test_a_discarded_one_is_neither_fetched_nor_kept(
    wordpress: WordPress, lite: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_imports, "PROGRESS_SECONDS", 0.0)
    owner = LiveOwner(lite)
    owner.ask(wordpress.url)
    owner.send("discard")
    assert (fetch(lite), uploads(tmp_path), wordpress.seen) == (0, [], [])
    owner.ask(wordpress.url)
    answer = wordpress.answer

    def discard_meanwhile(path: str, authorization: str) -> tuple[int, object]:
        if "status=spam" in path and "per_page=50" in path:
            assert owner.send("discard").status_code == 303
        return answer(path, authorization)

    monkeypatch.setattr(wordpress, "answer", discard_meanwhile)
    assert fetch(lite) == 1
    assert (uploads(tmp_path), count(lite), work(lite)) == ([], 0, 0)


def test_a_stopped_worker_begins_again(wordpress: WordPress, lite: Flask) -> None:
    owner = LiveOwner(lite)
    owner.ask(wordpress.url)
    stop = threading.Event()
    stop.set()
    assert (fetch(lite, stop), state(lite)) == (0, "fetching")
    assert fetch(lite) == 1
    work(lite)
    assert "<strong>123</strong> of 124 comments" in owner.page()


def test_a_slow_wordpress_and_a_large_one_are_for_the_command(
    wordpress: WordPress, make_app: MakeApp, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(sqlite_url, IMPORT_MEGABYTES=1)
    owner = LiveOwner(app)
    monkeypatch.setattr(live_imports, "PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(live_imports, "MAX_SECONDS", 0.0)
    owner.ask(wordpress.url)
    fetch(app)
    assert "This WordPress is too slow." in owner.page()
    monkeypatch.setattr(live_imports, "MAX_SECONDS", 60.0)
    wordpress.comments["approve"] = [
        comment(n, content={"raw": "x" * 50_000}) for n in range(1, 30)
    ]
    owner.ask(wordpress.url)
    fetch(app)
    assert "larger than 1 MB" in owner.page(2)


def test_what_wordpress_counts_but_does_not_send_is_a_difference(
    wordpress: WordPress, lite: Flask
) -> None:
    wordpress.hidden = {1, 2, 60}
    owner = LiveOwner(lite)
    owner.ask(wordpress.url)
    fetch(lite)
    work(lite)
    plan = owner.page()
    assert "<strong>120</strong> of 124 comments" in plan
    assert "3 · counted by WordPress but not sent" in plan
    assert "In WordPress" in plan
    owner.send("start")
    work(lite)
    assert "In WordPress: 124; here: 120." in owner.page()
    assert "3 · counted by WordPress but not sent" in owner.page()


def test_a_busy_wordpress_does_not_keep_a_worker_from_stopping(
    wordpress: WordPress, lite: Flask
) -> None:
    owner = LiveOwner(lite)
    owner.ask(wordpress.url)
    stop = threading.Event()
    wordpress.failing = [(429, {"Retry-After": "100"})]
    threading.Timer(0.2, stop.set).start()
    assert (fetch(lite, stop), state(lite)) == (0, "fetching")
    assert fetch(lite) == 1
    assert work(lite) == 1


def test_a_password_of_another_server_is_of_no_use(lite: Flask, tmp_path: Path) -> None:
    owner = LiveOwner(lite)
    owner.ask("https://blog.example")
    uploads(tmp_path)[0].write_text("something else")
    fetch(lite)
    assert "password is not here any more" in owner.page()


def test_an_error_of_ours_is_told_and_not_repeated(
    wordpress: WordPress, lite: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = LiveOwner(lite)
    owner.ask(wordpress.url)

    def full(**_about: object) -> int:
        raise OSError("the disk is full")

    monkeypatch.setattr(live_imports, "fetch_wordpress", full)
    assert fetch(lite) == 1
    assert "the disk is full" in owner.page()
    assert (fetch(lite), uploads(tmp_path)) == (0, [])


def test_live_imports_belong_to_one_site(wordpress: WordPress, lite: Flask) -> None:
    with lite.app_context(), transaction() as current:
        sites.ensure_site(
            current, key="other", name="Other", origins=["https://other.example"],
            now=lite.extensions["comments"].now(),
        )  # fmt: skip
    owner, other = LiveOwner(lite), LiveOwner(lite, "Far", "owner", "other")
    owner.ask(wordpress.url)
    assert other.send("discard").status_code == 404
    assert other.client.get("/moderation/import/1/progress").status_code == 404
    other.ask(wordpress.url)
    assert (fetch(lite), fetch(lite), work(lite)) == (1, 1, 2)
    with lite.app_context():
        found = session().execute(select(Import.site_id, Import.state).order_by(Import.id)).all()
        assert [tuple(row) for row in found] == [(1, "checked"), (2, "checked")]
        kept = session().scalars(select(OutboxRow.payload)).all()
        assert {row["site_id"] for row in kept if "import_id" in row} == {1, 2}
    other.send("start", 2)
    work(lite)
    assert state(lite) == "checked"


def test_a_kept_password_can_be_read_once_deleted_not(lite: Flask) -> None:
    runtime = lite.extensions["comments"]
    with lite.app_context():
        stored_files.keep_password(runtime, "one", "äöü secret")
        assert stored_files.read_password(runtime, "one") == "äöü secret"
        stored_files.forget_password(runtime, "one")
        with pytest.raises(Exception, match="not here any more"):
            stored_files.read_password(runtime, "one")
