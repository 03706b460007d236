"""Passkeys: create, use, add; a wrong challenge, origin, key or time is refused."""

import html
import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Author, Identity, Passkey, Site
from tests.authenticator import Authenticator
from tests.conftest import MakeApp
from tests.people import PAGE
from tests.readers import Reader

WINDOW = "/sign-in/passkey/"
PLACE = {"site": "default", "url": PAGE}


class Window:
    """A browser on the window's passkey page."""

    def __init__(self, client: FlaskClient, **query: str) -> None:
        self.client = client
        page = client.get(WINDOW, query_string={**PLACE, **query})
        assert page.status_code == 200, page.text
        self.text = page.get_data(as_text=True)
        self.fields = {
            name: self._value(name) for name in ("csrf_token", "state") if self._value(name)
        }

    def _value(self, name: str) -> str:
        found = re.search(f'name="{name}" value="([^"]+)"', self.text)
        return found[1] if found else ""

    def options(self, kind: str) -> dict[str, Any]:
        found = re.search(f'data-passkey="{kind}" data-options="([^"]+)"', self.text)
        assert found
        return dict(json.loads(html.unescape(found[1])))

    def send(self, kind: str, answer: str, **more: str) -> TestResponse:
        path = {"create": "new", "get": "use"}[kind]
        return self.client.post(
            WINDOW + path,
            data={**self.fields, "answer": answer, **more},
            headers={"Origin": "http://localhost"},
        )


def create(app: Flask, key: Authenticator, name: str = "Ada") -> TestResponse:
    window = Window(app.test_client())
    return window.send("create", key.make(window.options("create")), name=name)


def log_in(app: Flask, key: Authenticator) -> TestResponse:
    window = Window(app.test_client())
    return window.send("get", key.show(window.options("get")))


def names(app: Flask) -> list[str]:
    with app.app_context():
        return list(session().scalars(select(Author.name)))


def test_passkey_creates_an_account_and_signs_in(app: Flask) -> None:
    key = Authenticator()
    made = create(app, key)
    assert made.status_code == 303
    assert "comments_visitor" in str(made.headers)
    again = log_in(app, key)
    assert again.status_code == 303
    assert "comments_visitor" in str(again.headers)
    assert names(app) == ["Ada"]
    with app.app_context():
        assert session().scalars(select(Passkey.sign_count)).all() == [1]


def test_widget_is_offered_the_sign_in(app: Flask) -> None:
    key, client = Authenticator(), app.test_client()
    window = Window(client, challenge="c" * 43)
    answer = window.send("create", key.make(window.options("create")), name="Ada")
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Sign in as Ada?" in page
    assert "with your passkey account" in page


def test_missing_name_stores_nothing_and_asks_again(app: Flask) -> None:
    window = Window(app.test_client())
    answer = window.send("create", Authenticator().make(window.options("create")), name=" ")
    assert answer.status_code == 422
    assert "Enter a name" in answer.get_data(as_text=True)
    assert names(app) == []


WRONG = ["origin", "challenge", "host", "kind", "nothing", "noise"]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [*((kind, wrong) for kind in ("create", "get") for wrong in WRONG), ("get", "signature")],
)
def test_foreign_answers_are_refused(app: Flask, kind: str, wrong: str) -> None:
    key = Authenticator()
    if kind == "get":
        create(app, key)
    before = names(app)
    window = Window(app.test_client())
    answer = wrongly(window, key, kind, wrong)
    refused = window.send(kind, answer, name="Eve")
    assert refused.status_code == 403
    assert "comments_visitor" not in str(refused.headers)
    assert names(app) == before


def wrongly(window: Window, key: Authenticator, kind: str, wrong: str) -> str:
    """Return an answer with one wrong value."""
    answers = {"create": key.make, "get": key.show}
    options = window.options(kind)
    if wrong == "origin":
        key.origin = "https://evil.example"
    elif wrong == "challenge":
        options["challenge"] = "A" * 43
    elif wrong == "host":
        options["rp"] = {"id": "evil.example"}
        options["rpId"] = "evil.example"
    elif wrong == "kind":
        other = {"create": "get", "get": "create"}[kind]
        return answers[other](window.options(other))
    elif wrong == "nothing":
        return ""
    elif wrong == "noise":
        return '{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {"signature": 1}}'
    elif wrong == "signature":
        key.key = Authenticator().key
    return answers[kind](options)


