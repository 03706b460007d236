"""The page of a page: posts on Mastodon and Bluesky are added, found, read and removed."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from comment_service import fetching
from comment_service.notify import webmention_sender
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import pages, syndicated_threads
from comment_service.storage.tables import SyndicatedThread
from tests.elsewhere_threads import (
    MastodonServer,
    add,
    comments,
    mastodon_server,
    page_id,
    read,
    texts,
    thread,
)
from tests.fakes import FakeClock
from tests.people import PAGE, Guest, Moderator, ruled
from tests.webmentions import Elsewhere, elsewhere

HOME = "/moderation/pages"
POST = "https://m.example/@bea/1"
BODY = {
    f'<link rel="syndication" href="{POST}">': [POST],
    f'<a class="x u-syndication" href="{POST}">on Mastodon</a>': [POST],
    f'<script src="/embed.js" data-syndication="{POST} https://m.example/@bea/2"></script>': [
        POST, "https://m.example/@bea/2",
    ],
    f'<comment-thread data-syndication="{POST}"></comment-thread>': [POST],
    '<link rel=syndication href="https://x.com/bea/1">': [],
    f'<a rel="syndication ugc" href="{POST}">said a visitor</a>': [],
    f'<a rel="nofollow" class="u-syndication" href="{POST}">said a visitor</a>': [],
    f'<a href="{POST}">a link</a>': [],
    f'&lt;link rel="syndication" href="{POST}"&gt;': [],
    f'<!-- <link rel="syndication" href="{POST}"> -->': [],
    f'<template><link rel="syndication" href="{POST}"></template>': [],
    "<link rel=syndication href=http://[>": [],
    "<link rel=x>" * 30_000 + f'<link rel="syndication" href="{POST}">': [],
}  # fmt: skip


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[MastodonServer]:
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", True)
    with mastodon_server() as found:
        yield found


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, lite: Flask) -> Iterator[Elsewhere]:
    """Return the server of the blog, whose origin is one of the site's."""
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", True)
    with elsewhere() as found:
        with lite.app_context(), transaction() as current:
            row = sites.find(current, "default")
            assert row is not None
            row.origins = [*row.origins, found.origin]
        yield found


@pytest.fixture
def client(lite: Flask) -> FlaskClient:
    lite.config["WTF_CSRF_ENABLED"] = False
    return Moderator(lite, role="moderator").client


