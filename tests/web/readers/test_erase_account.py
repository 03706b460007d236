"""Deleting an account: all personal data is removed."""

import pytest
from flask import Flask
from sqlalchemy import select, text

from comment_service.actions.comments.resolve_author import resolve_author
from comment_service.actions.readers.erase_author import erase_author
from comment_service.identity import HOST, Viewer
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import (
    Author,
    AuthorChange,
    Comment,
    Identity,
    Label,
    Page,
    Site,
)
from comment_service.storage.tables.base import Base
from tests.people import Guest, Moderator, ruled
from tests.readers import Reader

SECRETS = ("Adalbert", "adalbert@example.org", "adalbert.example")


@pytest.fixture
def ada(app: Flask) -> Reader:
    """Return a reader who has used every feature."""
    ada = Reader(app, "Adalbert", email="adalbert@example.org")
    ada.post("profile", name="Adalbert", website="https://adalbert.example")
    bob = Guest(app, "Bob")
    ada.first = ada.guest.say("It was better before.").get_json()["id"]  # type: ignore[attr-defined]
    bob.say("Why would you think so?", parent=ada.first)  # type: ignore[attr-defined]
    ada.guest.say("A second one, without an answer.")
    other = bob.say("Thank you for all of this.").get_json()["id"]
    ada.guest.like(other)
    ada.guest.like()
    ada.guest.report(other, words="Adalbert finds this bad")
    owner = Moderator(app)
    owner.post(f"/moderation/comments/{ada.first}/edit", text="It was good before.")  # type: ignore[attr-defined]
    owner.decide(ada.first, "approve")  # type: ignore[attr-defined]
    owner.post(f"/moderation/comments/{ada.first}/notes", note="Adalbert again")  # type: ignore[attr-defined]
    return ada


def everything(app: Flask) -> str:
    """Return every value of every row in the database."""
    with app.app_context():
        found = []
        for table in Base.metadata.sorted_tables:
            found += [str(row) for row in session().execute(select(table))]
        if session().get_bind().dialect.name == "sqlite":
            found += [str(row) for row in session().execute(text("SELECT * FROM comments_search"))]
        return "\n".join(found)


@pytest.mark.parametrize("rule", ["keep", "remove"])
def test_no_personal_data_is_left(app: Flask, ada: Reader, rule: str) -> None:
    ruled(app, erased_comments=rule)
    assert all(secret in everything(app) for secret in SECRETS)
    answer = ada.post("erase")
    assert "no longer stores anything about you" in answer.get_data(as_text=True)
    left = everything(app)
    assert [secret for secret in SECRETS if secret in left] == []
    assert ada.get().status_code == 303
    assert ada.guest.get("/me").status_code == 401
    owner = Moderator(app, "Second")
    for queue in ("published", "all"):
        assert 'class="card"' not in owner.queue(queue, q="Adalbert")


def test_comments_stay_under_a_neutral_name(app: Flask, ada: Reader) -> None:
    before = _revision(app)
    ada.post("erase")
    assert "It was good before." in ada.guest.thread()
    assert "Deleted user" in ada.guest.thread()
    assert _revision(app) > before
    with app.app_context():
        assert [row.like_count for row in session().scalars(select(Page))] == [0]
        assert not any(session().scalars(select(Comment.like_count)))
        learned = session().scalars(select(Label)).all()
        assert [(row.text, row.author, row.url) for row in learned] == [
            ("It was good before.", "", "")
        ]


def test_comments_are_removed_leaving_tombstones_with_replies(app: Flask, ada: Reader) -> None:
    ruled(app, erased_comments="remove")
    assert "What you wrote is erased" in ada.text("erase")
    ada.post("erase")
    thread = ada.guest.thread()
    assert "This comment was removed." in thread
    assert "Why would you think so?" in thread
    assert "better before" not in everything(app) and "good before" not in everything(app)
    assert "A second one" not in everything(app)


def _revision(app: Flask) -> int:
    with app.app_context():
        return session().scalars(select(Page.revision)).one()


def test_confirmation_page_changes_nothing(app: Flask, ada: Reader) -> None:
    page = ada.text("erase")
    assert "This cannot be undone" in page
    assert "Deleted user" in page
    assert "Adalbert" in everything(app)


def test_audit_entry_of_the_deletion_stays(app: Flask, ada: Reader) -> None:
    ada.post("erase")
    with app.app_context():
        lines = session().scalars(select(AuthorChange).order_by(AuthorChange.id)).all()
        assert [(row.change, row.about) for row in lines][-1] == ("erased", {})
        assert not any(row.about for row in lines)
        author = session().get_one(Author, ada.author_id)
        assert author.erased_at is not None


def test_signing_in_again_creates_a_new_author(app: Flask, ada: Reader) -> None:
    ada.post("erase")
    again = Reader(app, "Adalbert", email="adalbert@example.org")
    assert again.author_id != ada.author_id
    assert "You have no comments here yet." in again.text("comments")


def block(app: Flask, author_id: int) -> None:
    with app.app_context(), transaction() as current:
        author = current.get_one(Author, author_id)
        author.blocked_at = app.extensions["comments"].now()


def test_blocked_author_stays_blocked_after_erasure(app: Flask) -> None:
    ada = Reader(app, email="ada@example.org")
    block(app, ada.author_id)
    assert ada.post("erase").status_code < 400
    with app.app_context():
        (kept,) = session().scalars(select(Identity)).all()
        assert "Ada" not in kept.subject
        assert (kept.name, kept.email, kept.picture_url) == ("", "", "")
    again = Reader(app)
    assert again.author_id == ada.author_id
    assert again.get().status_code == 200
    with app.app_context():
        assert session().get_one(Author, ada.author_id).blocked_at is not None
        assert [one.subject for one in session().scalars(select(Identity))] == ["Ada-1"]


def test_blocked_author_cannot_remove_an_identity(app: Flask) -> None:
    ada = Reader(app)
    ada.prove("other", "x", link=True)
    block(app, ada.author_id)
    with app.app_context():
        numbers = session().scalars(select(Identity.id)).all()
    assert ada.post(f"identities/{numbers[1]}/remove").status_code == 403
    with app.app_context():
        assert session().scalars(select(Identity.id)).all() == numbers


def test_blocked_host_user_stays_blocked_after_erasure(app: Flask) -> None:
    viewer = Viewer(provider=HOST, subject="7", name="Ada")
    state = app.extensions["comments"]

    def known() -> Author:
        site = session().scalars(select(Site)).one()
        return resolve_author(
            session=session(), runtime=state, site_id=site.id, viewer=viewer
        ).author

    with app.app_context(), transaction() as current:
        author = known()
        author.blocked_at = state.now()
        current.flush()
        erase_author(session=current, runtime=state, author=author, name="-")
        first = author.id
    with app.app_context(), transaction():
        again = known()
        assert (again.id, again.blocked_at is not None, again.erased_at) == (first, True, None)
