"""Single sign-on with a website's signed tokens: which tokens are accepted."""

import re
from typing import Any

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import func, select

from comment_service.config import read_settings
from comment_service.storage.db.session import session
from comment_service.storage.tables import Author, Comment, Identity
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import Guest

SECRET = "s" * 32


@pytest.fixture
def app(database_url: str, make_app: MakeApp) -> Flask:
    return make_app(database_url, SSO_SECRET=SECRET)


def token(clock: FakeClock, secret: str = SECRET, alg: str = "HS256", **claims: Any) -> str:
    now = int(clock().timestamp())
    fine = {"aud": "default", "sub": "7", "iat": now, "exp": now + 600, "name": "Ruth"}
    told = {name: value for name, value in {**fine, **claims}.items() if value is not None}
    return str(jwt.encode({"alg": alg}, told, OctKey.import_key(secret), algorithms=[alg]))


def enter(guest: Guest, signed: str) -> Any:
    return guest.post("/sign-in/sso", {**guest.page, "token": signed})


def test_signed_token_signs_in(app: Flask, clock: FakeClock) -> None:
    ruth = Guest(app, "Somebody")
    assert enter(ruth, token(clock)).status_code == 200
    assert ruth.get("/me").get_json()["account"] == "A blog"
    said = ruth.say("as Ruth").get_json()["id"]
    again = Guest(app)
    enter(again, token(clock, name="Ruth Anew"))
    again.say("renamed there")
    with app.app_context():
        comment = session().get_one(Comment, said)
        assert (comment.name, comment.provider, comment.by_moderator) == ("Ruth", "sso", False)
        assert session().scalar(select(func.count()).select_from(Author)) == 1
        assert session().scalars(select(Identity.issuer)).one() == "sso:default"


def test_moderator_role_of_the_website_skips_review(app: Flask, clock: FakeClock) -> None:
    ruth = Guest(app)
    enter(ruth, token(clock, roles=["moderator"]))
    said = ruth.say("see https://a.example https://b.example https://c.example").get_json()
    assert said["status"] == "published"
    enter(ruth, token(clock, roles=[]))
    said = ruth.say("more https://a.example https://b.example https://d.example").get_json()
    assert said["status"] == "pending"


def test_the_website_s_role_ends_a_day_after_its_last_token(app: Flask, clock: FakeClock) -> None:
    ruth = Guest(app)
    enter(ruth, token(clock, roles=["moderator"]))
    for hours, wanted in ((23, "published"), (2, "pending")):
        clock.forward(hours=hours)
        links = " ".join(f"https://{name}{hours}.example" for name in "abc")
        assert ruth.say(f"see {links}").get_json()["status"] == wanted


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"exp": None},
        {"iat": None},
        {"exp": 1_000_000_000},
        {"iat": 1_700_000_000},
        {"secret": "t" * 32},
        {"secret": "s" * 64, "alg": "HS512"},
    ],
)
def test_expired_or_foreign_tokens_are_refused(
    app: Flask, clock: FakeClock, claims: dict[str, Any]
) -> None:
    guest = Guest(app)
    answer = enter(guest, token(clock, **claims))
    assert answer.status_code == 403, answer.get_json()
    assert guest.token == ""


@pytest.mark.parametrize("signed", ["", "a.b.c", "e30.e30.", "nonsense"])
def test_invalid_tokens_are_refused(app: Flask, signed: str) -> None:
    assert enter(Guest(app), signed).status_code == 403


def test_sso_needs_a_secret(lite: Flask, clock: FakeClock) -> None:
    answer = enter(Guest(lite), token(clock))
    assert answer.status_code == 403
    assert re.search("COMMENTS_SSO_SECRET", answer.get_json()["error"]["message"])
    with pytest.raises(ValueError, match="32 characters"):
        read_settings({"COMMENTS_SSO_SECRET": "short"})
