"""Counts, latest comments, number of new comments, preview, iframe, and static fragments."""

import json
import re
from html import unescape
from typing import Any

import brotli
import pytest
from flask import Flask

from comment_service.storage.db.session import transaction
from comment_service.storage.tables import PageAlias, Site
from comment_service.text.addresses import page_key
from comment_service.web.comments import script_bundle
from tests.conftest import MakeApp
from tests.people import PAGE, Guest, Moderator

ORIGIN = "https://blog.example"

QUERY = {"site": "default", "url": PAGE, "title": "A post"}
OTHER = "https://blog.example/other"


def test_one_request_counts_many_pages(lite: Flask) -> None:
    guest = Guest(lite)
    guest.say("one")
    guest.say("two, which says more")
    asked = {"site": "default", "url": [PAGE, f"{PAGE}/", OTHER, "no address"]}
    answer = lite.test_client().get("/counts", query_string=asked)
    counts = answer.get_json()["counts"]
    assert [counts[url]["count"] for url in asked["url"]] == [2, 2, 0, 0]
    assert counts[PAGE]["label"] == "2 comments"
    assert counts[OTHER]["label"] == "No comments yet"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "max-age=60" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("post", "ask"),
    [
        ("/C++虚函数/", "/C++%E8%99%9A%E5%87%BD%E6%95%B0/"),
        ("/post/Größe", "/post/Gr%c3%b6%C3%9Fe"),
        ("/café", "/cafe%CC%81"),
        ("/a b", "/a%20b"),
        ("/C++/", "/C%2B%2B/"),
        ("/p/2018/09/22/podcast/", "/p/2018/09/22//podcast/"),
        ("/index.php?/blog/my-post", "/index.php?%2Fblog%2Fmy-post="),
        ("/a?b=1", "/a?b=1&gbraid=2&mtm_source=3"),
        ("/#/route", "/#/route/"),
    ],
)
def test_counts_are_those_of_the_thread_however_its_address_is_spelt(
    lite: Flask, post: str, ask: str
) -> None:
    for one, other in ((post, ask), (ask, post)):
        Guest(lite).say(f"At {one}", url=ORIGIN + one)
        asked = {"site": "default", "url": [ORIGIN + one, ORIGIN + other]}
        counts = lite.test_client().get("/counts", query_string=asked).get_json()["counts"]
        assert len({counts[url]["count"] for url in asked["url"]}) == 1
    assert counts[ORIGIN + ask]["count"] == 2


@pytest.mark.parametrize(
    ("post", "ask"), [("/?t=%E9", "/?t=%E8"), ("/#/one", "/#/two"), ("/a%2Fb", "/a/b")]
)
def test_another_page_has_no_count(lite: Flask, post: str, ask: str) -> None:
    Guest(lite).say("Here", url=ORIGIN + post)
    asked = {"site": "default", "url": [ORIGIN + post, ORIGIN + ask]}
    counts = lite.test_client().get("/counts", query_string=asked).get_json()["counts"]
    assert [counts[url]["count"] for url in asked["url"]] == [1, 0]


def test_pages_over_the_limit_are_left_out(lite: Flask) -> None:
    asked = {"site": "default", "url": [f"{PAGE}/{n}" for n in range(150)]}
    counts = lite.test_client().get("/counts", query_string=asked).get_json()["counts"]
    assert len(counts) == 100


def test_the_latest_comments_are_public_and_escaped(lite: Flask) -> None:
    Guest(lite, name="<i>Eve</i>").say("A *first* thought <script>alert(1)</script>")
    html = lite.test_client().get("/latest?site=default&limit=3").get_data(as_text=True)
    assert "&lt;i&gt;Eve&lt;/i&gt;" in html and "A first thought" in html
    assert "<script" not in html and "<i>" not in html
    assert f"{PAGE}#comment-1" in html


def test_new_comments_are_counted_without_known_ones(lite: Flask) -> None:
    guest, client = Guest(lite), lite.test_client()
    first = guest.say("one")
    for text in ("two of them", "three of them"):
        guest.say(text)
    after = first.get_json()["id"]

    def news(have: int) -> dict[str, object]:
        found: dict[str, object] = client.get(
            "/news", query_string={**QUERY, "after": after, "have": have}
        ).get_json()
        return found

    assert news(0) == {"count": 2, "label": "2 new comments: show"}
    assert news(1)["label"] == "1 new comment: show"
    assert news(2) == {"count": 0, "label": ""}
    part = client.get("/thread.html", query_string={**QUERY, "since": after, "part": 1})
    text = part.get_data(as_text=True)
    assert "two of them" in text and "three of them" in text and ">one<" not in text


