"""The page of API keys: what a key may do is told in words."""

from flask import Flask

from tests.people import Moderator

PAGE = "/moderation/api-keys/"


def test_what_a_key_may_do_is_told_in_words(lite: Flask) -> None:
    owner = Moderator(lite)
    made = owner.post(PAGE, name="WordPress", scope="moderate").get_data(as_text=True)
    assert '<p class="note">Moderate: the queue, decisions, pages · ' in made
    refused = owner.post(PAGE, name="Nothing")
    assert refused.status_code == 422
    assert "Choose what the key may do.</span>" in refused.get_data(as_text=True)
