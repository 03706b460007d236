"""Feeds: public comments only, escaped, always well-formed, with conditional requests."""

from xml.etree import ElementTree

import pytest
from flask import Flask

from comment_service.storage.db.session import transaction
from comment_service.storage.tables import Site
from tests.fakes import FakeClock
from tests.people import PAGE, Guest, Moderator

ATOM = "{http://www.w3.org/2005/Atom}"
NASTY = "<script>alert(1)</script> & ]]> \x0b\ufffe **bold** 🙂"


def atom(app: Flask, **query: str) -> ElementTree.Element:
    answer = app.test_client().get("/feed.atom", query_string={"site": "default", **query})
    assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml")
    return ElementTree.fromstring(answer.data)  # noqa: S314 - our own


def titles(feed: ElementTree.Element) -> list[str]:
    return [str(one.text) for one in feed.iter(f"{ATOM}title")]


def test_feeds_of_site_page_and_comment(app: Flask) -> None:
    ada, bob = Guest(app, "Ada"), Guest(app, "Bob")
    first = ada.say("first").get_json()["id"]
    bob.say("an answer", parent=first)
    bob.say("elsewhere", url="https://blog.example/other")
    Guest(app, "Held").say("maybe")
    every = titles(atom(app))
    assert every[0] == "Comments on A blog"
    assert len(every) == 4
    assert len(titles(atom(app, url=PAGE))) == 3
    answers = atom(app, url=PAGE, comment=str(first))
    assert titles(answers)[0] == "Answers to Ada"
    assert len(titles(answers)) == 2
    assert titles(atom(app, comment=str(first))) == titles(answers)
    assert app.test_client().get("/feed.atom?site=default&comment=999").status_code == 404
    Moderator(app).decide(first, "spam")
    assert len(titles(atom(app))) == 3


def test_feed_is_well_formed_for_any_text(app: Flask) -> None:
    Guest(app, "A <b> & \x0b c").say(NASTY)
    entry = atom(app).find(f"{ATOM}entry")
    assert entry is not None
    summary = str(entry.findtext(f"{ATOM}summary"))
    assert "<script" not in summary
    assert "<strong>bold</strong>" in summary
    assert str(entry.findtext(f"{ATOM}author/{ATOM}name")).startswith("A <b> & ")
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href", "").startswith(f"{PAGE}#comment-")


def test_rss_and_not_modified(app: Flask) -> None:
    Guest(app).say("hello")
    client = app.test_client()
    answer = client.get("/feed.rss?site=default")
    feed = ElementTree.fromstring(answer.data)  # noqa: S314 - our own
    assert feed.findtext("channel/item/description")
    again = client.get("/feed.rss?site=default", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(("query", "status"), [
    ({"site": "none"}, 404), ({"url": PAGE}, 404), ({"url": "https://evil.example/"}, 403),
    ({"url": PAGE, "comment": "99"}, 404),
])  # fmt: skip
def test_missing_feeds_have_an_error_status(app: Flask, query: dict[str, str], status: int) -> None:
    answer = app.test_client().get("/feed.atom", query_string={"site": "default", **query})
    assert answer.status_code == status


def test_thread_page_links_to_its_feed(app: Flask) -> None:
    page = app.test_client().get("/thread.html", query_string={"site": "default", "url": PAGE})
    assert 'type="application/atom+xml"' in page.get_data(as_text=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://blog.example/index.php?/blog/my-post",
        "https://blog.example/?t=%E9",
        "https://blog.example/gr%C3%B6%c3%9fe//x?q=a+b",
        "https://blog.example/#/route",
    ],
)
def test_links_lead_to_the_address_that_the_browser_sent(app: Flask, url: str) -> None:
    comment = Guest(app).say("hello", url=url).get_json()["id"]
    feed = atom(app, url=url)
    assert next(one.get("href") for one in feed.iter(f"{ATOM}link")) == url
    entry = feed.find(f"{ATOM}entry/{ATOM}link")
    assert entry is not None
    assert entry.get("href") == f"{url}#comment-{comment}"


def test_a_feed_of_another_site_s_comment_is_not_found(app: Flask) -> None:
    comment = Guest(app).say("first").get_json()["id"]
    with app.app_context(), transaction() as current:
        current.add(Site(key="other", name="Other", origins=[], created_at=FakeClock().now))
    query = {"site": "other", "comment": str(comment)}
    assert app.test_client().get("/feed.atom", query_string=query).status_code == 404
