"""Embed code page: options become attributes that the scripts know; the preview can be framed."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import comment_service
from comment_service.storage.admin import sites
from comment_service.storage.db.session import transaction
from comment_service.storage.tables import Site
from comment_service.web.admin import embed_code
from tests.people import Guest, Moderator

HOME = "/moderation/snippet/"
NASTY = '"><script>alert(1)</script>'
STATIC = Path(comment_service.__file__).parent / "static"


@pytest.fixture
def client(lite: Flask) -> FlaskClient:
    return Moderator(lite, role="moderator").client


def shown(client: FlaskClient, **asked: str) -> str:
    return client.get(HOME, query_string=asked).get_data(as_text=True)


def line(page: str) -> str:
    """Return the embed code from the page, unescaped."""
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')


def preview(page: str) -> str:
    found = re.search(r'class="preview"[^>]* src="([^"]+)"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")


def test_default_embed_code(client: FlaskClient) -> None:
    said = '<script src="http://localhost/embed.js" data-site="default" async></script>'
    assert line(shown(client)) == said
    assert "https://blog.example" in shown(client)


def test_every_option_is_in_the_embed_code(client: FlaskClient) -> None:
    asked = {"theme": "dark", "sort": "best", "lang": "de", "loading": "lazy", "position": "top",
             "level": "3", "mapping": "pathname"}  # fmt: skip
    said = line(shown(client, **asked))
    for attribute in (
        'theme="dark"',
        'sort="best"',
        'lang="de"',
        'loading="lazy"',
        'input-position="top"',
        'heading-level="3"',
        'mapping="pathname"',
    ):
        assert f" data-{attribute}" in said
    framed = line(shown(client, kind="frame", **asked))
    assert "/static/framing.js" in framed
    for attribute in ("theme", "sort", "lang"):
        assert f"data-{attribute}=" in framed
    for attribute in ("loading", "input-position", "heading-level", "mapping"):
        assert f"data-{attribute}=" not in framed


def test_the_scripts_know_every_attribute(lite: Flask) -> None:
    script = (STATIC / "comments.js").read_text("utf-8")
    framing = (STATIC / "framing.js").read_text("utf-8")
    with lite.test_request_context():
        for one in embed_code.options():
            head, *rest = one.attribute.split("-")
            name = head + "".join(part.title() for part in rest)
            assert re.search(rf"\b{name}\b", script), name
            assert not one.framed or re.search(rf"\b{name}\b", framing), name


def test_unknown_values_are_ignored(client: FlaskClient) -> None:
    for asked in ({"theme": NASTY}, {"kind": NASTY}, {"lang": "xx"}, {"level": "9"}):
        page = shown(client, **asked)
        assert NASTY not in page
        assert line(page).count("data-") == 1


def test_every_language_can_be_chosen(client: FlaskClient, lite: Flask) -> None:
    page = shown(client)
    for code in lite.extensions["comments"].languages:
        assert f'<option value="{code.replace("_", "-")}"' in page
    assert '<option value="de" selected>' in shown(client, lang="de")


def test_preview_shows_the_page_with_the_newest_comment(lite: Flask, client: FlaskClient) -> None:
    assert 'data-page="https://blog.example/"' in client.get(HOME + "preview").get_data(
        as_text=True
    )
    guest = Guest(lite)
    guest.page["title"] = NASTY
    guest.say("Said here")
    page = shown(client, theme="dark", position="top")
    framed = client.get(preview(page)).get_data(as_text=True)
    assert 'data-page="https://blog.example/post"' in framed
    assert 'data-theme="dark" data-input-position="top"' in framed
    assert NASTY not in framed
    assert '<script src="/embed.js"' in framed


def test_only_our_own_pages_may_frame_the_preview(lite: Flask, client: FlaskClient) -> None:
    Guest(lite).say("Said here")
    here = client.get(HOME).headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in here
    assert here.endswith("; frame-src 'self'")
    policy = client.get(HOME + "preview").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self'")
    assert "frame-src" not in client.get("/moderation/").headers["Content-Security-Policy"]
    framed = client.get(preview(shown(client, kind="frame", theme="dark")))
    assert framed.status_code == 200
    assert (
        "frame-ancestors 'self' https://blog.example" in framed.headers["Content-Security-Policy"]
    )
    assert 'data-host="http://localhost"' in framed.get_data(as_text=True)


def test_a_site_without_an_address_has_no_preview(lite: Flask, client: FlaskClient) -> None:
    with lite.app_context(), transaction() as current:
        site = sites.find(current, "default")
        assert site is not None
        current.get_one(Site, site.id).origins = []
    page = shown(client)
    assert "There is no page yet to preview." in page
    assert "No origin is registered for this site yet. Its owner can add one." in page
    assert "<iframe" not in page
    assert "no page yet to preview" in client.get(HOME + "preview").get_data(as_text=True)


def test_former_url_redirects_here(client: FlaskClient) -> None:
    assert client.get("/moderation/snippet").location.endswith(HOME)
