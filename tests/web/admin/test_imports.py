"""The import page: upload, dry run, start, proof, undo; what is refused, and whose it is."""

import io
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from comment_service.actions.transfer import run_import
from comment_service.notify import importing
from comment_service.notify.worker import deliver_due, sweep
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Comment, Import, OutboxRow
from tests.people import Moderator
from tests.transfer.exports import disqus, disqus_post, disqus_thread, wxr, wxr_comment, wxr_item

BLOG = wxr(
    wxr_item(
        "".join(wxr_comment(n, f"Honest words, number {n}") for n in range(1, 7))
        + "".join(wxr_comment(n, f"Buy pills {n}", approved="spam") for n in range(7, 13))
        + wxr_comment(20, "Ping", type="pingback")
    )
)


class Owner(Moderator):
    def upload(self, content: str, name: str = "blog.xml", **fields: str) -> TestResponse:
        return self.client.post(
            "/moderation/import/",
            data={
                "csrf_token": self.token,
                "file": (io.BytesIO(content.encode()), name),
                **fields,
            },
        )

    def send(self, step: str, number: int = 1) -> TestResponse:
        return self.client.post(
            f"/moderation/import/{number}/{step}", data={"csrf_token": self.token}
        )

    def page(self, number: int = 1) -> str:
        return self.client.get(f"/moderation/import/{number}").get_data(as_text=True)


def work(app: Flask) -> int:
    with app.app_context():
        return deliver_due(app.extensions["comments"])


def uploads(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "imports").glob("*") if path.is_file()]


def count(app: Flask) -> int:
    with app.app_context():
        return len(session().scalars(select(Comment)).all())


def test_from_the_file_to_the_proof_and_back(lite: Flask, tmp_path: Path) -> None:
    owner = Owner(lite)
    sent = owner.upload(BLOG)
    assert (sent.status_code, sent.headers["Location"]) == (
        303,
        "/moderation/import/1?site=default",
    )
    assert "Reading the file" in owner.page()
    assert owner.client.get("/moderation/import/1/progress").get_json()["running"]
    assert work(lite) == 1
    plan = owner.page()
    assert "<strong>12</strong> of 13 comments" in plan
    assert "1 · pingback, not a comment" in plan
    assert "https://blog.example/post/" in plan
    assert count(lite) == 0
    assert owner.send("start").status_code == 303
    assert work(lite) == 1
    proof = owner.page()
    assert "<strong>12</strong> comments were added. In the file: 13; here: 12." in proof
    assert 'href="https://blog.example/post/#comment-13"' in proof
    assert "Train now" in proof
    assert uploads(tmp_path) == []
    assert count(lite) == 12
    assert owner.send("start").status_code == 409
    assert owner.send("discard").status_code == 409
    assert owner.send("undo").status_code == 303
    assert work(lite) == 1
    assert "Everything that this import added was deleted" in owner.page()
    assert count(lite) == 0


@pytest.mark.parametrize("box", [{}, {"pictures": "1"}])
def test_pictures_are_fetched_if_the_box_is_ticked(lite: Flask, box: dict[str, str]) -> None:
    owner = Owner(lite)
    user = {"id": "ann", "name": "Ann", "picture": "https://x.example/ann.png"}
    place = {"site": "blog", "url": "https://blog.example/post"}
    row = {"id": "a", "text": "<p>Hi</p>", "user": user, "locator": place, "score": 0,
           "time": "2020-01-02T11:00:00Z"}  # fmt: skip
    lines = [json.dumps(one) for one in ({"version": 1, "users": [], "posts": []}, row)]
    owner.upload("\n".join(lines), "backup.json", **box)
    work(lite)
    owner.send("start")
    work(lite)
    with lite.app_context():
        kinds = session().scalars(select(OutboxRow.kind)).all()
    assert ("picture" in kinds) is bool(box)


def test_after_an_import_the_model_can_be_trained(lite: Flask) -> None:
    owner = Owner(lite)
    owner.upload(BLOG)
    work(lite)
    owner.send("start")
    work(lite)
    form = re.search(r'action="(/moderation/model/train[^"]*)"', owner.page())
    assert form is not None
    trained = owner.client.post(form[1], data={"csrf_token": owner.token})
    assert trained.status_code == 303
    with lite.app_context():
        kinds = session().scalars(select(OutboxRow.kind).where(OutboxRow.done_at.is_(None))).all()
        assert kinds == ["retrain"]


def test_a_broken_file_is_refused_with_its_line(lite: Flask, tmp_path: Path) -> None:
    owner = Owner(lite)
    owner.upload(disqus(disqus_thread(), disqus_post(1))[:-20])
    work(lite)
    assert (
        "Nothing was imported. Line 1: the file is cut off: it ends too early (column "
        in owner.page()
    )
    assert uploads(tmp_path) == []
    assert owner.send("discard").status_code == 303
    assert owner.client.get("/moderation/import/1").status_code == 404


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"map": "nothing"}, "is no rule"),
        ({"map": "re:a=>b"}, "is no rule"),  # a pattern of a web form could take forever
        ({"base": "nothing"}, "nothing: "),
        ({"format": "nothing"}, "Choose one of the formats."),
    ],
)
def test_fields_that_cannot_work_are_refused(
    lite: Flask, tmp_path: Path, fields: dict[str, str], sentence: str
) -> None:
    owner = Owner(lite)
    assert sentence in owner.upload(BLOG, **fields).get_data(as_text=True)
    assert uploads(tmp_path) == []
    assert work(lite) == 0


