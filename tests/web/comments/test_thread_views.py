"""Views to read a thread: one template for all, cacheable by revision, no personal data."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import brotli
import pytest
import rcssmin
import rjsmin
from flask import Flask

from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.web.comments import render, thread_views
from comment_service.web.comments.tree import MAX_NESTED
from tests.conftest import MakeApp
from tests.people import PAGE, Guest, Moderator, ruled

QUERY = {"site": "default", "url": PAGE, "title": "A post"}


def test_script_and_style_stay_within_their_size_budget() -> None:
    static = Path(thread_views.__file__).parents[2] / "static"
    script = rjsmin.jsmin((static / "comments.js").read_text("utf-8"))
    style = rcssmin.cssmin((static / "comments.css").read_text("utf-8"))
    assert len(brotli.compress(script.encode())) <= 6000
    assert len(brotli.compress(style.encode())) <= 4000


def test_the_fragment_changes_its_tag_with_every_public_change(lite: Flask) -> None:
    client = lite.test_client()
    tags = []
    guest = Guest(lite)
    guest.say("one")

    def tag() -> str:
        return client.get("/thread", query_string=QUERY).headers["ETag"]

    tags.append(tag())
    comment = guest.say("two").get_json()["id"]
    tags.append(tag())
    guest.like(comment)
    tags.append(tag())
    held = Guest(lite).say("maybe").get_json()["id"]
    assert tag() == tags[-1], "what is held changes nothing for readers"
    Moderator(lite).decide(held, "approve")
    tags.append(tag())
    assert len(set(tags)) == len(tags)
    again = client.get("/thread", query_string=QUERY, headers={"If-None-Match": tags[-1]})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_everyone_gets_the_same_fragment(lite: Flask) -> None:
    guest = Guest(lite)
    guest.say("hello")
    guest.say("maybe held")
    mine = guest.get("/thread").get_data()
    assert mine == lite.test_client().get("/thread", query_string=QUERY).get_data()
    assert b"maybe held" not in mine


def test_the_heading_counts_in_words(lite: Flask) -> None:
    assert "No comments yet" in Guest(lite).thread()
    Guest(lite).say("one")
    assert "1 comment" in Guest(lite).thread()
    Guest(lite).say("two")
    assert "2 comments" in Guest(lite).thread()


def test_a_long_thread_pages_and_a_permalink_finds_its_comment(lite: Flask) -> None:
    guest = Guest(lite)
    ids = [guest.say(f"number {number}.").get_json()["id"] for number in range(30)]
    first = guest.thread()
    assert "number 24." in first
    assert "number 25." not in first
    client = lite.test_client()
    stretch = client.get(
        "/thread.html", query_string={**QUERY, "after": ids[24], "part": 1}
    ).get_data(as_text=True)
    assert "number 29." in stretch
    assert "comments-form" not in stretch
    alone = client.get("/thread.html", query_string={**QUERY, "focus": ids[29]})
    assert "number 29." in alone.get_data(as_text=True)
    assert "number 1." not in alone.get_data(as_text=True)


def test_more_replies_are_linked(lite: Flask) -> None:
    guest = Guest(lite)
    root = guest.say("the root").get_json()["id"]
    for number in range(23):
        guest.say(f"reply {number}.", parent=root)
    thread = guest.thread()
    assert "reply 19." in thread
    assert "reply 20." not in thread
    assert "3 more replies" in thread


def test_every_field_is_escaped_everywhere(lite: Flask) -> None:
    bad = '"><script>alert(1)</script>'
    guest = Guest(lite, f"Eve {bad}")
    guest.page["title"] = f"Title {bad}"
    told = guest.say(f"hi {bad}", email="a@b.example", website="https://a.example/?q='x")
    held = guest.say(f"maybe {bad}").get_json()["id"]
    guest.like(told.get_json()["id"])
    moderator = Moderator(lite)
    surfaces = [
        guest.thread(),
        guest.get("/thread.html").get_data(as_text=True),
        guest.get("/thread.html", reply=told.get_json()["id"]).get_data(as_text=True),
        guest.get("/likers", comment=told.get_json()["id"]).get_data(as_text=True),
        guest.get("/me").get_json()["pending"][0]["html"],
        told.get_json()["html"],
        moderator.queue(),
        moderator.queue("all"),
    ]
    assert held
    for surface in surfaces:
        assert "<script>alert" not in surface
        assert "alert(1)" in unescape(surface) or "Eve" in surface


def test_privacy_page_shows_the_current_settings(lite: Flask) -> None:
    page = lite.test_client().get("/privacy", query_string=QUERY).get_data(as_text=True)
    assert "The hash of the network address is erased after 30 days." in page
    assert "Comments filed as spam are deleted after 30 days." in page
    assert "fake-1" in page
    assert "50%" in page
    assert "Public replies" not in page


@pytest.mark.parametrize("rule", ["webmentions", "syndication"])
def test_privacy_page_names_replies_from_elsewhere_and_kept_spam(
    sqlite_url: str, make_app: MakeApp, rule: str
) -> None:
    app = make_app(sqlite_url, SPAM_DAYS=0)
    ruled(app, **{rule: True})
    page = app.test_client().get("/privacy", query_string=QUERY).get_data(as_text=True)
    assert "Public replies that others write" in page
    assert "filed as spam are deleted" not in page


def test_our_pages_allow_no_inline_script_and_no_frame(lite: Flask) -> None:
    answer = lite.test_client().get("/thread.html", query_string=QUERY)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script>" not in answer.get_data(as_text=True)
    assert " style=" not in answer.get_data(as_text=True)


def test_unknown_urls_have_an_error_page(lite: Flask) -> None:
    client = lite.test_client()
    assert "Page not found." in client.get("/nowhere").get_data(as_text=True)
    Guest(lite).say("hello")
    assert client.get("/thread", query_string={**QUERY, "focus": 99}).status_code == 404
    assert client.get("/thread", query_string={**QUERY, "site": "x"}).status_code == 404
    assert client.get("/thread.html", query_string={**QUERY, "focus": "9" * 40}).status_code == 200


def test_page_view_does_not_import_scientific_libraries(sqlite_url: str) -> None:
    script = f"""
