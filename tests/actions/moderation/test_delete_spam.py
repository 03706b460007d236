"""Spam is deleted when it is old, or by a moderator; what the filter learned stays."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.actions.moderation import delete_permanently
from comment_service.config import Settings
from comment_service.notify import worker
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import (
    Author,
    Comment,
    Decision,
    Import,
    ImportedComment,
    Label,
    Verdict,
)
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import Guest, Moderator

SECRET = "buy pills in Elm Street"


@pytest.fixture
def two(make_app: MakeApp, database_url: str) -> Flask:
    """Return an app with two sites."""
    app = make_app(database_url, SPAM_DAYS=30)
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        origins = ["https://other.example"]
        sites.ensure_site(current, key="other", name="Other", origins=origins, now=now)
    return app


def say(app: Flask, text: str, site: str = "default", **more: Any) -> int:
    guest = Guest(app, f"Ada of {site}")
    url = "https://other.example/post" if site == "other" else "https://blog.example/post"
    guest.page = {"site": site, "url": url, "title": "A post"}
    answer = guest.say(text, email="ada@elm.example", website="https://elm.example", **more)
    assert answer.status_code == 201, answer.text
    return int(answer.get_json()["id"])


def sweep(app: Flask) -> None:
    with app.app_context():
        worker.sweep(app.extensions["comments"])


def statuses(app: Flask) -> dict[int, str]:
    with app.app_context():
        found = session().scalars(select(Comment).order_by(Comment.id))
        return {one.id: one.status for one in found}


def test_old_spam_is_deleted_on_every_site(two: Flask, clock: FakeClock) -> None:
    owner = Moderator(two)
    old = [say(two, f"{SECRET} {number}", site) for number in range(2) for site in SITES]
    others = {status: say(two, f"a word {status}") for status in ("published", "rejected")}
    for comment in old:
        assert owner.decide(comment, "spam").status_code == 200
    owner.decide(others["rejected"], "reject")
    clock.forward(days=29, hours=23)
    young = say(two, f"{SECRET} lately")
    owner.decide(young, "spam")
    sweep(two)
    assert set(statuses(two).values()) == {"spam", "published", "rejected"}
    clock.forward(hours=2)
    sweep(two)
    found = statuses(two)
    assert [found[one] for one in old] == ["deleted"] * 4
    assert found[young] == "spam"
    assert {status: found[one] for status, one in others.items()} == {s: s for s in others}
    with two.app_context():
        assert session().scalars(select(Author.email).where(Author.email != "")).all() == (
            ["ada@elm.example"] * 3
        ), "of the guests whose comments stay"


SITES = ("default", "other")


def test_what_the_filter_learned_stays_without_its_author(two: Flask, clock: FakeClock) -> None:
    owner = Moderator(two)
    comment = say(two, SECRET)
    owner.decide(comment, "approve")
    owner.post(f"/moderation/comments/{comment}/decide", decision="spam", note="Ada of Elm Street")
    clock.forward(days=31)
    sweep(two)
    with two.app_context():
        row = session().get_one(Comment, comment)
        assert (row.status, row.name, row.email, row.url, row.text, row.html, row.network) == (
            "deleted", *6 * ("",),
        )  # fmt: skip
        label = session().scalars(select(Label)).one()
        assert (label.label, label.text, label.withdrawn_at) == ("spam", SECRET, None)
        assert (label.author, label.email, label.url) == ("", "", "")
        told = session().scalars(select(Decision).order_by(Decision.id)).all()
        assert [(one.decision, one.note) for one in told] == [("approve", ""), ("spam", "")]
        assert not any(one.reasons for one in session().scalars(select(Verdict)))
        assert session().scalars(select(Author.email)).all() == [""]
    assert "Elm Street" not in owner.queue("all")


def test_what_something_happened_to_lately_stays(two: Flask, clock: FakeClock) -> None:
    owner = Moderator(two)
    undone, marked, imported, untouched = (say(two, f"{SECRET} {n}") for n in range(4))
    owner.decide(imported, "spam")
    owner.decide(untouched, "spam")
    undo = owner.decide(undone, "spam").get_json()["undo"]
    clock.forward(days=31)
    owner = Moderator(two, "Later")
    assert owner.post(undo).status_code == 200
    for comment in (undone, marked):
        owner.decide(comment, "spam")
    with two.app_context(), transaction() as current:
        now = clock.now
        row = Import(site_id=1, file_name="a.xml", state="finished", actor="Ann")
        row.created_at, row.finished_at = now - timedelta(days=40), now
        current.add(row)
        current.flush()
        where = {"site_id": 1, "source": "disqus", "source_id": "1", "digest": "d"}
        current.add(ImportedComment(import_id=row.id, comment_id=imported, **where))
    sweep(two)
    found = statuses(two)
    assert [found[one] for one in (undone, marked, imported)] == ["spam"] * 3
    assert found[untouched] == "deleted"


def test_a_thread_keeps_the_replies_to_deleted_spam(two: Flask, clock: FakeClock) -> None:
    owner = Moderator(two)
    spam = say(two, SECRET)
    say(two, "an answer", parent=spam)
    owner.decide(spam, "spam")
    clock.forward(days=31)
    before = Guest(two).thread()
    assert "an answer" in before
    sweep(two)
    thread = Guest(two).thread()
    assert "This comment was removed." in thread
    assert "an answer" in thread
    assert statuses(two)[spam] == "deleted"


def test_a_sweep_deletes_a_bounded_number_on_each_site(
    two: Flask, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = Moderator(two)
    by_site = {site: [say(two, f"{SECRET} {n}", site) for n in range(3)] for site in SITES}
    for comments in by_site.values():
        for comment in comments:
            owner.decide(comment, "spam")
    clock.forward(days=31)
    monkeypatch.setattr(worker, "SPAM_AT_ONCE", 1)
    monkeypatch.setattr(worker, "SPAM_BATCHES", 2)
    sweep(two)
    for comments in by_site.values():
        assert [statuses(two)[one] for one in comments] == ["deleted", "deleted", "spam"]
    with two.app_context(), transaction() as current:
        now = clock.now
        erase = delete_permanently.erase_old_spam
        assert erase(session=current, site_id=1, before=now - timedelta(days=30), limit=9) == 1
    assert [statuses(two)[comments[2]] for comments in by_site.values()] == ["deleted", "spam"]


def test_zero_days_keep_spam(make_app: MakeApp, sqlite_url: str, clock: FakeClock) -> None:
    app = make_app(sqlite_url, SPAM_DAYS=0)
    comment = say(app, SECRET)
    Moderator(app).decide(comment, "spam")
    clock.forward(days=400)
    sweep(app)
    assert statuses(app)[comment] == "spam"
    with pytest.raises(ValueError, match="COMMENTS_SPAM_DAYS"):
        Settings(spam_days=-1)


ERASE = {"decision": "erase", "whole": "1", "queue": "spam", "query": ""}


def hidden_fields(page: str) -> dict[str, str]:
    form = page[page.index('name="whole"') - 300 :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


@pytest.fixture
def filed(two: Flask) -> Flask:
    """Return two sites with two spam comments each, and a published one."""
    two.config["WTF_CSRF_ENABLED"] = False
    owner = Moderator(two, "First")
    for site in SITES:
        for number in range(2):
            owner.decide(say(two, f"{SECRET} {number}", site), "spam")
    say(two, "an honest word")
    return two


def test_empty_spam_deletes_what_the_page_showed(filed: Flask) -> None:
    moderator = Moderator(filed, "Helper", "moderator", "default")
    assert "Empty spam…" in moderator.queue("spam")
    assert "Empty spam…" not in moderator.queue("pending")
    page = moderator.client.post("/moderation/batches", data=ERASE)
    assert "Delete 2 spam comments for good?" in page.text
    assert set(statuses(filed).values()) == {"spam", "published"}
    late = say(filed, f"{SECRET} late")
    owner = Moderator(filed)
    owner.decide(late, "spam")
    owner.decide(1, "approve")
    fields = {**hidden_fields(page.text), "decision": "erase"}
    answer = moderator.client.post("/moderation/batches", data=fields, follow_redirects=True)
    assert "Deleted permanently. (1)" in answer.text
    assert 'name="next"' not in answer.text[answer.text.index('id="toast"') :]
    found = statuses(filed)
    assert [found[number] for number in (1, 2, 3, 4, late)] == [
        "published", "deleted", "spam", "spam", "spam",
    ]  # fmt: skip
    with filed.app_context():
        rows = session().scalars(select(Decision).where(Decision.decision == "erase")).all()
        assert [(row.comment_id, row.moderator_id, row.batch_id) for row in rows] == [
            (2, moderator.id, 1)
        ]
        labels = session().scalars(select(Label).where(Label.comment_id == 2)).all()
        assert [(one.label, one.author, one.email) for one in labels] == [("spam", "", "")]


def test_a_bulk_deletion_cannot_be_undone(filed: Flask) -> None:
    owner = Moderator(filed)
    fields = {**hidden_fields(owner.client.post("/moderation/batches", data=ERASE).text)}
    owner.client.post("/moderation/batches", data={**fields, "decision": "erase"})
    assert list(statuses(filed).values()).count("deleted") == 4
    assert owner.post("/moderation/batches/1/undo").status_code == 409
    assert "Undo all of it" not in owner.client.get("/moderation/batches/1").text
    assert "Delete permanently: 4" in owner.client.get("/moderation/causes/?site=default").text


@pytest.mark.parametrize("fields", [{**ERASE, "queue": "all"}, {"decision": "erase", "id": "1"}])
def test_only_the_spam_queue_can_be_emptied(filed: Flask, fields: dict[str, str]) -> None:
    answer = Moderator(filed).client.post("/moderation/batches", data={**fields, "sure": "1"})
    assert answer.status_code in {400, 422}
    assert "deleted" not in statuses(filed).values()


def test_spam_of_another_site_is_not_deleted(filed: Flask) -> None:
    helper = Moderator(filed, "Helper", "moderator", "default")
    with filed.app_context(), transaction() as current:
        state = filed.extensions["comments"]
        number = delete_permanently.erase_spam(
            session=current, runtime=state, moderator_id=helper.id,
            comment_ids=[1, 2, 3, 4, 5], batch_id=1,
        )  # fmt: skip
    assert number == 2
    assert list(statuses(filed).values()) == ["deleted", "deleted", "spam", "spam", "published"]
