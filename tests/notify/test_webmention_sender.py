"""Sent Webmentions: discovery as webmention.rocks tests it, updates, removed links, bounds."""

from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from comment_service import cli, fetching
from comment_service.actions.pages import send_webmentions
from comment_service.app import prepare, start
from comment_service.cli.assembly import Assembly
from comment_service.extension import CommentService
from comment_service.notify import webmention_sender
from comment_service.storage.admin import sites
from comment_service.storage.comments import leases
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import SentWebmention, WebmentionPage
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import Guest, Moderator
from tests.webmentions import Elsewhere, elsewhere


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", True)
    with elsewhere() as found:
        yield found


class Blog:
    """A page of ours, on a server of its own, and the service that sends for it."""

    def __init__(self, app: Flask, server: Elsewhere) -> None:
        self.app, self.server = app, server
        with app.app_context(), transaction() as current:
            site = sites.find(current, "default")
            assert site is not None
            site.origins = [*site.origins, server.origin]
        self.url = ""

    def publish(self, html: str, path: str = "/post") -> None:
        self.url = self.server.page(path, html)

    def link(self, *targets: str) -> None:
        links = "".join(f"<a href='{target}'>x</a>" for target in targets)
        self.publish(f"<article>{links}</article>")

    def order(self, url: str = "") -> int:
        with self.app.app_context(), transaction() as current:
            site = sites.find(current, "default")
            assert site is not None
            row = send_webmentions.order(
                session=current,
                runtime=self.app.extensions["comments"],
                site=site,
                url=url or self.url,
            )
            return row.id

    def work(self) -> int:
        with self.app.app_context():
            return webmention_sender.deliver_due(self.app.extensions["comments"])

    def send(self) -> None:
        self.order()
        assert self.work() == 1

    def rows(self) -> list[SentWebmention]:
        with self.app.app_context():
            return list(session().scalars(select(SentWebmention).order_by(SentWebmention.id)))


@pytest.fixture
def blog(lite: Flask, there: Elsewhere) -> Iterator[Blog]:
    _ = there  # its server may be asked, too
    with elsewhere() as server:
        yield Blog(lite, server)


@pytest.fixture
def any_blog(app: Flask) -> Iterator[Blog]:
    with elsewhere() as server:
        yield Blog(app, server)


A = "<!doctype html><title>x</title>"
DISCOVERY: dict[str, tuple[dict[str, str], str, str]] = {
    "1 header, unquoted rel, relative": ({"Link": "</wm>; rel=webmention"}, A, "/wm"),
    "2 header, unquoted rel, absolute": ({"Link": "<{o}/wm>; rel=webmention"}, A, "/wm"),
    "3 link, relative": ({}, A + "<link rel='webmention' href='/wm'>", "/wm"),
    "4 link, absolute": ({}, A + "<link rel=webmention href='{o}/wm'>", "/wm"),
    "5 a, relative": ({}, A + "<a rel='webmention' href='/wm'>x</a>", "/wm"),
    "6 a, absolute": ({}, A + "<a rel='webmention' href='{o}/wm'>x</a>", "/wm"),
    "7 header, strange casing": ({"LinK": "<{o}/wm>; rel=webmention"}, A, "/wm"),
    "8 header, quoted rel": ({"Link": '<{o}/wm>; rel="webmention"'}, A, "/wm"),
    "9 link, several rels": ({}, A + "<link rel='x webmention y' href='/wm'>", "/wm"),
    "10 header, several rels": ({"Link": '<{o}/wm>; rel="webmention x"'}, A, "/wm"),
    "11 header before link before a": (
        {"Link": "</wm>; rel=webmention"},
        A + "<link rel=webmention href=/no><a rel=webmention href=/no>x</a>",
        "/wm",
    ),
    "12 not-webmention": (
        {}, A + "<link rel='not-webmention' href=/no><link rel=webmention href=/wm>", "/wm",
    ),
    "13 inside a comment": (
        {}, A + "<!-- <a rel=webmention href=/no> --><a rel=webmention href=/wm>x</a>", "/wm",
    ),
    "14 escaped HTML": (
        {},
        A + "<code>&lt;a rel=webmention href=/no&gt;</code><a rel=webmention href=/wm>x</a>",
        "/wm",
    ),
    "15 empty href": ({}, A + "<link rel=webmention href=''>", "/dir/target"),
    "16 a, then link": (
        {}, A + "<body><a rel=webmention href=/wm>x</a><link rel=webmention href=/no>", "/wm",
    ),
    "17 link, then a": (
        {}, A + "<link rel=webmention href=/wm><a rel=webmention href=/no>x</a>", "/wm",
    ),
    "18 several headers": ({"Link": "</no>; rel=x", "LINK": "</wm>; rel=webmention"}, A, "/wm"),
    "19 one header, several values": (
        {"Link": "</no>; rel=other, </wm>; rel=webmention"}, A, "/wm",
    ),
    "20 link without href": (
        {}, A + "<link rel=webmention><a rel=webmention href=/wm>x</a>", "/wm",
    ),
    "21 query string": ({}, A + "<link rel=webmention href='/wm?a=1&amp;b=2'>", "/wm?a=1&b=2"),
    "22 relative to the page": ({}, A + "<link rel=webmention href='wm'>", "/dir/wm"),
    "base": ({}, A + "<base href='/b/'><link rel=webmention href='wm'>", "/b/wm"),
    "upper case": ({}, A + "<LINK REL=WebMention HREF='/wm'>", "/wm"),
    "header with rel first": ({"Link": '</wm>; title="a, b"; REL=webmention'}, A, "/wm"),
    "header for another relation": (
        {"Link": "</no>; rel=next"}, A + "<a rel=webmention href=/wm>x</a>", "/wm",
    ),
}  # fmt: skip
"""Case of webmention.rocks (and ours): headers, HTML, the path that must be told."""