def test_a_form_without_a_file_is_refused(lite: Flask) -> None:
    owner = Owner(lite)
    answer = owner.client.post("/moderation/import/", data={"csrf_token": owner.token})
    assert "Choose a file." in answer.get_data(as_text=True)


def test_only_an_owner_may_send_more_than_a_comment(
    sqlite_url: str, make_app, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comment_service.web.admin.imports.MEGABYTE", 350_000)
    app = make_app(sqlite_url, IMPORT_MEGABYTES=1)
    large = wxr(wxr_item(wxr_comment(1, "x" * 300_000)))
    owner, helper = Owner(app), Owner(app, "Helper", "moderator")
    assert owner.upload(large).status_code == 303
    assert owner.upload("x" * 400_000).status_code == 413
    assert helper.upload(large).status_code == 413
    assert helper.upload(BLOG).status_code == 403


def test_a_discarded_file_is_deleted(lite: Flask, tmp_path: Path) -> None:
    owner = Owner(lite)
    owner.upload(BLOG)
    assert len(uploads(tmp_path)) == 1
    work(lite)
    assert owner.send("discard").status_code == 303
    assert uploads(tmp_path) == []


def test_a_forgotten_file_is_deleted_and_cannot_be_started(
    lite: Flask, tmp_path: Path, clock
) -> None:
    owner = Owner(lite)
    owner.upload(BLOG)
    work(lite)
    with lite.app_context():
        sweep(lite.extensions["comments"])
    assert len(uploads(tmp_path)) == 1
    for path in uploads(tmp_path):
        past = clock().timestamp() - importing.KEEP_UPLOADS.total_seconds() - 10
        os.utime(path, (past, past))
    with lite.app_context():
        sweep(lite.extensions["comments"])
    assert uploads(tmp_path) == []
    owner.send("start")
    work(lite)
    assert "upload it again" in owner.page()


def test_imports_belong_to_one_site(lite: Flask) -> None:
    with lite.app_context(), transaction() as current:
        sites.ensure_site(
            current, key="other", name="Other", origins=["https://other.example"],
            now=lite.extensions["comments"].now(),
        )  # fmt: skip
    owner, other = Owner(lite), Owner(lite, "Far", "owner", "other")
    owner.upload(BLOG)
    work(lite)
    listed = other.client.get("/moderation/import/").get_data(as_text=True)
    assert "blog.xml" not in listed
    assert "blog.xml" in owner.client.get("/moderation/import/").get_data(as_text=True)
    for step in ("start", "undo", "discard"):
        assert other.send(step).status_code == 404
    assert other.client.get("/moderation/import/1").status_code == 404
    assert other.client.get("/moderation/import/1/progress").status_code == 404
    with lite.app_context():
        assert session().get_one(Import, 1).state == "checked"


def test_an_interrupted_import_goes_on_with_the_next_worker(
    lite: Flask, monkeypatch: pytest.MonkeyPatch, clock
) -> None:
    monkeypatch.setattr("comment_service.actions.transfer.run_import.BATCH_SIZE", 4)
    owner = Owner(lite)
    owner.upload(BLOG)
    work(lite)
    owner.send("start")
    real, steps = importing.importing.store_batch, iter(range(100))

    def fail_in_the_middle(**values: object) -> object:
        if next(steps) == 1:
            raise OSError("the disk is full")
        return real(**values)

    monkeypatch.setattr(importing.importing, "store_batch", fail_in_the_middle)
    work(lite)
    assert count(lite) == 4
    clock.forward(minutes=30)
    work(lite)
    assert count(lite) == 12
    assert "here: 12." in owner.page()


def test_imported_comments_are_in_the_queues_and_can_be_decided(lite: Flask) -> None:
    owner = Owner(lite)
    owner.upload(wxr(wxr_item(wxr_comment(1, "Waits", approved="0") + wxr_comment(2, "Good"))))
    work(lite)
    owner.send("start")
    work(lite)
    assert "Waits" in owner.queue("pending")
    with lite.app_context():
        number = session().scalars(select(Comment.id).where(Comment.text == "Waits")).one()
    page = owner.client.get(f"/moderation/comments/{number}")
    assert page.status_code == 200
    assert owner.decide(number, "approve").status_code == 200
    assert "Waits" in owner.queue("published")
    assert owner.client.get("/moderation/model/").status_code == 200
    assert owner.client.get("/moderation/week/").status_code == 200
    assert "wxr import 1" in owner.client.get("/moderation/model/sources").get_data(as_text=True)


def test_undo_while_an_import_runs_is_done(lite: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Owner(lite)
    owner.upload(BLOG)
    work(lite)
    owner.send("start")
    make_proof = run_import.make_proof

    def meanwhile(**about: Any) -> Mapping[str, Any]:
        assert count(lite) == 12
        assert owner.send("undo").status_code == 303
        return make_proof(**about)

    monkeypatch.setattr(run_import, "make_proof", meanwhile)
    work(lite)
    work(lite)
    with lite.app_context():
        assert session().scalars(select(Import.state)).one() == "undone"
    assert count(lite) == 0
