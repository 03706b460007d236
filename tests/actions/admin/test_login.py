"""Staff sign-in."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from comment_service.actions.admin import login as admit
from comment_service.storage.db.session import transaction
from tests.fakes import FakeClock
from tests.people import Guest, Moderator, csrf

SETUP = {
    "name": "Olive",
    "email": "olive@blog.example",
    "password": "a long sentence",
    "password_again": "a long sentence",
    "site_name": "Olive's notes",
    "site_url": "https://olive.example/blog",
}


def link(app: Flask) -> str:
    with app.app_context(), transaction() as session:
        state = app.extensions["comments"]
        purpose, token = admit.create_link(session=session, runtime=state)
        return f"/moderation/{purpose}/{token}"


def send(client: FlaskClient, path: str, **fields: str) -> int:
    token = csrf(client.get(path))
    return client.post(path, data={"csrf_token": token, **fields}).status_code


def test_setup_link_creates_the_first_moderator_once(lite: Flask) -> None:
    client = lite.test_client()
    path = link(lite)
    assert send(client, path, **{**SETUP, "password_again": "another"}) == 422
    assert send(client, path, **SETUP) == 303
    assert client.get("/moderation/").status_code == 200
    assert "olive.example" in client.get("/moderation/snippet/").get_data(as_text=True)
    assert lite.test_client().get(path).status_code == 410
    second = link(lite)
    assert send(lite.test_client(), second, **SETUP) == 410


def test_opening_a_link_does_not_use_it(lite: Flask) -> None:
    path = link(lite)
    for _ in range(3):
        assert lite.test_client().get(path).status_code == 200


def test_link_expires_after_a_day(lite: Flask, clock: FakeClock) -> None:
    path = link(lite)
    clock.forward(hours=25)
    assert lite.test_client().get(path).status_code == 410


def test_five_wrong_passwords_lock_for_15_minutes(lite: Flask, clock: FakeClock) -> None:
    send(lite.test_client(), link(lite), **SETUP)
    client = lite.test_client()
    right = {"login": "OLIVE@blog.example", "password": SETUP["password"]}
    for _ in range(5):
        assert send(client, "/moderation/sign-in", **{**right, "password": "wrong"}) == 403
    assert send(client, "/moderation/sign-in", **right) == 403
    clock.forward(minutes=16)
    assert send(client, "/moderation/sign-in", **right) == 303
    assert client.get("/moderation/").status_code == 200


def test_known_and_unknown_addresses_are_refused_alike(lite: Flask) -> None:
    send(lite.test_client(), link(lite), **SETUP)
    answers = []
    for login in ("olive@blog.example", "nobody@blog.example"):
        client = lite.test_client()
        token = csrf(client.get("/moderation/sign-in"))
        fields = {"csrf_token": token, "login": login, "password": "wrong"}
        page = client.post("/moderation/sign-in", data=fields).get_data(as_text=True)
        answers.append(page.replace(login, "").replace(token, ""))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/moderation/\\evil"]
)
def test_sign_in_never_redirects_to_other_sites(lite: Flask, target: str) -> None:
    send(lite.test_client(), link(lite), **SETUP)
    client = lite.test_client()
    token = csrf(client.get("/moderation/sign-in"))
    right = {"login": "olive@blog.example", "password": SETUP["password"]}
    answer = client.post("/moderation/sign-in", data={"csrf_token": token, "next": target, **right})
    assert answer.headers["Location"] == "/moderation/"


def test_signing_out_ends_the_session(lite: Flask) -> None:
    moderator = Moderator(lite)
    cookie = moderator.client.get_cookie("comments_moderator")
    assert cookie is not None
    moderator.post("/moderation/sign-out")
    thief = lite.test_client()
    thief.set_cookie("comments_moderator", cookie.value)
    assert thief.get("/moderation/").status_code == 302


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/moderation/"),
        ("GET", "/moderation/spam"),
        ("GET", "/moderation/snippet/"),
        ("POST", "/moderation/comments/1/decide"),
        ("POST", "/moderation/decisions/1/undo"),
    ],
)
def test_every_moderation_page_refuses_a_guest(lite: Flask, method: str, path: str) -> None:
    lite.config["WTF_CSRF_ENABLED"] = False
    Guest(lite).say("maybe")
    answer = lite.test_client().open(path, method=method, headers={"Accept": "application/json"})
    assert answer.status_code == 401
