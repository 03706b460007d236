"""A comment's moderation page leads on: to what stands around it, and to its author's data."""

import re

import pytest
from flask import Flask

from tests.people import Guest, Moderator

OTHER = "https://blog.example/other"


@pytest.fixture
def anna(app: Flask) -> Moderator:
    return Moderator(app, "Anna")


def around(who: Moderator, comment_id: int) -> list[str]:
    """Return the lines of the list around a comment, without markup."""
    found = who.client.get(f"/moderation/comments/{comment_id}").get_data(as_text=True)
    part = re.search(r'<ol class="around">(.*?)</ol>', found, re.DOTALL)
    if part is None:
        return []
    lines = re.findall(r"<li.*?</li>", part[1], re.DOTALL)
    return [" ".join(re.sub("<[^>]+>", " ", line).split()) for line in lines]


def say(app: Flask, anna: Moderator, text: str, *, decision: str = "approve", **more: str) -> int:
    found = int(Guest(app).say(text, **more).get_json()["id"])
    anna.decide(found, decision)
    return found


def test_what_stands_around_a_comment(app: Flask, anna: Moderator) -> None:
    before = [say(app, anna, f"Before {number}") for number in range(4)]
    held = say(app, anna, "Held", decision="hold")
    say(app, anna, "Not of this page", url=OTHER)
    say(app, anna, "Rejected", decision="reject")
    asked = say(app, anna, "A question")
    later = [say(app, anna, f"Later {number}") for number in range(4)]
    reply = say(app, anna, "An answer", parent=str(asked))
    lines = around(anna, asked)
    texts = [re.sub(r".*?(Before|Later|An answer|A question)", r"\1", line) for line in lines]
    assert texts == [
        *("Before 1", "Before 2", "Before 3"),
        "A question",
        *("Later 0", "Later 1", "Later 2"),
        "An answer",
    ]
    assert "this comment" in lines[3]
    assert "a reply to it" in lines[-1]
    assert ["a reply to it" in line for line in lines[:-1]] == [False] * 7
    found = anna.client.get(f"/moderation/comments/{asked}").get_data(as_text=True)
    assert f"/moderation/comments/{reply}" in found
    assert f"/moderation/comments/{before[3]}" in found
    assert f"/moderation/comments/{later[0]}" in found
    assert "this comment" in around(anna, held)[3], "a held comment among the published ones"


def test_a_comment_alone_on_its_page_has_no_surroundings(app: Flask, anna: Moderator) -> None:
    say(app, anna, "Elsewhere")
    alone = say(app, anna, "Alone", url=OTHER)
    assert around(anna, alone) == []


def test_owners_get_from_a_comment_to_the_person(app: Flask, anna: Moderator) -> None:
    address = "ada@reader.example"
    one = say(app, anna, "Please forget me", email=address)
    nameless = say(app, anna, "Without an address")
    page = anna.client.get(f"/moderation/comments/{one}").get_data(as_text=True)
    assert "Export or erase this person" in page
    fields = {"csrf_token": anna.token, "site": "default", "address": address}
    found = anna.client.post("/moderation/person/", data=fields).get_data(as_text=True)
    assert f"Stored under <bdi>{address}</bdi>" in found
    for who, comment in ((anna, nameless), (Moderator(app, "Ben", role="moderator"), one)):
        page = who.client.get(f"/moderation/comments/{comment}").get_data(as_text=True)
        assert "Export or erase this person" not in page