def test_preview_is_rendered_like_a_comment_and_not_stored(lite: Flask) -> None:
    client = lite.test_client()
    sent = {**QUERY, "text": "**Bold** <b>not</b> ![x](https://a.example/x.png)"}
    answer = client.post("/preview", json=sent, headers={"Origin": ORIGIN})
    html = answer.get_json()["html"]
    assert "<strong>Bold</strong>" in html and "<b>" not in html and "<img" not in html
    assert "No comments yet" in Guest(lite).thread()
    assert client.post("/preview", json={**QUERY, "text": ""}).status_code == 422
    wrong = client.post("/preview", json=sent, headers={"Origin": "https://evil.example"})
    assert wrong.status_code == 403


@pytest.mark.parametrize("coding", ["br", "gzip", ""])
def test_script_includes_style_in_an_accepted_encoding(lite: Flask, coding: str) -> None:
    client = lite.test_client()
    answer = client.get("/embed.js", headers={"Accept-Encoding": coding})
    assert answer.headers.get("Content-Encoding", "") == coding
    assert answer.headers["Vary"].startswith("Accept-Encoding")
    again = client.get(
        "/embed.js",
        headers={"Accept-Encoding": coding, "If-None-Match": answer.headers["ETag"]},
    )
    assert again.status_code == 304
    whole = client.get("/embed.js", headers={"Accept-Encoding": ""}).get_data(as_text=True)
    assert script_bundle.STYLE_PLACEHOLDER not in whole and "--comments-accent" in whole


