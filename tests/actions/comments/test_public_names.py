"""The name in public lists, such as who liked, is that of a comment that is public."""

import pytest
from flask import Flask

from comment_service.storage.db.session import session
from comment_service.storage.tables import Author, Comment
from tests.people import Guest, Moderator


def public_name(app: Flask, comment: int) -> str:
    with app.app_context():
        author = session().get_one(Author, session().get_one(Comment, comment).author_id)
        return author.name


@pytest.mark.parametrize("decision", ["reject", "spam", "hold"])
def test_name_goes_with_the_last_public_comment(lite: Flask, decision: str) -> None:
    guest, owner = Guest(lite, "Ada"), Moderator(lite)
    first = guest.say("a first word").get_json()["id"]
    guest.name = "Countess"
    second = guest.say("a second word").get_json()["id"]
    assert public_name(lite, first) == "Countess"
    owner.decide(second, decision)
    assert public_name(lite, first) == "Countess"  # the first one is still public
    owner.decide(first, decision)
    assert public_name(lite, first) == ""
    owner.decide(first, "approve")
    assert public_name(lite, first) == "Ada"


def test_comment_that_waits_gives_no_name(lite: Flask) -> None:
    guest, owner = Guest(lite, "Rude name"), Moderator(lite)
    held = guest.say("maybe this waits").get_json()["id"]
    assert public_name(lite, held) == ""
    owner.decide(held, "reject")
    assert public_name(lite, held) == ""
