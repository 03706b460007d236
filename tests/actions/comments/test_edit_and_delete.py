"""Authors edit and delete their comments within the edit window; edits are screened again."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from comment_service import events
from comment_service.storage.db.session import session
from comment_service.storage.tables import (
    AuthorChange,
    Comment,
    CommentLike,
    Label,
    Page,
    Revision,
    Verdict,
)
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import PAGE, Guest, Moderator, ruled


def edit(guest: Guest, comment: int, text: str, **more: Any) -> TestResponse:
    sent = {"token": guest.form_token(), "text": text, "expected": 0, **more}
    return guest.post(f"/comments/{comment}/edit", sent)


def delete(guest: Guest, comment: int) -> TestResponse:
    return guest.post(f"/comments/{comment}/delete", {"token": guest.form_token()})


def refused(answer: TestResponse) -> str:
    return str(answer.get_json()["error"]["code"])


def said(guest: Guest, text: str = "A first thought", **more: Any) -> int:
    return int(guest.say(text, **more).get_json()["id"])


def revision(app: Flask) -> int:
    with app.app_context():
        return session().scalars(select(Page.revision)).one()


def test_an_edit_shows_at_once_and_the_old_text_is_kept(app: Flask) -> None:
    ada = Guest(app)
    comment, before = said(ada), revision(app)
    answer = edit(ada, comment, "A **second** thought")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "published")
    assert "edited" in answer.get_json()["html"]
    assert "<strong>second</strong>" in ada.thread()
    assert "first thought" not in ada.thread()
    assert revision(app) > before
    with app.app_context():
        kept = session().scalars(select(Revision)).one()
        assert (kept.text, kept.moderator_id) == ("A first thought", None)
        assert session().scalar(select(func.count()).select_from(Verdict)) == 2
    page = Moderator(app).client.get(f"/moderation/comments/{comment}").get_data(as_text=True)
    assert "its author" in page
    assert "A first thought" in page


@pytest.mark.parametrize(
    ("text", "status"),
    [("maybe not", "pending"), ("casino for all", "spam"), ("still fine", "published")],
)
def test_edit_is_screened_again(app: Flask, text: str, status: str) -> None:
    ada = Guest(app)
    comment = said(ada)
    seen = edit(ada, comment, text).get_json()["status"]
    assert seen == ("published" if status == "published" else "pending")
    with app.app_context():
        found = session().get_one(Comment, comment)
        assert (found.status, found.shown) == (status, status == "published")
        count = 1 if status == "published" else 0
        assert session().scalars(select(Page.comment_count)).one() == count


def test_quick_edit_is_not_held_for_its_speed(
    make_app: MakeApp, sqlite_url: str, clock: FakeClock
) -> None:
    app = make_app(sqlite_url, MIN_SECONDS=5)
    ada = Guest(app)
    body = ada.fields("A frist thought")
    clock.forward(seconds=20)
    comment = ada.post("/comments", body).get_json()["id"]
    assert edit(ada, comment, "A first thought").get_json()["status"] == "published"


def test_pending_comment_can_be_published_by_an_edit(app: Flask) -> None:
    ada, heard = Guest(app), []
    comment = said(ada, "maybe this waits")

    def published(_sender: str, **told: object) -> None:
        heard.append(told["comment_id"])

    with events.comment_published.connected_to(published):
        assert edit(ada, comment, "Now in plain words").get_json()["status"] == "published"
    assert heard == [comment]
    assert "Now in plain words" in ada.thread()


def test_a_link_slipped_in_afterwards_is_held_as_a_first_comment_with_one(app: Flask) -> None:
    ada = Guest(app)
    comment = said(ada, "What a beautiful post")
    told = edit(ada, comment, "What a beautiful post, see https://shop.example/")
    assert told.get_json()["status"] == "pending"


def test_edit_after_window_is_refused(app: Flask, clock: FakeClock) -> None:
    ada = Guest(app)
    comment = said(ada)
    clock.forward(minutes=14)
    assert edit(ada, comment, "In time").status_code == 200
    clock.forward(minutes=6)
    late = edit(ada, comment, "Too late", expected=1)
    assert (late.status_code, refused(late)) == (403, "too_late")
    words = "You can no longer edit this comment."
    assert words in late.get_json()["error"]["message"]
    assert refused(delete(ada, comment)) == "too_late"
    ruled(app, edit_minutes=0)
    assert "cannot edit" in edit(ada, said(ada, "Another"), "x").get_json()["error"]["message"]
    ruled(app, edit_minutes=60)
    assert edit(ada, comment, "In time again", expected=1).status_code == 200


def test_comments_of_others_cannot_be_changed(app: Flask) -> None:
    ada, eve = Guest(app), Guest(app, "Eve")
    comment, held = said(ada), said(ada, "maybe it waits")
    said(eve, "Somebody else")
    for one in (comment, held, 9999):
        for answer in (edit(eve, one, "Mine now"), delete(eve, one)):
            assert (answer.status_code, refused(answer)) == (403, "not_yours")
        assert eve.get(f"/comments/{one}/edit").status_code == 403
    nobody = Guest(app, "Nobody")
    assert refused(edit(nobody, comment, "Mine now")) == "not_yours"
    assert "Mine now" not in ada.thread()


@pytest.mark.parametrize("decision", ["spam", "reject", "hold"])
def test_edit_does_not_override_a_decision(app: Flask, decision: str) -> None:
    ada, moderator = Guest(app), Moderator(app)
    comment = said(ada)
    moderator.decide(comment, decision)
    answer = edit(ada, comment, "Published, please")
    assert (answer.status_code, refused(answer)) == (403, "settled")
    assert "moderator looked at this" in answer.get_json()["error"]["message"]
    moderator.decide(comment, "approve")
    assert edit(ada, comment, "Thank you").get_json()["status"] == "published"


def test_reported_and_moderator_edited_comments_are_locked(app: Flask) -> None:
    ada, moderator = Guest(app), Moderator(app)
    comment, other = said(ada), said(ada, "Another thought")
    Guest(app).report(comment)
    assert "Readers reported" in edit(ada, comment, "Never said").get_json()["error"]["message"]
    moderator.post(f"/moderation/comments/{other}/edit", text="Without the address")
    told = edit(ada, other, "With the address", expected=1).get_json()["error"]["message"]
    assert "moderator changed" in told


def test_edit_is_refused_like_a_new_comment(app: Flask, clock: FakeClock) -> None:
    ada, moderator = Guest(app), Moderator(app)
    said(ada, "I have said this at some length already, you know")
    comment = said(ada)
    twice = edit(ada, comment, "I have said this at some length already, you know")
    assert refused(twice) == "already_said"
    clock.forward(minutes=2)
    ruled(app, rate_minute=3)
    for n in range(3):
        assert edit(ada, comment, f"Version {n}", expected=n).status_code == 200
    assert refused(edit(ada, comment, "Version 4", expected=3)) == "too_often"
    clock.forward(minutes=2)
    ada.network = "203.0.113.9"
    assert edit(ada, comment, "Version 5", expected=3).status_code == 200
    moderator.post(f"/moderation/comments/{comment}/page", closed="1")
    assert refused(edit(ada, comment, "Version 6", expected=4)) == "page_closed"


def test_blocked_authors_edit_is_rejected_and_shadow_ban_stays_hidden(
    app: Flask,
) -> None:
    ada, moderator = Guest(app), Moderator(app)
    comment = said(ada)
    moderator.post(f"/moderation/comments/{comment}/author", mark="shadow")
    assert edit(ada, comment, "Nobody reads this").get_json()["status"] == "published"
    assert "Nobody reads this" not in Guest(app).thread()
    with app.app_context():
        assert session().get_one(Comment, comment).status == "rejected"


def test_concurrent_edits_conflict(app: Flask) -> None:
    ada = Guest(app)
    comment, token = said(ada), ada.form_token()

    def one(n: int) -> int:
        sent = {"token": token, "text": f"Version {n}", "expected": 0}
        return ada.post(f"/comments/{comment}/edit", sent).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == [200, 409, 409, 409]
    told = edit(ada, comment, "Version 9").get_json()["error"]
    assert told["code"] == "edited_before"
    assert told["text"].startswith("Version ")
    assert edit(ada, comment, "Version 9", expected=told["expected"]).status_code == 200


def test_repeated_form_is_one_edit(app: Flask) -> None:
    ada = Guest(app)
    comment = said(ada)
    assert [edit(ada, comment, "Once").status_code for _ in range(2)] == [200, 200]
    with app.app_context():
        assert session().scalar(select(func.count()).select_from(Revision)) == 1


def test_deleting_removes_the_text_everywhere(app: Flask) -> None:
    ada, fan = Guest(app), Guest(app, "Noor")
    comment = said(ada, "Gone tomorrow", email="ada@example.org", website="https://ada.example")
    edit(ada, comment, "Gone today")
    fan.like(comment)
    Moderator(app).decide(comment, "approve")
    before, heard = revision(app), []

    def gone(_sender: str, **told: object) -> None:
        heard.append(told)

    with events.comment_deleted.connected_to(gone):
        answer = delete(ada, comment)
    assert (answer.status_code, answer.get_json()["status"]) == (200, "deleted")
    assert "article" not in answer.get_json()["html"]
    assert heard == [{"comment_id": comment, "page_id": 1}]
    assert revision(app) > before
    assert "Gone" not in fan.thread()
    with app.app_context():
        found = session().get_one(Comment, comment)
        assert (found.status, found.shown, found.like_count) == ("deleted", False, 0)
        assert {found.text, found.html, found.name, found.email, found.url} == {""}
        assert found.author.email == ""
        assert found.network
        for table in (Revision, CommentLike, Label):
            assert session().scalar(select(func.count()).select_from(table)) == 0
        note = session().scalars(select(AuthorChange)).one()
        assert note.change == "comment deleted"
        assert note.about == {"comment": comment, "status": "published", "reports": 0}
    assert delete(ada, comment).status_code == 200
    with app.app_context():
        assert session().scalar(select(func.count()).select_from(AuthorChange)) == 1
    assert refused(edit(ada, comment, "Back again")) == "comment_gone"


def test_deleted_comment_with_replies_leaves_a_tombstone(app: Flask) -> None:
    ada, ruth = Guest(app), Guest(app, "Ruth")
    comment = said(ada, "The question")
    said(ruth, "The answer", parent=comment)
    told = delete(ada, comment).get_json()
    assert "This comment was removed." in told["html"]
    assert "1 comment" in told["html"]
    thread = ruth.thread()
    assert "The question" not in thread
    assert thread.index("This comment was removed.") < thread.index("The answer")


def test_deleting_does_not_evade_the_rate_limit(app: Flask) -> None:
    ruled(app, rate_minute=3)
    ada = Guest(app)
    for n in range(3):
        assert delete(ada, said(ada, f"Number {n}")).status_code == 200
    assert refused(ada.say("Number 4")) == "too_often"


def test_deleted_comment_cannot_be_liked_or_answered(app: Flask) -> None:
    ada, fan = Guest(app), Guest(app, "Noor")
    comment = said(ada)
    delete(ada, comment)
    assert fan.like(comment).status_code == 404
    assert fan.say("An answer", parent=comment).status_code == 404
    assert ada.page["url"] == PAGE


def test_approval_after_an_unseen_edit_conflicts(app: Flask) -> None:
    ada, moderator = Guest(app), Moderator(app)
    comment = said(ada, "maybe this waits")
    path = f"/moderation/comments/{comment}/decide"
    edit(ada, comment, "maybe <b>something</b> else")
    shown = {"csrf_token": moderator.token, "decision": "approve", "expected": "pending"}
    answer = moderator.client.post(path, data=shown)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "changed what this comment says" in page
    assert "maybe &lt;b&gt;something" in page
    with app.app_context():
        assert session().get_one(Comment, comment).status == "pending"
    fresh = re.search(r'name="expected" value="([^"]+)"', moderator.queue())
    assert fresh is not None
    again = moderator.client.post(path, data={**shown, "expected": fresh[1]})
    assert again.status_code == 303
