"""Names that belong to somebody else, and names and texts that show nothing."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Author, Comment, Identity, Report, Session, Verdict
from tests.people import Guest, Moderator

HELD = "pending"


def said(app: Flask, name: str, **more: Any) -> tuple[str, Mapping[str, str]]:
    """Write as a guest; return the status and the findings that ask for one."""
    answer = Guest(app, name).say(f"Written by {name}", **more)
    assert answer.status_code == 201, answer.get_json()
    return found(app, answer.get_json()["id"])


def found(app: Flask, comment: int) -> tuple[str, Mapping[str, str]]:
    with app.app_context():
        query = select(Verdict).where(Verdict.comment_id == comment).order_by(Verdict.id.desc())
        row = session().scalars(query).first()
        assert row is not None
        return row.status, {r["name"]: r["sentence"] for r in row.reasons if r["status"]}


@pytest.mark.parametrize(
    "name",
    ["Mod", "mod", "M0d", "Ｍｏｄ", "Моd", "Mod ", "M\u200bod", "Mod.", "✓ Mod", "Mod (admin)",
     "Mod, Jr.", "[Mod] official"],
)  # fmt: skip
def test_a_guest_under_a_moderator_s_name_is_held(lite: Flask, name: str) -> None:
    Moderator(lite)
    assert said(lite, name) == (HELD, {"moderator_name": "Uses a moderator’s name"})
    assert said(lite, "Modesta") == ("published", {})


@pytest.mark.parametrize(
    "name",
    ["Moderator", "Admin", "Owner", "Administrator", "Webmaster", "Аdmin", "Adm1n", "Admin ✓"],
)
def test_a_guest_under_the_name_of_a_role_is_held(lite: Flask, name: str) -> None:
    assert said(lite, name) == (HELD, {"moderator_name": "Uses the name of a role"})


@pytest.mark.parametrize("name", ["A blog", "a BLOG", "Ａ blоg", "A blog (official)"])
def test_a_guest_under_the_site_s_name_is_held(lite: Flask, name: str) -> None:
    assert said(lite, name) == (HELD, {"moderator_name": "Uses the site’s name"})


def test_a_moderator_of_another_site_is_nobody_here(lite: Flask) -> None:
    with lite.app_context(), transaction() as current:
        now = lite.extensions["comments"].now()
        sites.ensure_site(current, key="b", name="B", origins=["https://b.example"], now=now)
    Moderator(lite, "Olga", site="b")
    Moderator(lite, "Anna", site="default")
    there = {"site": "b", "url": "https://b.example/post"}
    on_b = Guest(lite, "Olga")
    on_b.page |= there
    assert on_b.say("hello").get_json()["status"] == HELD
    on_b = Guest(lite, "Anna")
    on_b.page |= there
    assert on_b.say("hello").get_json()["status"] == "published"
    assert said(lite, "Olga")[0] == "published"
    assert said(lite, "Anna")[0] == HELD


def test_a_moderator_s_reply_has_their_name(lite: Flask) -> None:
    moderator = Moderator(lite)
    comment = Guest(lite).say("A question").get_json()["id"]
    key = "k" * 20
    moderator.post(f"/moderation/comments/{comment}/reply", text="An answer", key=key)
    with lite.app_context():
        answer = session().scalars(select(Comment).where(Comment.parent_id == comment)).one()
        assert (answer.name, answer.status) == ("Mod", "published")


def account(app: Flask, name: str, *, moderator: bool) -> None:
    """Give a guest's author an account of the site's own sign-in."""
    with app.app_context(), transaction() as current:
        author = current.scalars(select(Author).order_by(Author.id.desc())).first()
        assert author is not None
        author.name = name
        identity = current.scalars(select(Identity).where(Identity.author_id == author.id)).one()
        identity.provider, identity.moderator = "sso", moderator
        identity.used_at = app.extensions["comments"].now()
        current.flush()
        row = current.scalars(select(Session).where(Session.author_id == author.id)).one()
        row.identity_id = identity.id


@pytest.mark.parametrize(("moderator", "status"), [(True, "published"), (False, HELD)])
def test_an_account_needs_the_role_for_a_moderator_s_name(
    lite: Flask, moderator: bool, status: str
) -> None:
    Moderator(lite)
    guest = Guest(lite)
    guest.say("first")
    account(lite, "Mod", moderator=moderator)
    assert guest.say("as an account").get_json()["status"] == status


def test_the_site_s_own_moderators_keep_their_names(lite: Flask) -> None:
    ruth = Guest(lite)
    ruth.say("first")
    account(lite, "Ruth", moderator=True)
    assert said(lite, "Rut\u200bh") == (HELD, {"moderator_name": "Uses a moderator’s name"})
    assert ruth.say("as Ruth").get_json()["status"] == "published"


def trust(app: Flask, name: str) -> None:
    with app.app_context(), transaction() as current:
        author = current.scalars(select(Author)).one()
        author.trusted_at, author.name = author.created_at, name


def test_trust_in_an_author_does_not_cover_another_name(lite: Flask) -> None:
    Moderator(lite)
    guest = Guest(lite, "Ada")
    guest.say("first")
    trust(lite, "Ada")
    assert guest.say("trusted").get_json()["status"] == "published"
    guest.name = "Mod"
    assert guest.say("under another name").get_json()["status"] == HELD


def test_a_trusted_author_keeps_the_name_under_which_they_are_known(lite: Flask) -> None:
    Moderator(lite)
    guest = Guest(lite, "Mod")
    assert guest.say("first").get_json()["status"] == HELD
    trust(lite, "Mod")
    assert guest.say("trusted").get_json()["status"] == "published"


def test_an_edit_is_checked_too(lite: Flask) -> None:
    guest = Guest(lite, "Olga")
    comment = guest.say("first").get_json()["id"]
    Moderator(lite, "Olga")
    body = {"text": "changed", "expected": 0, "token": guest.form_token()}
    answer = guest.post(f"/comments/{comment}/edit", body)
    assert answer.status_code == 200, answer.get_json()
    assert found(lite, comment) == (HELD, {"moderator_name": "Uses a moderator’s name"})


INVISIBLE = [
    "\u2800", "\u2800\u2800", "\u3164", "\u115f\u1160", "\uffa0", "\U000e0041\U000e007f", "\u200b",
    "\u200d", "\ufe0f", "\u034f", "\u00ad", "\u2060", "\u180e", "\u0301", "\u3000", "\u202e\u202c",
]  # fmt: skip


@pytest.mark.parametrize("blank", INVISIBLE)
def test_a_name_that_shows_nothing_is_empty(lite: Flask, blank: str) -> None:
    answer = Guest(lite, blank).say("hello")
    assert answer.status_code == 422
    assert answer.get_json()["error"]["fields"]["name"] == ["Enter a name of up to 80 characters."]


@pytest.mark.parametrize("blank", [*INVISIBLE, "&nbsp;", "&#x2800;", "&ZeroWidthSpace;\n\n&#8205;"])
def test_a_text_that_shows_nothing_is_empty(lite: Flask, blank: str) -> None:
    guest, moderator = Guest(lite), Moderator(lite)
    answer = guest.say(blank)
    assert answer.status_code == 422
    assert answer.get_json()["error"]["fields"]["text"] == ["Write a comment first."]
    comment = guest.say("Something").get_json()["id"]
    body = {"text": blank, "expected": 0, "token": guest.form_token()}
    assert guest.post(f"/comments/{comment}/edit", body).status_code == 422
    refused = moderator.post(f"/moderation/comments/{comment}/reply", text=blank, key="k" * 20)
    assert refused.status_code == 422
    assert moderator.post(f"/moderation/comments/{comment}/edit", text=blank).status_code == 422
    assert moderator.post(f"/moderation/comments/{comment}/notes", text=blank).status_code == 422
    with lite.app_context():
        assert session().scalars(select(Comment.text)).all() == ["Something"]


@pytest.mark.parametrize("blank", INVISIBLE)
def test_the_words_of_a_report_that_show_nothing_are_left_out(lite: Flask, blank: str) -> None:
    comment = Guest(lite).say("Something").get_json()["id"]
    assert Guest(lite).report(comment, words=blank).status_code == 201
    with lite.app_context():
        assert session().scalars(select(Report.reason)).all() == [""]


@pytest.mark.parametrize("text", ["👍", "☑️", "...", "字", "한", "é", "क्", "1", "---"])
def test_a_short_text_is_no_empty_one(lite: Flask, text: str) -> None:
    assert Guest(lite).say(text).status_code == 201