def text(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def threads(app: Flask, number: int) -> list[str]:
    with app.app_context():
        return [one.url for one in syndicated_threads.of_page(session(), number)]


def test_a_post_is_added_read_and_removed(
    lite: Flask, client: FlaskClient, there: MastodonServer
) -> None:
    ruled(lite, policy="publish")
    post, number = there.post("1"), page_id(lite)
    there.post("2", "Hello.", to="1", by="bea")
    answer = client.post(f"{HOME}/{number}/threads", data={"thread": f" {post} "})
    assert answer.status_code == 303
    assert "The post is added" in text(client.get(answer.location))
    assert read(lite) == 1
    shown = text(client.get(f"{HOME}/{number}"))
    assert post in shown
    assert "1 reply" in shown
    assert "last read" in shown
    assert "Replies from: " in shown, "the change log"
    assert client.post(f"{HOME}/{number}/threads/1/read").status_code == 303
    assert read(lite) == 1
    answer = client.post(f"{HOME}/{number}/threads/1/remove", data={"replies": "withdraw"})
    assert "its replies are being removed" in text(client.get(answer.location))
    assert threads(lite, number) == []
    read(lite)
    assert texts(lite) == []
    assert client.post(f"{HOME}/{number}/threads/1/read").status_code == 404


def test_removing_keeps_replies_unless_they_shall_go(
    lite: Flask, client: FlaskClient, there: MastodonServer
) -> None:
    ruled(lite, policy="publish")
    add(lite, there.post("1"))
    there.post("2", "Hello.", to="1", by="bea")
    read(lite)
    client.post(f"{HOME}/{page_id(lite)}/threads/1/remove", data={"replies": "keep"})
    read(lite)
    assert texts(lite) == ["Hello."]


def test_a_wrong_address_is_refused_with_the_remedy(lite: Flask, client: FlaskClient) -> None:
    number = page_id(lite)
    answer = client.post(f"{HOME}/{number}/threads", data={"thread": "https://x.com/<b>"})
    assert answer.status_code == 422
    assert "copy the address" in text(answer)
    assert 'value="https://x.com/&lt;b&gt;"' in text(answer)
    assert not threads(lite, number)


def test_an_error_is_shown_with_its_thread(lite: Flask, client: FlaskClient) -> None:
    add(lite, "http://127.0.0.1:1/@bea/1")
    read(lite)
    assert "private network" in text(client.get(f"{HOME}/{page_id(lite)}"))
    with lite.app_context(), transaction() as current:
        current.get_one(SyndicatedThread, 1).error = "The server answers with 500."
    german = text(client.get(f"{HOME}/{page_id(lite)}", headers={"Accept-Language": "de"}))
    assert "Der Server antwortet mit 500." in german


def test_another_pages_thread_is_not_found(lite: Flask, client: FlaskClient) -> None:
    other = page_id(lite, "https://blog.example/other")
    add(lite, POST)
    for what in ("read", "remove"):
        assert client.post(f"{HOME}/{other}/threads/1/{what}").status_code == 404
    assert threads(lite, page_id(lite)) == [POST]


@pytest.mark.parametrize("body", BODY, ids=range(len(BODY)))
def test_posts_that_the_page_names_are_found(
    lite: Flask, client: FlaskClient, site: Elsewhere, body: str
) -> None:
    url = site.page("/post", f"<!doctype html><title>x</title>{body}")
    number = page_id(lite, url)
    answer = client.post(f"{HOME}/{number}/threads/find")
    assert threads(lite, number) == BODY[body]
    assert answer.status_code == (303 if BODY[body] else 200)
    if not BODY[body]:
        assert 'role="alert"' in text(answer) or "problem" in text(answer)


def test_what_was_removed_is_not_found_again(
    lite: Flask, client: FlaskClient, site: Elsewhere
) -> None:
    number = page_id(lite, site.page("/post", f'<link rel="syndication" href="{POST}">'))
    client.post(f"{HOME}/{number}/threads/find")
    client.post(f"{HOME}/{number}/threads/1/remove", data={"replies": "keep"})
    answer = client.post(f"{HOME}/{number}/threads/find")
    assert "names no other post" in text(answer)
    assert threads(lite, number) == []


def test_a_page_that_cannot_be_fetched(
    lite: Flask, client: FlaskClient, site: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = page_id(lite, site.page("/post", f'<link rel="syndication" href="{POST}">', 404))
    assert "answers with 404" in text(client.post(f"{HOME}/{number}/threads/find"))
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", False)
    assert "could not be fetched" in text(client.post(f"{HOME}/{number}/threads/find"))
    assert threads(lite, number) == []


def test_a_reader_cannot_name_a_post(lite: Flask) -> None:
    """What a browser sends about its page counts for nothing."""
    guest = Guest(lite)
    more = {"syndication": POST, "data-syndication": POST, "thread": POST}
    assert guest.say("Hello.", **more).status_code == 201
    guest.get("/thread", **more)
    assert threads(lite, page_id(lite)) == []


@pytest.mark.parametrize("switched_on", [True, False])
def test_sending_webmentions_adds_the_posts_that_the_page_names(
    lite: Flask, site: Elsewhere, switched_on: bool
) -> None:
    ruled(lite, syndication=switched_on)
    url = site.page("/post", f'<link rel="syndication" href="{POST}"><p>Text</p>')
    for _time in range(2):
        send(lite, url)
    with lite.app_context():
        page = pages.find(session(), 1, url)
        assert (page is not None) is switched_on
    assert threads(lite, page_id(lite, url)) == ([POST] if switched_on else [])


def test_the_rule_of_one_site_counts_for_its_pages_only(lite: Flask, site: Elsewhere) -> None:
    ruled(lite, syndication=True)
    with lite.app_context(), transaction() as current:
        now = lite.extensions["comments"].now()
        sites.ensure_site(current, key="b", name="B", origins=[site.origin], now=now)
    url = site.page("/post", f'<link rel="syndication" href="{POST}"><p>Text</p>')
    send(lite, url, "b")
    assert threads(lite, page_id(lite, url, "b")) == []
    send(lite, url)
    assert threads(lite, page_id(lite, url)) == [POST]
    assert threads(lite, page_id(lite, url, "b")) == []


def send(app: Flask, url: str, key: str = "default") -> None:
    with app.app_context():
        found = sites.find(session(), key)
        assert found is not None
        list(webmention_sender.send_now(app.extensions["comments"], found, url))


def test_a_page_is_added_before_its_first_comment(lite: Flask, client: FlaskClient) -> None:
    new = "https://blog.example/new?utm_source=x"
    answer = client.post(f"{HOME}/", data={"url": new, "site": "default"})
    assert answer.status_code == 303
    assert "https://blog.example/new" in text(client.get(answer.location))
    again = client.post(f"{HOME}/", data={"url": new, "site": "default"})
    assert again.location == answer.location
    assert not comments(lite, "https://blog.example/new")


@pytest.mark.parametrize("url", ["nonsense", "https://elsewhere.example/post", ""])
def test_a_page_of_another_site_is_not_added(lite: Flask, client: FlaskClient, url: str) -> None:
    answer = client.post(f"{HOME}/", data={"url": url, "site": "default"})
    assert answer.status_code in {403, 422}
    assert 'aria-invalid="true"' in text(answer)
    assert f'value="{url}"' in text(answer)


def test_a_thread_waits_for_its_server(
    lite: Flask, client: FlaskClient, there: MastodonServer, clock: FakeClock
) -> None:
    """The button does not ask a server that wants to be left alone."""
    number = page_id(lite)
    add(lite, there.post("1"))
    there.fail = lambda _got: (429, {"Retry-After": "3600"}, b"")
    read(lite)
    client.post(f"{HOME}/{number}/threads/1/read")
    assert not read(lite)
    due = thread(lite).due_at
    assert due is not None
    assert (due - clock()).total_seconds() == 3600
    assert PAGE in text(client.get(f"{HOME}/{number}"))