def test_answer_works_once(app: Flask) -> None:
    key = Authenticator()
    create(app, key)
    window = Window(app.test_client())
    answer = key.show(window.options("get"))
    cookies = dict(window.client._cookies)
    assert window.send("get", answer).status_code == 303
    assert window.send("get", answer).status_code == 410
    window.client._cookies.update(cookies)
    with app.app_context(), transaction() as current:
        current.scalars(select(Passkey)).one().sign_count = 0
    refused = window.send("get", answer)
    assert refused.status_code == 403
    assert "already used" in refused.get_data(as_text=True)


def test_known_credential_id_cannot_take_over_an_account(app: Flask) -> None:
    key = Authenticator()
    create(app, key)
    thief = Authenticator(credential_id=key.credential_id)
    assert create(app, thief, "Eve").status_code == 403
    assert log_in(app, thief).status_code == 403
    assert log_in(app, key).status_code == 303
    assert names(app) == ["Ada"]


def test_a_passkey_cannot_be_added_twice_to_an_account(app: Flask) -> None:
    ada, key = Reader(app), Authenticator()
    for status in (303, 403):
        (way,) = re.findall(r'href="(/sign-in/passkey/[^"]+)"', ada.text())
        link = html.unescape(way).rpartition("link=")[2]
        window = Window(ada.client, link=link)
        made = window.send("create", key.make(window.options("create")))
        assert made.status_code == status
    assert log_in(app, key).status_code == 303


def test_decreasing_sign_count_is_refused(app: Flask) -> None:
    key = Authenticator()
    create(app, key)
    assert log_in(app, key).status_code == 303
    key.count = 0
    assert log_in(app, key).status_code == 403


def test_passkey_without_counter_is_accepted(app: Flask) -> None:
    key = Authenticator()
    create(app, key)
    for _time in range(2):
        key.count = -1
        assert log_in(app, key).status_code == 303


def test_passkey_of_another_site_is_unknown(app: Flask) -> None:
    key = Authenticator()
    create(app, key)
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        site = Site(key="other", name="Other", origins=["https://blog.example"], created_at=now)
        current.add(site)
    window = Window(app.test_client(), site="other")
    refused = window.send("get", key.show(window.options("get")))
    assert refused.status_code == 403
    assert "Unknown passkey" in refused.get_data(as_text=True)


def test_another_browser_cannot_answer(app: Flask) -> None:
    window, other = Window(app.test_client()), Window(app.test_client())
    answer = Authenticator().make(window.options("create"))
    window.fields["csrf_token"], window.client = other.fields["csrf_token"], other.client
    assert window.send("create", answer, name="Eve").status_code == 410
    assert names(app) == []


def test_a_passkey_is_added_to_an_account_and_opens_it(app: Flask) -> None:
    ada, key = Reader(app), Authenticator()
    (way,) = re.findall(r'href="(/sign-in/passkey/[^"]+)"', ada.text())
    query = dict(re.findall(r"(\w+)=([^&]+)", html.unescape(way)))
    window = Window(ada.client, url="http://localhost/account/?site=default", link=query["link"])
    assert "Add a passkey" in window.text
    answer = window.send("create", key.make(window.options("create")))
    assert answer.headers["Location"] == "/account/?site=default"
    page = ada.text()
    assert "passkey" in page
    assert log_in(app, key).status_code == 303
    with app.app_context():
        of = session().scalars(select(Identity.author_id)).all()
    assert of == [ada.author_id, ada.author_id]


def test_other_sites_cannot_add_a_passkey(app: Flask) -> None:
    ada, bob = Reader(app), Reader(app, "Bob")
    (way,) = re.findall(r'href="(/sign-in/passkey/[^"]+)"', bob.text())
    link = html.unescape(way).rpartition("link=")[2]
    for shown in ("1", link):
        window = Window(ada.client, link=shown)
        assert "Add a passkey" not in window.text


@pytest.mark.parametrize(
    ("keys", "host", "offered"),
    [
        ({}, "http://localhost", True),
        ({}, "https://comments.example", True),
        ({}, "http://comments.example", False),
        ({}, "https://192.0.2.7", False),
        ({"PUBLIC_URL": "https://comments.example"}, "http://10.0.0.1", True),
        ({"PASSKEYS": False}, "http://localhost", False),
    ],
)
def test_passkeys_are_offered_only_if_possible(
    make_app: MakeApp, sqlite_url: str, keys: dict[str, Any], host: str, offered: bool
) -> None:
    client = make_app(sqlite_url, **keys).test_client()
    page = client.get("/sign-in/", query_string=PLACE, base_url=host).get_data(as_text=True)
    assert ("/sign-in/passkey/" in page) is offered
    answer = client.get(WINDOW, query_string=PLACE, base_url=host)
    assert answer.status_code == (200 if offered else 404)
    if keys.get("PUBLIC_URL"):
        assert "&#34;comments.example&#34;" in answer.get_data(as_text=True)