@pytest.mark.parametrize("case", DISCOVERY)
def test_discovery(blog: Blog, there: Elsewhere, case: str) -> None:
    headers, html, path = DISCOVERY[case]
    there.page("/wm", "", 202)
    target = there.page(
        "/dir/target",
        html.replace("{o}", there.origin),
        **{name: value.replace("{o}", there.origin) for name, value in headers.items()},
    )
    blog.link(target)
    blog.send()
    told = [one for one in there.receiver.got if one.method == "POST"]
    assert [one.path for one in told] == [path]
    assert there.posted(path) == [{"source": blog.url, "target": target}]
    assert told[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_discovery_23_a_target_that_redirects(blog: Blog, there: Elsewhere) -> None:
    there.page("/new/wm", "", 202)
    there.page("/new/page", A + "<link rel=webmention href='wm'>")
    there.pages["/old"] = (302, {"Location": "/new/page"}, b"")
    blog.link(f"{there.origin}/old")
    blog.send()
    assert there.posted("/new/wm") == [{"source": blog.url, "target": f"{there.origin}/old"}]


NOT_TOLD = [
    A,
    A + "<link rel=webmention href='mailto:x@y.example'>",
    A + "<link rel=webmention href='http://['>",
    A + "<form rel=webmention action=/wm>",
    A + "<template><link rel=webmention href=/wm></template>",
    A + "<textarea><link rel=webmention href=/wm></textarea>",
]


@pytest.mark.parametrize("html", NOT_TOLD)
def test_a_page_without_an_endpoint_is_not_told(blog: Blog, there: Elsewhere, html: str) -> None:
    blog.link(there.page("/target", html))
    blog.send()
    assert not there.posted()
    (row,) = blog.rows()
    assert (row.endpoint, row.status, row.error) == ("", 0, "")


def endpoint(there: Elsewhere, *names: str) -> list[str]:
    there.page("/wm", "", 202)
    return [there.page(name, A + "<link rel=webmention href=/wm>") for name in names]


def test_update_1_every_link_is_told_again(any_blog: Blog, there: Elsewhere) -> None:
    one, two = endpoint(there, "/1", "/2")
    any_blog.link(one)
    any_blog.send()
    any_blog.link(one, two)
    any_blog.send()
    assert [one["target"] for one in there.posted("/wm")] == [one, one, two]


def test_update_2_a_removed_link_is_told_once(any_blog: Blog, there: Elsewhere) -> None:
    one, two = endpoint(there, "/1", "/2")
    any_blog.link(one, two)
    any_blog.send()
    there.receiver.got.clear()
    any_blog.link(one)
    any_blog.send()
    assert [one["target"] for one in there.posted("/wm")] == [one, two]
    assert [row.linked for row in any_blog.rows()] == [True, False]
    any_blog.send()
    assert [one["target"] for one in there.posted("/wm")] == [one, two, one]
    any_blog.link(one, two)
    any_blog.send()
    assert [row.linked for row in any_blog.rows()] == [True, True]


@pytest.mark.parametrize("status", [404, 410])
def test_delete_1_every_link_of_a_deleted_page_is_told(
    any_blog: Blog, there: Elsewhere, status: int
) -> None:
    one, two = endpoint(there, "/1", "/2")
    any_blog.link(one, two)
    any_blog.send()
    there.receiver.got.clear()
    any_blog.publish("<article>Gone.</article>")
    any_blog.server.pages["/post"] = status
    any_blog.send()
    assert [one["target"] for one in there.posted("/wm")] == [one, two]


def test_delete_of_a_target_that_is_gone_uses_its_earlier_endpoint(
    blog: Blog, there: Elsewhere
) -> None:
    (one,) = endpoint(there, "/1")
    blog.link(one)
    blog.send()
    del there.pages["/1"]
    blog.link()
    blog.send()
    assert len(there.posted("/wm")) == 2


OWN = [
    "<a href='{t}' rel='nofollow ugc'>a guest's link</a>",
    "<article>The post.<a href='/x'>mine</a></article><nav><a href='{t}'>blogroll</a></nav>",
    "<article><img src='{t}'><a href='https:/x'>x</a></article>",
]


@pytest.mark.parametrize("html", OWN)
def test_links_that_the_post_does_not_make_are_not_told(
    blog: Blog, there: Elsewhere, html: str
) -> None:
    (one,) = endpoint(there, "/1")
    inside = "<a href='/own'>own</a>"
    blog.publish(html.replace("{t}", one) + inside)
    blog.send()
    assert not there.posted()


def test_the_links_of_a_page_without_an_article_are_told(blog: Blog, there: Elsewhere) -> None:
    (one,) = endpoint(there, "/1")
    blog.publish(f"<div><a href='{one}'>x</a></div>")
    blog.send()
    assert len(there.posted()) == 1


def test_the_number_of_links_is_bounded(
    blog: Blog, there: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webmention_sender, "MAX_TARGETS", 3)
    blog.link(*endpoint(there, *(f"/{number}" for number in range(6))))
    blog.send()
    assert len(there.posted()) == 3


def test_a_private_address_is_not_asked(
    blog: Blog, there: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page of the blogger may be there for the command line; what it links to may not."""
    blog.link(*endpoint(there, "/1"))
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", False)
    with blog.app.app_context():
        site = sites.find(session(), "default")
        assert site is not None
        found = list(webmention_sender.send_now(blog.app.extensions["comments"], site, blog.url))
    assert [one.is_sent for one in found] == [False]
    assert not there.receiver.got


def test_an_endpoint_on_a_private_address_is_not_told(
    blog: Blog, there: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    blog.link(*endpoint(there, "/1"))
    plain = webmention_sender._endpoint

    def find(target: Any) -> str:
        found = plain(target)
        monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", False)
        return found

    monkeypatch.setattr(webmention_sender, "_endpoint", find)
    blog.send()
    assert not there.posted()
    assert blog.rows()[0].error


def test_what_fails_is_tried_again_alone(blog: Blog, there: Elsewhere, clock: FakeClock) -> None:
    (one,) = endpoint(there, "/1")
    two = there.page("/2", A + "<link rel=webmention href=/broken>")
    there.page("/broken", "", 503)
    blog.link(one, two)
    blog.send()
    assert [row.status for row in blog.rows()] == [202, 503]
    assert blog.work() == 0
    there.page("/broken", "", 201)
    clock.forward(minutes=11)
    assert blog.work() == 1
    assert [row.status for row in blog.rows()] == [202, 201]
    assert [len(there.posted(path)) for path in ("/wm", "/broken")] == [1, 2]
    clock.forward(days=1)
    assert blog.work() == 0


@pytest.mark.parametrize("status", [400, 403, 301])
def test_a_refusal_is_final(blog: Blog, there: Elsewhere, clock: FakeClock, status: int) -> None:
    there.page("/no", "", status, Location="/elsewhere")
    blog.link(there.page("/1", A + "<link rel=webmention href=/no>"))
    blog.send()
    clock.forward(days=1)
    assert blog.work() == 0
    assert str(status) in blog.rows()[0].error


def test_a_page_that_cannot_be_fetched_is_tried_again_a_few_times(
    blog: Blog, clock: FakeClock
) -> None:
    blog.publish("x")
    blog.server.pages["/post"] = 500
    blog.send()
    for _ in range(3):
        clock.forward(days=1)
        assert blog.work() == 1
    clock.forward(days=1)
    assert blog.work() == 0
    with blog.app.app_context():
        assert "500" in session().scalars(select(WebmentionPage)).one().error


def test_ordered_again_while_it_is_sent_it_is_sent_again(
    blog: Blog, there: Elsewhere, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    blog.link(*endpoint(there, "/1"))
    blog.order()
    plain, ordered = webmention_sender._tell, []

    def tell(*given: Any) -> Any:
        if not ordered:
            clock.forward(seconds=1)
            ordered.append(blog.order())
        return plain(*given)

    monkeypatch.setattr(webmention_sender, "_tell", tell)
    assert blog.work() == 2


def test_each_link_renews_the_lease_of_the_page(
    blog: Blog, there: Elsewhere, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second worker does not send for the page, however long its links take together."""
    blog.link(*endpoint(there, "/1", "/2", "/3"))
    blog.order()
    plain, second = webmention_sender._tell, []

    def tell(*given: Any) -> Any:
        clock.forward(minutes=4)
        with transaction() as current:
            second.append(leases.lease_next(current, WebmentionPage, clock()))
        return plain(*given)

    monkeypatch.setattr(webmention_sender, "_tell", tell)
    assert blog.work() == 1
    assert second == [None, None, None]
    assert len(there.posted()) == 3


def test_only_pages_of_the_site_are_sent(blog: Blog) -> None:
    from comment_service.errors import InvalidFields, OriginUnknown

    for url, refusal in (("https://other.example/", OriginUnknown), ("nonsense", InvalidFields)):
        with pytest.raises(refusal):
            blog.order(url)


def test_the_command_prints_each_answer(
    sqlite_url: str, make_app: MakeApp, there: Elsewhere
) -> None:
    app = make_app(sqlite_url)
    with elsewhere() as server:
        blog = Blog(app, server)
        (one,) = endpoint(there, "/1")
        none = there.page("/2", A)
        blog.link(one, none)
        assembly = Assembly(lambda config=None: app, CommentService, prepare, start)
        group = cli.group("comment-service", assembly)
        result = CliRunner().invoke(group, ["webmention", "send", blog.url])
        assert result.exit_code == 0, result.output
        assert f"sent\t{one}" in result.output
        assert f"takes no Webmentions\t{none}" in result.output
        assert "1 of 2 links were told." in result.output
        failed = CliRunner().invoke(group, ["webmention", "send", "https://other.example/"])
        assert failed.exit_code == 1
        assert "not registered" in failed.output


def test_a_moderator_orders_it_on_the_page_of_a_page(blog: Blog, there: Elsewhere) -> None:
    blog.link(*endpoint(there, "/1"))
    Guest(blog.app).say("Hello.", url=blog.url)
    person = Moderator(blog.app)
    answer = person.post("/moderation/pages/1/webmentions")
    assert answer.status_code == 303
    shown = person.client.get("/moderation/pages/1").get_data(as_text=True)
    assert "Being sent" in shown
    assert blog.work() == 1
    shown = person.client.get("/moderation/pages/1").get_data(as_text=True)
    assert f"{there.origin}/1" in shown
    assert "Being sent" not in shown


def test_a_moderator_of_another_site_cannot(blog: Blog) -> None:
    with blog.app.app_context(), transaction() as current:
        state = blog.app.extensions["comments"]
        sites.ensure_site(current, key="second", name="B", origins=[], now=state.now())
    Guest(blog.app).say("Hello.")
    stranger = Moderator(blog.app, name="Eve", site="second")
    assert stranger.post("/moderation/pages/1/webmentions").status_code == 404