def test_thread_is_compressed_if_the_client_accepts_it(lite: Flask) -> None:
    Guest(lite).say("A comment that is read by many")
    client = lite.test_client()
    plain = client.get("/thread", query_string=QUERY)
    packed = client.get("/thread", query_string=QUERY, headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "br"
    assert brotli.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    tag = {"If-None-Match": packed.headers["ETag"], "Accept-Encoding": "br"}
    assert client.get("/thread", query_string=QUERY, headers=tag).status_code == 304


def test_only_the_sites_pages_may_frame_the_thread(lite: Flask) -> None:
    client = lite.test_client()
    answer = client.get("/frame.html", query_string={**QUERY, "theme": "dark"})
    policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors 'self' {ORIGIN}")
    page = answer.get_data(as_text=True)
    assert f'data-host="{ORIGIN}"' in page and 'data-theme="dark"' in page
    strange = client.get("/frame.html", query_string={**QUERY, "theme": '"><script>'})
    assert 'data-theme="auto"' in strange.get_data(as_text=True)


def posting(page: str) -> dict[str, object]:
    script = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert script
    found: dict[str, object] = json.loads(unescape(script[1]))
    return found


def app_page(lite: Flask) -> str:
    return lite.test_client().get("/thread.html", query_string=QUERY).get_data(as_text=True)


def test_json_ld_is_public_and_cannot_be_broken_out_of(lite: Flask) -> None:
    guest = Guest(lite, name="</script><b>Eve")
    first = guest.say("A question & </script> an answer").get_json()["id"]
    guest.say("And a reply to it", parent=first)
    told = posting(app_page(lite))
    assert told["@type"] == "DiscussionForumPosting" and told["commentCount"] == 2
    (comment,) = told["comment"]  # type: ignore[misc]
    assert comment["text"] == "A question & </script> an answer"
    assert comment["author"]["name"] == "</script><b>Eve"
    assert comment["comment"][0]["text"] == "And a reply to it"


def test_static_fragment_has_absolute_urls(lite: Flask) -> None:
    guest, client = Guest(lite), lite.test_client()
    held = guest.say('Public, with href="/inside" in its text').get_json()["id"]
    Moderator(lite).post(f"/moderation/comments/{held}/decide", decision="approve")
    asked = {**QUERY, "static": 1}
    answer = client.get("/thread", query_string=asked)
    html = answer.get_data(as_text=True)
    assert 'href="http://localhost/thread.html' in html and not re.search(r'<[^>]+ href="/', html)
    assert "/inside" in html and "localhost/inside" not in html
    assert posting(html)["commentCount"] == 1
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/thread", query_string=asked, headers=tag).status_code == 304


def test_pending_comments_are_not_in_static_fragments(lite: Flask) -> None:
    guest = Guest(lite)
    assert guest.say("maybe it waits").get_json()["status"] == "pending"
    html = lite.test_client().get("/thread", query_string={**QUERY, "static": 1})
    assert posting(html.get_data(as_text=True))["comment"] == []


def test_heading_level_is_configurable(lite: Flask) -> None:
    html = lite.test_client().get("/thread", query_string={**QUERY, "level": 4})
    assert '<h4 class="comments-title"' in html.get_data(as_text=True)
    other = lite.test_client().get("/thread", query_string={**QUERY, "level": 9})
    assert '<h2 class="comments-title"' in other.get_data(as_text=True)


@pytest.mark.parametrize("after", ["-99999999999999999999", "9" * 30, "9" * 5000, "nothing"])
def test_out_of_range_ids_are_ignored(lite: Flask, after: str) -> None:
    Guest(lite).say("one")
    client = lite.test_client()
    assert client.get("/news", query_string={**QUERY, "after": after}).get_json()["count"] == 1
    feed = client.get("/feed.atom", query_string={"site": "default", "answers": f"{after}-x"})
    assert feed.status_code == 404


def test_frame_reports_to_the_framing_page_if_registered(lite: Flask) -> None:
    www = "https://www.blog.example"
    Moderator(lite)
    with lite.app_context(), transaction() as current:
        site = current.get_one(Site, 1)
        site.origins = [*site.origins, www]
    for host, heard in ((www, www), ("https://evil.example", ORIGIN), ("", ORIGIN)):
        page = lite.test_client().get("/frame.html", query_string={**QUERY, "host": host})
        assert f'data-host="{heard}"' in page.get_data(as_text=True)


def test_amp_caches_may_frame_only_if_enabled(make_app: MakeApp, sqlite_url: str) -> None:
    for amp in (False, True):
        client = make_app(sqlite_url, AMP=amp).test_client()
        policy = client.get("/frame.html", query_string={**QUERY, "amp": 1}).headers[
            "Content-Security-Policy"
        ]
        assert ("https://cdn.ampproject.org" in policy) is amp


def test_alias_has_the_count_of_its_thread(lite: Flask) -> None:
    for url, number in (("https://blog.example/few", 1), ("https://blog.example/many", 3)):
        for n in range(number):
            Guest(lite, f"Guest {n}").say(f"Thought {n} of {number}", url=url)
    spellings = ("http://blog.example/gone", "https://blog.example/gone")
    with lite.app_context(), transaction() as current:
        for page_id, url in enumerate(spellings, start=1):
            alias = PageAlias(site_id=1, page_id=page_id, url=url, key=page_key(url))
            alias.created_at = lite.extensions["comments"].now()
            current.add(alias)
    asked = {"site": "default", "url": "https://blog.example/gone/"}
    counts = lite.test_client().get("/counts", query_string=asked).get_json()["counts"]
    assert [found["count"] for found in counts.values()] == [3]
    thread = lite.test_client().get("/thread", query_string=asked).get_data(as_text=True)
    assert 'data-count="3"' in thread


def test_static_fragment_contains_no_template_syntax(lite: Flask) -> None:
    nasty = "{{ 7*7 }} and {% include '/etc/hostname' %} and {# none #} \"quoted\" \\ {"
    Guest(lite, name="Eve {{ 7*7 }}").say(nasty, title="On {{ braces }}")
    asked = {**QUERY, "static": 1}
    page = lite.test_client().get("/thread", query_string=asked).get_data(as_text=True)
    for opened in ("{{", "{%", "{#"):
        assert opened not in page
    assert "{" not in page.partition("<script")[0]
    assert "{{ 7*7 }} and {% include" in unescape(page)
    told: Any = posting(page)
    assert told["headline"] == "On {{ braces }}"
    assert "{{ 7*7 }} and {% include" in told["comment"][0]["text"]
    assert told["comment"][0]["author"]["name"] == "Eve {{ 7*7 }}"


def test_a_url_is_not_used_as_title(lite: Flask) -> None:
    untitled = {"site": "default", "url": PAGE}
    page = lite.test_client().get("/thread.html", query_string=untitled).get_data(as_text=True)
    found = re.search(r'name="title" value="([^"]*)"', page)
    assert found
    Guest(lite).say("The first word", title=unescape(found[1]))
    named = lite.test_client().get("/thread", query_string={**untitled, "title": "A post"})
    assert 'data-title="A post"' in named.get_data(as_text=True)
