"""Code of a host scores texts, submits comments and reads threads, on two sites and two pages."""

from pathlib import Path

import pytest
from flask import Flask

from comment_service import CommentService
from comment_service.errors import DuplicateComment, InvalidFields, SiteUnknown
from comment_service.storage.admin import sites
from comment_service.storage.db.session import transaction
from tests.fakes import FakeClassifier

PAGE, OTHER = "https://blog.example/a", "https://blog.example/b"


@pytest.fixture
def host(tmp_path: Path) -> Flask:
    app = Flask("host", instance_path=str(tmp_path))
    app.secret_key = "k" * 32
    app.testing = True
    return app


@pytest.fixture
def comments(host: Flask) -> CommentService:
    found = CommentService()
    service = found.init_app(host, classifier=FakeClassifier())
    with host.app_context():
        found.thread(PAGE)  # prepares the database
    with service.app_context(), transaction() as current:
        now = service.extensions["comments"].now()
        sites.ensure_site(current, key="other", name="Other", origins=[], now=now)
    return found


def test_text_is_scored_and_nothing_is_stored(host: Flask, comments: CommentService) -> None:
    with host.app_context():
        spam, held = comments.score("the casino", author="X"), comments.score("maybe this")
        assert (spam.probability, spam.status) == (0.99, "spam")
        assert held.status == "pending"
        assert any("casino" in reason for reason in spam.reasons)
        assert comments.score("fine words").status == "published"
        assert comments.thread(PAGE) == []


def test_comment_is_submitted_and_read(host: Flask, comments: CommentService) -> None:
    with host.app_context():
        first = comments.submit("The *first* word", page=PAGE, name="Ada", title="A post")
        reply = comments.submit("An answer", page=PAGE, name="Bob", parent_id=first.id)
        held = comments.submit("maybe this waits", page=PAGE, name="Cid", address="203.0.113.5")
        comments.submit("Elsewhere", page=OTHER, name="Ada")
        comments.submit("Far away", page=PAGE, name="Ada", site="other")
        assert (first.status, reply.status, held.status) == ("published", "published", "pending")
        found = comments.thread(PAGE)
        assert [(one.name, one.parent_id) for one in found] == [("Ada", None), ("Bob", first.id)]
        assert "<em>first</em>" in found[0].html
        assert found[0].created_at.tzinfo is not None
        assert [one.text for one in comments.thread(OTHER)] == ["Elsewhere"]
        assert [one.text for one in comments.thread(PAGE, site="other")] == ["Far away"]
        assert [one.name for one in comments.thread(PAGE, limit=1)] == ["Bob"]


def test_named_call_is_stored_once(host: Flask, comments: CommentService) -> None:
    with host.app_context():
        sent = [
            comments.submit("Once only", page=PAGE, name="Ada", author_id="7", key="call-1")
            for _try in range(2)
        ]
        assert [one.repeated for one in sent] == [False, True]
        assert sent[0].id == sent[1].id
        with pytest.raises(DuplicateComment):
            comments.submit("Once only", page=PAGE, name="Ada", author_id="7")


def test_mistakes_are_named(host: Flask, comments: CommentService) -> None:
    with host.app_context():
        with pytest.raises(InvalidFields) as refused:
            comments.submit("words", page=PAGE, name="")
        assert set(refused.value.fields) == {"author.name"}
        with pytest.raises(InvalidFields):
            comments.submit("words", page="/a", name="Ada")
        with pytest.raises(InvalidFields) as mistyped:
            comments.submit("words", page=PAGE, name="Ada", address="203.0.113.x")
        assert set(mistyped.value.fields) == {"address"}
        with pytest.raises(SiteUnknown, match="no site none"):
            comments.score("words", site="none")
