"""Staff sign-in."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from comment_service.actions.admin import login as admit
from comment_service.actions.admin import passwords
from comment_service.storage.admin import people
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


def sign_in_link(app: Flask) -> str:
    """Return a one-time link for the first moderator."""
    with app.app_context(), transaction() as session:
        state = app.extensions["comments"]
        person = people.moderators(session)[0]
        purpose, token = admit.create_link(session=session, runtime=state, moderator=person)
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


RIGHT = {"login": "OLIVE@blog.example", "password": SETUP["password"]}
WRONG = {**RIGHT, "password": "wrong"}
SIGN_IN = "/moderation/sign-in"


def from_network(app: Flask, address: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client


def test_wrong_passwords_make_their_own_network_wait(lite: Flask, clock: FakeClock) -> None:
    send(lite.test_client(), link(lite), **SETUP)
    stranger, olive = from_network(lite, "198.51.100.1"), from_network(lite, "198.51.100.2")
    for _ in range(5):
        assert send(stranger, SIGN_IN, **WRONG) == 403
    assert send(stranger, SIGN_IN, **RIGHT) == 403
    assert send(olive, SIGN_IN, **RIGHT) == 303
    clock.forward(minutes=2)
    assert send(stranger, SIGN_IN, **RIGHT) == 303


def test_the_wait_doubles_with_each_wrong_password(lite: Flask, clock: FakeClock) -> None:
    send(lite.test_client(), link(lite), **SETUP)
    client = from_network(lite, "198.51.100.1")
    for _ in range(5):
        send(client, SIGN_IN, **WRONG)
    for minutes in (1, 2, 4, 8):
        clock.forward(minutes=minutes, seconds=-5)
        assert send(client, SIGN_IN, **RIGHT) == 403
        clock.forward(seconds=10)
        assert send(client, SIGN_IN, **WRONG) == 403
    clock.forward(minutes=61)
    assert send(client, SIGN_IN, **RIGHT) == 303


def test_nobody_keeps_an_owner_out(lite: Flask, clock: FakeClock) -> None:
    known = from_network(lite, "198.51.100.2")
    send(known, link(lite), **SETUP)
    for number in range(60):
        send(from_network(lite, f"203.0.113.{number}"), SIGN_IN, **WRONG)
    unknown = from_network(lite, "198.51.100.99")
    assert send(unknown, SIGN_IN, **RIGHT) == 403, "many networks are slowed down together"
    assert send(known, SIGN_IN, **RIGHT) == 303, "a browser that has signed in before gets in"
    assert send(unknown, sign_in_link(lite)) == 303, "a link needs no password"
    clock.forward(minutes=16)
    assert send(from_network(lite, "198.51.100.98"), SIGN_IN, **RIGHT) == 303


def test_a_known_browser_is_known_for_its_own_address_only(lite: Flask) -> None:
    known = from_network(lite, "198.51.100.2")
    send(known, link(lite), **SETUP)
    for _ in range(5):
        send(known, SIGN_IN, login="other@blog.example", password="wrong")
    assert send(known, SIGN_IN, **RIGHT) == 303


@pytest.mark.parametrize("login", ["olive@blog.example", "nobody@blog.example"])
def test_every_refusal_computes_a_hash(
    lite: Flask, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(lite.test_client(), link(lite), **SETUP)
    computed: list[str] = []
    real = passwords.matches

    def counted(password_hash: str, password: str) -> bool:
        computed.append(password)
        return real(password_hash, password)

    monkeypatch.setattr(passwords, "matches", counted)
    client = from_network(lite, "198.51.100.1")
    for _ in range(7):
        send(client, SIGN_IN, login=login, password="wrong")
    assert len(computed) == 7


def test_known_and_unknown_addresses_are_refused_alike(lite: Flask) -> None:
    send(lite.test_client(), link(lite), **SETUP)
    answers = []
    for login in ("olive@blog.example", "nobody@blog.example"):
        client = lite.test_client()
        token = csrf(client.get("/moderation/sign-in"))
        fields = {"csrf_token": token, "login": login, "password": "wrong"}
        page = client.post("/moderation/sign-in", data=fields).get_data(as_text=True)
        page = re.sub(r'name="csrf_token" value="[^"]*"', "", page)  # it changes with the second
        answers.append(page.replace(login, ""))
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
