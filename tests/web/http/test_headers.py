"""Every response says who may keep it, and what a browser may do with it."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from comment_service.storage.db.session import transaction
from comment_service.storage.tables import Site
from tests.conftest import MakeApp
from tests.people import Guest, Moderator

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
PUBLIC = {
    "/thread", "/counts", "/latest", "/feed.atom", "/feed.rss", "/embed.js", "/likers",
    "/api/v1/", "/api/v1/openapi.json",
}  # fmt: skip
"""Routes whose response a shared cache may keep, for a reader without any cookie."""


def get_routes(app: Flask) -> list[str]:
    """Return the path of every GET route, with 1 for each argument."""
    paths = []
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and rule.endpoint != "static":
            paths.append(rule.rule.replace("<path:", "<"))
    return paths


def filled(path: str) -> str:
    while "<" in path:
        start, end = path.index("<"), path.index(">")
        path = f"{path[:start]}1{path[end + 1 :]}"
    return path


def test_every_get_route_declares_who_may_keep_it(lite: Flask) -> None:
    guest = Guest(lite)
    guest.say("hello")
    for path in get_routes(lite):
        answer = guest.get(filled(path), comment=1)
        kept = answer.headers.get("Cache-Control", "")
        assert kept, path
        is_public = "public" in kept
        assert not is_public or path in PUBLIC or path.startswith("/pictures"), path
        if answer.status_code == 200 and path in PUBLIC:
            assert is_public, path


def test_likers_for_moderators_are_kept_by_no_cache(lite: Flask) -> None:
    guest = Guest(lite)
    comment = guest.say("hello").get_json()["id"]
    guest.like(comment)
    moderator = Moderator(lite).client
    query = {**guest.page, "comment": comment}
    answer = moderator.get("/likers", query_string=query)
    assert answer.headers["Cache-Control"].startswith("public")
    with lite.app_context(), transaction() as current:
        current.get_one(Site, 1).rules = {"likers": "moderators"}
    answer = moderator.get("/likers", query_string=query)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert lite.test_client().get("/likers", query_string=query).status_code == 404
    with lite.app_context(), transaction() as current:
        other = Site(key="other", name="Other", origins=[], rules={}, created_at=NOON)
        current.add(other)
    stranger = Moderator(lite, "Stranger", role="moderator", site="other").client
    assert stranger.get("/moderation/").status_code == 200
    assert stranger.get("/likers", query_string=query).status_code == 404, "of another site"


@pytest.mark.parametrize("path", ["/thread", "/counts", "/latest", "/feed.atom", "/likers"])
def test_what_depends_on_the_language_varies_with_it(lite: Flask, path: str) -> None:
    guest = Guest(lite)
    guest.say("hello")
    assert "Accept-Language" in guest.get(path, comment=1).headers["Vary"]


@pytest.mark.parametrize(
    ("base", "name", "path"),
    [
        ("https://comments.example", "__Host-comments_session", "/"),
        ("https://comments.example/talk", "__Secure-comments_session", "/talk"),
        ("http://localhost", "comments_session", "/"),
    ],
)
def test_the_session_cookie_is_as_protected_as_the_address(
    make_app: MakeApp, sqlite_url: str, base: str, name: str, path: str
) -> None:
    client = make_app(sqlite_url).test_client()
    cookie = client.get("/moderation/sign-in", base_url=base).headers["Set-Cookie"]
    parts = [part.strip() for part in cookie.split(";")]
    assert parts[0].startswith(f"{name}=")
    assert f"Path={path}" in parts
    assert ("Secure" in parts) is base.startswith("https")
    assert {"HttpOnly", "SameSite=Lax"} <= set(parts)


@pytest.mark.parametrize(
    ("public", "strict"),
    [("https://comments.example", True), ("https://blog.example/comments", False), ("", False)],
)
def test_our_own_pages_are_protected(
    make_app: MakeApp, sqlite_url: str, public: str, strict: bool
) -> None:
    app = make_app(sqlite_url, PUBLIC_URL=public)
    answer = app.test_client().get("/moderation/sign-in")
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    policy = answer.headers["Content-Security-Policy"]
    assert "require-trusted-types-for 'script'; trusted-types comments" in policy
    assert ("Strict-Transport-Security" in answer.headers) is strict
    window = app.test_client().get(
        "/sign-in/", query_string={"site": "default", "url": "https://blog.example/post"}
    )
    assert window.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"


def test_shared_caches_keep_a_thread_for_a_second_and_know_its_site_and_page(
    sqlite_url: str, make_app: MakeApp
) -> None:
    app = make_app(sqlite_url)
    with app.app_context(), transaction() as current:
        origins = ["https://blog.example"]
        current.add(Site(key="second", name="Other", origins=origins, created_at=NOON))
    guest = Guest(app)
    guest.say("hello")
    first = guest.client.get("/thread", query_string=guest.page)
    assert first.headers["Cache-Control"] == "public, max-age=0, s-maxage=1"
    assert first.headers["CDN-Cache-Control"] == "max-age=1, stale-if-error=86400"
    assert first.headers["Cache-Tag"] == "comments-site-default,comments-page-1"
    again = guest.client.get(
        "/thread", query_string=guest.page, headers={"If-None-Match": first.headers["ETag"]}
    )
    assert again.status_code == 304
    for name in ("Cache-Control", "CDN-Cache-Control", "Cache-Tag"):
        assert again.headers[name] == first.headers[name]
    guest.page = {**guest.page, "url": f"{guest.page['url']}-2"}
    guest.say("hello there")
    second = guest.client.get("/thread", query_string=guest.page)
    assert second.headers["Cache-Tag"] == "comments-site-default,comments-page-2"
    for path in ("/thread", "/counts", "/latest", "/feed.atom", "/feed.rss"):
        query = {"site": "second"} if path != "/thread" else {**guest.page, "site": "second"}
        answer = guest.client.get(path, query_string=query)
        assert answer.headers["Cache-Tag"] == "comments-site-second", path
        revalidated = "stale-while-revalidate" in answer.headers["Cache-Control"]
        assert revalidated == (path != "/thread")
