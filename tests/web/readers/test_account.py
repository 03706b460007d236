"""Account pages: access, content, changes."""

import json
import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import (
    Author,
    AuthorChange,
    Comment,
    CommentLike,
    Identity,
    Page,
    Subscription,
)
from tests.people import Guest, Moderator, ruled
from tests.readers import ORIGIN, Reader


@pytest.fixture
def ada(app: Flask) -> Reader:
    return Reader(app, email="ada@example.org")


def test_unknown_visitors_sign_in_and_return(app: Flask) -> None:
    answer = app.test_client().get("/account/?site=default")
    assert answer.status_code == 303
    window = app.test_client().get(answer.headers["Location"])
    assert window.status_code == 200
    assert 'href="/account/?site=default"' in window.get_data(as_text=True)


def test_an_unknown_site_has_no_accounts(app: Flask) -> None:
    assert app.test_client().get("/account/?site=other").status_code == 404


def test_account_lists_identities_and_browsers(ada: Reader) -> None:
    page = ada.text()
    assert "ada@example.org" in page
    assert "Firefox on Linux" in page
    assert "this one" in page


def test_new_name_is_in_lists_but_not_on_old_comments(app: Flask, ada: Reader) -> None:
    ada.guest.say("Thank you for this.")
    ada.guest.like()
    assert ada.post("profile", name="Ada\u202e <b>L</b>", website="ada.example").status_code == 303
    likers = ada.guest.get("/likers").get_data(as_text=True)
    assert "Ada &lt;b&gt;L&lt;/b&gt;" in likers
    assert "ada.example" not in likers, "a list of likers leads nowhere"
    assert 'value="https://ada.example"' in ada.text()
    with app.app_context():
        assert session().scalars(select(Comment.name)).all() == ["Ada"]


def test_refused_name_is_kept_in_the_form(ada: Reader) -> None:
    answer = ada.post("profile", name="x" * 81, website="javascript:alert(1)")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "x" * 81 in page and "javascript:alert(1)" in page
    assert page.count('aria-invalid="true"') == 2


def test_changes_require_the_csrf_token(ada: Reader) -> None:
    body = {"site": "default", "name": "Mallory"}
    answer = ada.client.post("/account/profile", data=body, headers={"Origin": ORIGIN})
    assert answer.status_code == 400
    assert "Mallory" not in ada.text()


def test_last_identity_stays_and_others_end_their_sessions(app: Flask, ada: Reader) -> None:
    (first,) = identities(app, ada)
    assert ada.post(f"identities/{first}/remove").status_code == 409
    other = app.test_client()
    ada.prove("forum", "ada", link=True)
    assert ada.post(f"identities/{first}/remove").status_code == 303
    assert identities(app, ada) == [first + 1]
    assert other.get("/account/?site=default").status_code == 303
    with app.app_context():
        author = session().get_one(Author, ada.author_id)
        assert author.proven_email == ""
        changes = session().scalars(select(AuthorChange.change)).all()
    assert changes == ["identity added", "identity added", "identity removed"]


def test_identities_of_others_cannot_be_removed(app: Flask, ada: Reader) -> None:
    bob = Reader(app, "Bob")
    (theirs,) = identities(app, bob)
    assert ada.post(f"identities/{theirs}/remove").status_code == 404
    assert identities(app, bob) == [theirs]


def identities(app: Flask, reader: Reader) -> list[int]:
    with app.app_context():
        query = select(Identity.id).where(Identity.author_id == reader.author_id)
        return list(session().scalars(query.order_by(Identity.id)))


def test_one_or_all_browsers_are_signed_out(ada: Reader) -> None:
    before = ada.guest.token
    (there,) = set(re.findall(r"/account/sessions/(\d+)/end", ada.text()))
    assert ada.post(f"sessions/{there}/end").status_code == 303
    ada.guest.token = before
    assert ada.guest.get("/me").status_code == 401
    assert ada.get().status_code == 200
    assert ada.post("sessions/end").status_code == 303
    assert ada.get().status_code == 303


def test_sessions_of_others_cannot_be_ended(app: Flask, ada: Reader) -> None:
    bob = Reader(app, "Bob")
    (theirs,) = set(re.findall(r"/account/sessions/(\d+)/end", bob.text()))
    assert ada.post(f"sessions/{theirs}/end").status_code == 404
    assert bob.guest.get("/me").status_code == 200


def test_comments_are_listed_with_their_status(app: Flask, ada: Reader) -> None:
    owner = Moderator(app)
    ids = [ada.guest.say(text).get_json()["id"] for text in ("One is fine", "maybe two", "casino")]
    rejected = ada.guest.say("maybe three").get_json()["id"]
    owner.decide(rejected, "reject")
    page = ada.text("comments")
    shown = re.findall(r'data-status="(\w+)">([^<]+)<', page)
    waits = ("pending", "Waiting for a moderator")
    assert shown == [("rejected", "Not published"), waits, waits, ("published", "Published")]
    assert f"focus={ids[0]}" in page
    assert f"focus={ids[1]}" not in page


def test_shadow_ban_is_not_visible_in_the_account(app: Flask, ada: Reader) -> None:
    owner = Moderator(app)
    first = ada.guest.say("One is fine").get_json()["id"]
    owner.post(f"/moderation/comments/{first}/author", mark="shadow")
    ada.guest.say("Two is fine")
    assert ">Published<" in ada.text("comments")
    assert "Not published" not in ada.text("comments")
    told = json.loads(ada.text("data.json"))
    assert {row["status"] for row in told["comments"]} == {"published"}


def test_lists_are_paged(app: Flask, ada: Reader) -> None:
    for number in range(27):
        ada.guest.say(f"This is comment number {number}")
    page = ada.text("comments")
    assert page.count('class="excerpt"') == 25
    before = re.search(r"before=(\d+)", page)
    assert before
    assert ada.text("comments", before=before[1]).count('class="excerpt"') == 2


