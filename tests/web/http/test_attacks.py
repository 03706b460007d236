"""Attacks: odd input, disguised links, foreign hosts, races. Each of them worked at some time."""

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


def test_spammer_name_is_not_in_public_lists(app: Flask) -> None:
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


def test_withdrawing_a_missing_like_stores_nothing(app: Flask) -> None:
    for number in range(5):
        guest = Guest(app)
        guest.page["url"] = f"https://blog.example/{number}"
        assert guest.like(liked=False).get_json()["count"] == 0
    with app.app_context():
        for table in (Page, Author):
            assert session().scalar(select(func.count()).select_from(table)) == 0


def test_likes_per_network_are_limited(make_app: MakeApp, sqlite_url: str) -> None:
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


def test_double_click_decides_once(app: Flask) -> None:
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
def test_odd_bodies_get_an_error_message(app: Flask, body: str) -> None:
    answer = app.test_client().post("/comments", data=body, content_type="application/json")
    assert 400 <= answer.status_code < 500, answer.get_data(as_text=True)[:300]


def test_surrogates_and_nul_are_sanitized(app: Flask) -> None:
    guest = Guest(app)
    raw = json.dumps(guest.fields("half \ud800 and \x00 nul"))
    answer = guest.client.post("/comments", data=raw, content_type="application/json")
    assert answer.status_code == 201
    assert "half ? and  nul" in guest.thread()


@pytest.mark.parametrize("text", ["\x00", "\u200b\u2060", " \u200d "])
def test_invisible_text_is_refused(lite: Flask, text: str) -> None:
    assert Guest(lite).say(text).status_code == 422


@pytest.mark.parametrize("after", ["-" + "9" * 25, "9" * 40, "1.-5"])
@pytest.mark.parametrize("sort", ["oldest", "newest", "best"])
def test_invalid_cursors_show_the_thread(app: Flask, after: str, sort: str) -> None:
    Guest(app).say("hello")
    assert Guest(app).get("/thread", after=after, sort=sort).status_code == 200


def test_an_odd_origin_is_refused(lite: Flask) -> None:
    guest = Guest(lite)
    assert guest.post("/comments", guest.fields("hi"), Origin="http://[").status_code == 403


def test_forged_host_header_is_not_trusted(lite: Flask) -> None:
    query = {"site": "default", "url": "http://evil.example/p"}
    answer = lite.test_client().get(
        "/form-token", query_string=query, base_url="http://evil.example"
    )
    assert answer.status_code == 403


def test_table_html_size_is_bounded(lite: Flask) -> None:
    text = "|a" * 600 + "\n" + "|-" * 600 + "\n" + "x\n" * 2000
    html = markdown.render(text[:10_000])
    assert len(html) < 21 * 10_000
    assert "<table>" in markdown.render("|a|b|\n|-|-|\n|1|2|")


def test_page_title_cannot_be_changed_by_others(app: Flask) -> None:
    stranger = Guest(app)
    stranger.page["title"] = "EVIL"
    stranger.like()
    assert "EVIL" not in Guest(app).thread()
    Guest(app).say("the first words")
    thread = Guest(app).thread(title="EVIL")
    assert 'data-title="A post"' in thread
    assert "EVIL" not in thread


def test_personal_page_is_not_cached(lite: Flask) -> None:
    answer = Guest(lite).get("/thread.html")
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_reply_to_a_deleted_comment_can_be_sent_as_new(lite: Flask) -> None:
    guest = Guest(lite)
    sent = guest.fields("still worth saying", parent=999)
    page = guest.client.post("/comments", data=sent).get_data(as_text=True)
    assert "post it as a new comment" in page
    assert 'name="parent" value="999"' not in page


def test_same_reply_to_two_comments_is_allowed(lite: Flask) -> None:
    guest = Guest(lite)
    one = Guest(lite).say("a good answer").get_json()["id"]
    two = Guest(lite).say("another good answer").get_json()["id"]
    assert guest.say("Thank you!", parent=one).status_code == 201
    assert guest.say("Thank you!", parent=two).status_code == 201
    assert guest.say("Thank you!", parent=two).status_code == 409


def test_privacy_page_works_without_a_model(app: Flask) -> None:
    state = app.extensions["comments"]
    with app.app_context(), transaction() as current:
        versions.activate(current, 1, "gone", actor="O", reason="r", now=state.now())
    assert Guest(app).get("/privacy").status_code == 200
    assert Moderator(app).client.get("/moderation/first").status_code == 200
