"""What people try: odd input, disguised links, foreign hosts, races. Each was seen to work once."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select

from comment_service.identity import HostUser
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import versions
from comment_service.storage.tables import PUBLISHED, Author, Comment, Decision, Page
from comment_service.text import links, markdown
from comment_service.web.http.viewer import HOST_USER
from tests.conftest import MakeApp
from tests.people import PAGE, Guest, Moderator


def test_a_host_s_user_cannot_carry_a_script_in_the_website(lite: Flask) -> None:
    guest = Guest(lite)
    body = guest.fields("hello", name="")
    user = HostUser(id="1", name="Eve\u202e", url="javascript:alert(1)", email="x" * 900)
    answer = guest.client.post(
        "/comments",
        json=body,
        headers={"Origin": "http://localhost"},
        environ_overrides={HOST_USER: lambda: user},
    )
    assert answer.status_code == 201
    assert "javascript:" not in guest.thread()
    assert "Eve" in guest.thread()


@pytest.mark.parametrize(
    "text",
    [
        "[x](https&#58;//spam.example/a)",
        "[x](https\\://spam.example/a)",
        "<https://spam.example/a>",
        "see www.spam.net",
    ],
)
def test_a_disguised_link_is_a_link_to_the_checks(lite: Flask, text: str) -> None:
    assert links.targets(markdown.render(text))
    assert Guest(lite).say(text).get_json()["status"] == "pending"


def test_a_filed_name_is_on_no_public_list(app: Flask) -> None:
    comment = Guest(app).say("like me").get_json()["id"]
    spammer = Guest(app, "CHEAP CASINO")
    spammer.like(comment)
    filed = spammer.say("casino", website="https://casino.example").get_json()["id"]
    assert "CHEAP" not in spammer.get("/likers", comment=comment).get_data(as_text=True)
    moderator = Moderator(app)
    moderator.decide(filed, "approve")
    assert "CHEAP" in spammer.get("/likers", comment=comment).get_data(as_text=True)
    moderator.decide(filed, "spam")
    assert "CHEAP" not in spammer.get("/likers", comment=comment).get_data(as_text=True)


def test_taking_back_a_like_that_never_was_makes_nothing(app: Flask) -> None:
    for number in range(5):
        guest = Guest(app)
        guest.page["url"] = f"https://blog.example/{number}"
        assert guest.like(liked=False).get_json()["count"] == 0
    with app.app_context():
        for table in (Page, Author):
            assert session().scalar(select(func.count()).select_from(table)) == 0


def test_likes_of_one_network_have_a_limit(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(sqlite_url, LIKES_HOUR=3)
    comment = Guest(app).say("like me").get_json()["id"]
    fan = Guest(app)
    statuses = [fan.like(comment, liked).status_code for liked in (True, False, True, False)]
    assert statuses == [200, 200, 200, 429]


def test_parallel_comments_are_counted_exactly(app: Flask) -> None:
    guests = [Guest(app) for _ in range(12)]
    bodies = [guest.fields(f"number {n}") for n, guest in enumerate(guests)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda pair: pair[0].post("/comments", pair[1]),
                                zip(guests, bodies, strict=True)))  # fmt: skip
    assert {answer.status_code for answer in answers} == {201}
    with app.app_context():
        page = session().scalars(select(Page)).one()
        real = session().scalar(select(func.count()).where(Comment.status == PUBLISHED))
        assert page.comment_count == real == 12


def test_the_rate_holds_in_parallel(make_app: MakeApp, database_url: str) -> None:
    app = make_app(database_url, RATE_MINUTE=5)
    guests = [Guest(app, network="192.0.2.9") for _ in range(12)]
    bodies = [guest.fields(f"a text of its own, {n}") for n, guest in enumerate(guests)]
    with ThreadPoolExecutor(6) as pool:
        answers = pool.map(lambda pair: pair[0].post("/comments", pair[1]),
                           zip(guests, bodies, strict=True))  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 7


def test_a_second_click_is_no_second_decision(app: Flask) -> None:
    comment = Guest(app).say("maybe").get_json()["id"]
    moderator = Moderator(app)
    first = moderator.decide(comment, "spam").get_json()
    assert moderator.decide(comment, "spam").get_json()["undo"] == first["undo"]
    assert moderator.post(first["undo"]).get_json()["status"] == "pending"
    with app.app_context():
        assert session().scalar(select(func.count()).select_from(Decision)) == 2


@pytest.mark.parametrize(
    "body",
    [
        '{"a":' + "[" * 60_000,
        json.dumps({"site": "default\x00", "url": PAGE}),
        json.dumps({"site": "default", "url": PAGE + "\x00"}),
    ],
    ids=["deep", "nul in site", "nul in url"],
)
def test_odd_bodies_are_refused_in_words(app: Flask, body: str) -> None:
    answer = app.test_client().post("/comments", data=body, content_type="application/json")
    assert 400 <= answer.status_code < 500, answer.get_data(as_text=True)[:300]


def test_half_characters_and_nul_become_text(app: Flask) -> None:
    guest = Guest(app)
    raw = json.dumps(guest.fields("half \ud800 and \x00 nul"))
    answer = guest.client.post("/comments", data=raw, content_type="application/json")
    assert answer.status_code == 201
    assert "half ? and  nul" in guest.thread()


@pytest.mark.parametrize("text", ["\x00", "\u200b\u2060", " \u200d "])
def test_a_text_in_which_nothing_is_seen_is_refused(lite: Flask, text: str) -> None:
    assert Guest(lite).say(text).status_code == 422


@pytest.mark.parametrize("after", ["-" + "9" * 25, "9" * 40, "1.-5"])
@pytest.mark.parametrize("sort", ["oldest", "newest", "best"])
def test_odd_cursors_show_a_thread(app: Flask, after: str, sort: str) -> None:
    Guest(app).say("hello")
    assert Guest(app).get("/thread", after=after, sort=sort).status_code == 200


def test_an_odd_origin_is_refused(lite: Flask) -> None:
    guest = Guest(lite)
    assert guest.post("/comments", guest.fields("hi"), Origin="http://[").status_code == 403


def test_a_made_up_host_is_no_site_of_ours(lite: Flask) -> None:
    query = {"site": "default", "url": "http://evil.example/p"}
    answer = lite.test_client().get(
        "/form-token", query_string=query, base_url="http://evil.example"
    )
    assert answer.status_code == 403


def test_a_table_does_not_grow_beyond_its_text(lite: Flask) -> None:
    text = "|a" * 600 + "\n" + "|-" * 600 + "\n" + "x\n" * 2000
    html = markdown.render(text[:10_000])
    assert len(html) < 21 * 10_000
    assert "<table>" in markdown.render("|a|b|\n|-|-|\n|1|2|")


def test_nobody_else_sets_a_page_s_title(app: Flask) -> None:
    stranger = Guest(app)
    stranger.page["title"] = "EVIL"
    stranger.like()
    assert "EVIL" not in Guest(app).thread()
    Guest(app).say("the first words")
    assert "1 response to “A post”" in Guest(app).thread(title="EVIL")


def test_the_reader_s_own_page_is_kept_by_nobody(lite: Flask) -> None:
    answer = Guest(lite).get("/thread.html")
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_reply_to_what_vanished_can_be_sent_as_a_new_comment(lite: Flask) -> None:
    guest = Guest(lite)
    sent = guest.fields("still worth saying", parent=999)
    page = guest.client.post("/comments", data=sent).get_data(as_text=True)
    assert "send it as a new comment" in page
    assert 'name="parent" value="999"' not in page


def test_thanks_may_be_said_to_two_people(lite: Flask) -> None:
    guest = Guest(lite)
    one = Guest(lite).say("a good answer").get_json()["id"]
    two = Guest(lite).say("another good answer").get_json()["id"]
    assert guest.say("Thank you!", parent=one).status_code == 201
    assert guest.say("Thank you!", parent=two).status_code == 201
    assert guest.say("Thank you!", parent=two).status_code == 409


def test_privacy_opens_where_the_model_is_missing(app: Flask) -> None:
    state = app.extensions["comments"]
    with app.app_context(), transaction() as current:
        versions.activate(current, 1, "gone", actor="O", reason="r", now=state.now())
    assert Guest(app).get("/privacy").status_code == 200
    assert Moderator(app).client.get("/moderation/first").status_code == 200
