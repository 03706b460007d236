"""The badge of a comment says the role in which its author wrote, on the comment's own site."""

import re

import pytest
from flask import Flask

from comment_service.actions.moderation.reply import reply
from comment_service.storage.admin import rights, sites
from comment_service.storage.db.session import transaction
from tests.actions.moderation.test_delete_spam import say
from tests.actions.moderation.test_delete_spam import two as two  # noqa: PLC0414 - a fixture
from tests.people import Guest, Moderator

URLS = {"default": "https://blog.example/post", "other": "https://other.example/post"}


def badges(app: Flask, site: str) -> dict[str, list[str]]:
    """Return the badges of a site's thread by the text of the comment."""
    guest = Guest(app)
    guest.page = {"site": site, "url": URLS[site], "title": "A post"}
    found = {}
    for part in guest.thread().split('class="comments-byline"')[1:]:
        text = re.findall(r"<p>([^<]+)</p>", part)
        if text:
            found[text[0]] = re.findall(r'class="comments-badge">([^<]+)<', part)
    return found


def answer(moderator: Moderator, comment: int, text: str) -> None:
    with moderator.app.app_context(), transaction() as current:
        reply(
            session=current,
            runtime=moderator.app.extensions["comments"],
            moderator_id=moderator.id,
            comment_id=comment,
            text=text,
            key=text * 2,
        )


def give(moderator: Moderator, site: str, role: str) -> None:
    with moderator.app.app_context(), transaction() as current:
        where = sites.find(current, site)
        assert where is not None
        now = moderator.app.extensions["comments"].now()
        rights.give_role(
            current, moderator_id=moderator.id, site_id=where.id, role=role, now=now, keep=None
        )


@pytest.fixture
def robin(two: Flask) -> Moderator:
    """Return the owner of one site, who moderates the other."""
    found = Moderator(two, "Robin", role="owner", site="default")
    give(found, "other", "moderator")
    return found


def test_an_owner_has_the_badge_on_the_own_site_alone(two: Flask, robin: Moderator) -> None:
    for site in URLS:
        answer(robin, say(two, f"a question of {site}", site), f"an answer on {site}")
    assert badges(two, "default")["an answer on default"] == ["Owner"]
    assert badges(two, "other")["an answer on other"] == ["Moderator"]
    assert badges(two, "default")["a question of default"] == []


def test_a_badge_stays_when_the_role_changes(two: Flask, robin: Moderator) -> None:
    question = say(two, "a question", "other")
    answer(robin, question, "as a moderator")
    give(robin, "other", "owner")
    answer(robin, question, "as an owner")
    give(robin, "other", "moderator")
    answer(robin, question, "as a moderator again")
    assert badges(two, "other") == {
        "a question": [],
        "as a moderator": ["Moderator"],
        "as an owner": ["Owner"],
        "as a moderator again": ["Moderator"],
    }


def test_a_name_gives_no_badge(two: Flask) -> None:
    owner, guest = Moderator(two, "Robin"), Guest(two)
    for name in ("Robin", "Owner"):
        guest.name = name
        owner.decide(int(guest.say(f"I am {name}").get_json()["id"]), "approve")
    assert badges(two, "default") == {"I am Robin": [], "I am Owner": []}
