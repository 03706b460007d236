"""A page whose list is empty says what to do next."""

import pytest
from flask import Flask

from tests.people import Moderator


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("people/", "You are the only member so far. Invite a moderator below."),
        ("import/", "Choose your export file above."),
        ("rules/lists", "No entries yet. Add words"),
        ("rules/pages", "Enter the address of a page below"),
        ("replies/", "No saved replies yet. Write one below"),
        ("pages/", "A page appears with its first comment or like."),
        ("webhooks/", "Create the first one below."),
        ("api-keys/", "Create the first one below."),
    ],
)
def test_an_empty_page_says_the_next_step(lite: Flask, path: str, sentence: str) -> None:
    owner = Moderator(lite)
    assert sentence in owner.client.get(f"/moderation/{path}").text


def test_a_team_of_two_is_not_told_so(lite: Flask) -> None:
    owner = Moderator(lite)
    Moderator(lite, "Bea", role="moderator", site="default")
    assert "You are the only member" not in owner.client.get("/moderation/people/").text