import sys
from datetime import UTC, datetime
from comment_service import create_app
app = create_app({{"COMMENTS_DATABASE_URL": {sqlite_url!r}, "COMMENTS_ALLOW_VOLATILE": True,
                  "COMMENTS_SECRET_KEY": "x" * 40, "COMMENTS_ORIGINS": "https://blog.example",
                  "COMMENTS_PROVIDERS": {{"google": {{"client_id": "x"}}, "mastodon": {{}}}}}})
app.testing = True  # no warm-up of the model in the background
answer = app.test_client().get("/thread.html?site=default&url=https://blog.example/post")
assert answer.status_code == 200, answer.status_code
heavy = {{"sklearn", "scipy", "numpy", "argon2", "rapidfuzz", "authlib", "joserfc", "requests"}}
heavy |= {{"webauthn", "PIL", "cryptography"}}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_health_reports_a_missing_model(lite: Flask) -> None:
    answer = lite.test_client().get("/health")
    assert (answer.status_code, answer.get_json()["model"]) == (200, "fake-1")
    lite.extensions["comments"].classifier = None
    lite.extensions["comments"].classifier_error = "no arrays"
    blind = lite.test_client().get("/health")
    assert (blind.status_code, blind.get_json()["problem"]) == (503, "no arrays")


def test_the_language_is_that_of_the_page(lite: Flask) -> None:
    page = lite.test_client().get("/thread.html", query_string={**QUERY, "lang": "en-GB"})
    assert 'lang="en"' in page.get_data(as_text=True)


def test_a_very_deep_thread_continues_on_pages_of_its_own(
    make_app: MakeApp, sqlite_url: str
) -> None:
    app = make_app(sqlite_url, REPLIES_SHOWN=200)
    ruled(app, burst_comments=0)
    guest = Guest(app)
    parent = None
    for depth in range(60):
        parent = guest.say(f"level {depth}.", parent=parent).get_json()["id"]
    thread, seen = guest.thread(), set[int]()
    while True:
        seen |= {int(depth) for depth in re.findall(r"level (\d+)\.", thread)}
        assert thread.count("<ol>") <= MAX_NESTED + 1
        assert "in reply to" in thread
        following = re.search(r'href="([^"]+)"[^>]*>Continue this thread', thread)
        if following is None:
            break
        thread = app.test_client().get(unescape(following[1])).get_data(as_text=True)
    assert seen == set(range(60))