def test_likes_are_listed_and_withdrawn(app: Flask, ada: Reader) -> None:
    owner, bob = Moderator(app), Guest(app, "Bob")
    liked = bob.say("Thank you for this.").get_json()["id"]
    ada.guest.like(liked)
    ada.guest.like()
    owner.decide(liked, "spam")
    for kind in ("comments", "pages"):
        page = ada.text("likes", kind=kind)
        (like,) = re.findall(r'name="like" value="(\d+)"', page)
        assert "Thank you" not in page
        assert ada.post("likes/take-back", kind=kind, like=like).status_code == 303
        assert "Nothing yet." in ada.text("likes", kind=kind)
    with app.app_context():
        assert session().scalars(select(CommentLike)).all() == []
        assert session().get_one(Comment, liked).like_count == 0


def test_reaction_is_listed_and_withdrawn(app: Flask, ada: Reader) -> None:
    ruled(app, reactions="👍 ❤️")
    comment = Guest(app, "Bob").say("Thank you for this.").get_json()["id"]
    body = {**ada.guest.page, "reaction": f"{comment} 👍", "given": "1"}
    assert ada.guest.post("/reactions", body).get_json()["count"] == 1
    page = ada.text("likes", kind="reactions")
    (given,) = re.findall(r'name="like" value="(\d+)"', page)
    assert "👍" in page
    ada.post("likes/take-back", kind="reactions", like=given)
    assert "Nothing yet." in ada.text("likes", kind="reactions")
    assert f"{comment} 👍" not in str(ada.guest.get("/me").get_json()["reactions"])


def test_replies_to_an_author_have_a_secret_feed(app: Flask, ada: Reader) -> None:
    mine = ada.guest.say("A question about leaf mould.").get_json()["id"]
    Guest(app, "Bob").say("The answer is two years.", parent=mine)
    Guest(app, "Eve").say("Something else entirely.")
    found = re.search(r'href="(/feed\.atom[^"]+answers=[^"]+)"', ada.text())
    assert found
    address = unescape(found[1])
    feed = app.test_client().get(address).get_data(as_text=True)
    assert "two years" in feed and "leaf mould" not in feed and "entirely" not in feed
    assert app.test_client().get(address[:-1] + "x").status_code == 404


def test_likes_of_others_cannot_be_withdrawn(app: Flask, ada: Reader) -> None:
    bob = Reader(app, "Bob")
    bob.guest.like()
    ada.post("likes/take-back", kind="pages", like="1")
    assert "Take back" in bob.text("likes", kind="pages")


def test_all_data_can_be_downloaded(app: Flask, ada: Reader) -> None:
    said = ada.guest.say("Thank you, “friend”.", email="ada@example.org").get_json()["id"]
    Moderator(app).post(f"/moderation/comments/{said}/edit", text="Thank you.")
    ada.guest.like(said)
    answer = ada.get("data.json")
    assert "attachment" in answer.headers["Content-Disposition"]
    told = json.loads(answer.get_data(as_text=True))
    assert told["author"]["proven_email"] == "ada@example.org"
    assert [row["text"] for row in told["comments"]] == ["Thank you."]
    assert told["comments"][0]["earlier"][0]["text"] == "Thank you, “friend”."
    assert told["identities"][0]["issuer"] == "https://example.example"
    assert len(told["comment_likes"]) == 1
    assert told["sessions"]
    assert "token" not in answer.get_data(as_text=True)
    assert "network" not in answer.get_data(as_text=True)


def test_known_guest_sees_their_data_and_how_to_keep_it(app: Flask) -> None:
    client = app.test_client()
    token = re.search(r'name="token" value="([^"]+)"', _thread(client))
    assert token
    body = {"site": "default", "url": "https://blog.example/post", "token": token[1]}
    fields = {**body, "key": "k" * 20, "name": "Ada", "text": "maybe this waits"}
    assert client.post("/comments", data=fields, headers={"Origin": ORIGIN}).status_code == 303
    page = client.get("/account/?site=default").get_data(as_text=True)
    assert "Sign in to keep this" in page
    assert "Name and website" not in page
    assert "have it re-checked" in client.get("/account/comments?site=default").text


def _thread(client: object) -> str:
    page = client.get(  # type: ignore[attr-defined]
        "/thread.html", query_string={"site": "default", "url": "https://blog.example/post"}
    )
    return str(page.get_data(as_text=True))


def test_subscriptions_are_listed_changed_and_ended(app: Flask, ada: Reader) -> None:
    ada.guest.say("Thank you for this.")
    row = subscribed(app, ada)
    assert "Every comment" in ada.text("mails")
    for wish, told in (("mute", "Muted"), ("unmute", "Mute<"), ("daily", "once a day")):
        assert ada.post(f"mails/{row}", do=wish).status_code == 303
        assert told in ada.text("mails")
    bob = Reader(app, "Bob")
    assert bob.post(f"mails/{row}", do="end").status_code == 404
    assert ada.post(f"mails/{row}", do="nothing").status_code == 404
    assert ada.post(f"mails/{row}", do="end").status_code == 303
    assert "You are not subscribed to any page" in ada.text("mails")


def subscribed(app: Flask, reader: Reader) -> int:
    with app.app_context(), transaction() as current:
        page = current.scalars(select(Page)).one()
        now = app.extensions["comments"].now()
        row = Subscription(site_id=page.site_id, page_id=page.id, author_id=reader.author_id)
        row.email = row.address = "ada@example.org"
        row.kind, row.asked_at, row.confirmed_at = "page", now, now
        current.add(row)
        current.flush()
        return row.id