def test_a_permalink_shows_its_comment_however_many_came_before(
    lite: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "FOCUSED_REPLIES", 5)
    ruled(lite, burst_comments=0)
    guest = Guest(lite)
    root = guest.say("The root").get_json()["id"]
    wide = [guest.say(f"wide {n}.", parent=root).get_json()["id"] for n in range(8)]
    deep = [wide[-1]]
    for depth in range(18):
        deep.append(guest.say(f"deep {depth}.", parent=deep[-1]).get_json()["id"])

    def at(number: int) -> str:
        asked = {**QUERY, "focus": number}
        return lite.test_client().get("/thread.html", query_string=asked).get_data(as_text=True)

    for number in (wide[0], wide[6], wide[7], deep[4], deep[9], deep[17]):
        assert f'id="comment-{number}"' in at(number), number
    page, seen = at(deep[9]), set[int]()
    while True:
        seen |= {int(number) for number in re.findall(r'id="comment-(\d+)"', page)}
        following = re.search(r'href="([^"]+)"[^>]*>(\d+ more repl|More replies)', page)
        if following is None:
            break
        page = lite.test_client().get(unescape(following[1])).get_data(as_text=True)
    assert set(deep[9:]) <= seen


@pytest.fixture
def two_sites(lite: Flask) -> list[Guest]:
    with lite.app_context(), transaction():
        sites.ensure_site(
            session(),
            key="second",
            name="Second",
            origins=["https://second.example"],
            now=datetime(2026, 11, 1, tzinfo=UTC),
        )
    guests = [Guest(lite, "Ada"), Guest(lite, "Ben")]
    guests[1].page = {"site": "second", "url": "https://second.example/a", "title": "Theirs"}
    return guests


def test_a_link_to_a_comment_names_nothing_else(two_sites: list[Guest]) -> None:
    """The same short links lead each comment's readers to its own page of its own site."""
    ids = [guest.say(f"said by {guest.name}").get_json()["id"] for guest in two_sites]
    for guest, other, comment in zip(two_sites, reversed(two_sites), ids, strict=True):
        thread = guest.thread()
        client = guest.app.test_client()
        for wanted in (f"/thread.html?focus={comment}#comment-{comment}",
                       f"/thread.html?reply={comment}#respond"):  # fmt: skip
            assert f'href="{wanted}"' in thread
            page = client.get(wanted.partition("#")[0]).get_data(as_text=True)
            assert f"said by {guest.name}" in page
            assert f"said by {other.name}" not in page
            assert f'name="url" value="{guest.page["url"]}"' in page
        assert f"Reply to {guest.name}" in page
        assert f'href="/likers?comment={comment}"' in thread
        assert client.get(f"/likers?comment={comment}").status_code == 200


def test_a_link_to_a_hidden_comment_tells_nothing(lite: Flask) -> None:
    author, comment = Guest(lite), 0
    comment = author.say("maybe held").get_json()["id"]
    for query in ({"focus": comment}, {"reply": comment}, {"focus": comment + 1}):
        answer = lite.test_client().get("/thread.html", query_string=query)
        assert answer.status_code == 404
        assert PAGE not in answer.get_data(as_text=True)
    assert lite.test_client().get(f"/likers?comment={comment}").status_code == 404
    author.page = {}
    own = author.get("/thread.html", focus=comment)
    assert own.status_code == 404, "it has no place in the thread yet"


def test_a_comment_costs_a_bounded_number_of_bytes(lite: Flask) -> None:
    """What stands around a comment's own text, of which a long thread has hundreds."""
    guest, sizes = Guest(lite), []
    for number in range(4):
        guest.say(f"{number}" * 100)
        sizes.append(len(guest.get("/thread").get_data()) - 100 * (number + 1))
    assert max(sizes[2] - sizes[1], sizes[3] - sizes[2]) <= 1400
