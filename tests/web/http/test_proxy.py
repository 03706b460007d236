"""Client address, scheme, host and path behind reverse proxies, also with the real server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any

import pytest
from flask import Flask, request, url_for
from sqlalchemy import select

from comment_service.cli.serve import free_port, listen
from comment_service.config import read_settings
from comment_service.config.proxies import UNIX, parse_networks
from comment_service.storage.admin import sites
from comment_service.storage.db.session import transaction
from comment_service.storage.tables import Site
from comment_service.web.http.links import external_url_for
from comment_service.web.http.proxy import client_address, is_host
from tests.conftest import MakeApp
from tests.people import Guest, Moderator
from tests.web.comments.test_write_views import hidden


@contextmanager
def serving(app: Flask) -> Iterator[HTTPConnection]:
    port = free_port("127.0.0.1")
    server = listen(app, "127.0.0.1", port)
    threading.Thread(target=server.run, daemon=True).start()
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    yield connection
    connection.close()
    server.close()


PEERS = [
    ("127.0.0.1", True),
    ("127.0.0.0/8", True),
    ("10.0.0.0/8 127.0.0.1", True),
    ("::1 127.0.0.1/32", True),
    ("192.0.2.1", False),
    ("10.0.0.0/8", False),
    ("", False),
]


@pytest.mark.parametrize(("peers", "counts"), PEERS)
def test_the_forwarded_address_counts_from_configured_proxies_only(
    make_app: MakeApp, sqlite_url: str, peers: str, counts: bool
) -> None:
    app = make_app(sqlite_url, TRUSTED_PROXIES=peers)

    @app.get("/who")
    def who() -> str:
        return f"{request.remote_addr} {request.scheme}"

    with serving(app) as connection:
        headers = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
        connection.request("GET", "/who", headers=headers)
        answer = connection.getresponse().read().decode()
    assert answer == ("198.51.100.7 https" if counts else "127.0.0.1 http")


@pytest.mark.parametrize("value", ["localhost", "10.0.0.0/33", "nginx", "1.2.3", "*", "unix"])
def test_a_proxy_that_is_no_network_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="COMMENTS_TRUSTED_PROXIES takes addresses"):
        read_settings({"COMMENTS_TRUSTED_PROXIES": value})


@pytest.mark.parametrize(
    "value", ["comments.example", "ftp://a.example", "https://", "https://a/?x", "https://a:x/"]
)
def test_a_public_url_that_is_no_address_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="COMMENTS_PUBLIC_URL is an address"):
        read_settings({"COMMENTS_PUBLIC_URL": value})


NETWORKS = parse_networks(["127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48", UNIX])
HOPS = [
    # peer, X-Forwarded-For, Forwarded, the client
    ("127.0.0.1", "198.51.100.7", "", "198.51.100.7"),
    ("127.0.0.1", "198.51.100.7, 10.1.2.3", "", "198.51.100.7"),
    ("127.0.0.1", "6.6.6.6, 198.51.100.7, 10.1.2.3", "", "198.51.100.7"),
    ("127.0.0.1", "10.9.9.9, 10.1.2.3", "", "10.9.9.9"),
    ("127.0.0.1", "", "", "127.0.0.1"),
    ("127.0.0.1", "unknown", "", "127.0.0.1"),
    ("127.0.0.1", "198.51.100.7, unknown, 10.1.2.3", "", "10.1.2.3"),
    ("127.0.0.1", "198.51.100.7:4711", "", "198.51.100.7"),
    ("127.0.0.1", "[2001:db8::5]:4711", "", "2001:db8::5"),
    ("127.0.0.1", "2001:db8::5", "", "2001:db8::5"),
    ("127.0.0.1", "::ffff:198.51.100.7", "", "198.51.100.7"),
    ("127.0.0.1", "2001:db8::5, 2001:db8:1::9", "", "2001:db8::5"),
    ("127.0.0.1", " , ,", "", "127.0.0.1"),
    ("127.0.0.1", "x" * 5000, "", "127.0.0.1"),
    ("127.0.0.1", "", "for=198.51.100.7;proto=https", "198.51.100.7"),
    ("127.0.0.1", "", 'for="[2001:db8::5]:99", for=10.1.2.3;by=x', "2001:db8::5"),
    ("127.0.0.1", "", "For=6.6.6.6, for=198.51.100.7", "198.51.100.7"),
    ("127.0.0.1", "", "proto=https", "127.0.0.1"),
    ("127.0.0.1", "", 'for="_hidden, for=6.6.6.6"', "127.0.0.1"),
    ("127.0.0.1", "6.6.6.6", "for=198.51.100.7", "127.0.0.1"),
    (UNIX, "198.51.100.7", "", "198.51.100.7"),
]


@pytest.mark.parametrize(("peer", "forwarded_for", "forwarded", "client"), HOPS)
def test_the_client_is_the_last_address_that_no_proxy_has(
    peer: str, forwarded_for: str, forwarded: str, client: str
) -> None:
    assert client_address(peer, forwarded_for, forwarded, NETWORKS) == client


def seen(app: Flask, path: str = "/where", **environ: Any) -> dict[str, str]:
    """Return what a view sees of a request."""
    answer = app.test_client().get(path, environ_overrides=environ)
    assert answer.status_code == 200, path
    found: dict[str, str] = answer.get_json()
    return found


def with_view(app: Flask) -> Flask:
    @app.get("/where")
    def where() -> dict[str, Any]:
        return {
            "client": request.remote_addr,
            "root": request.script_root,
            "link": url_for("thread.thread_page"),
            "external": external_url_for("thread.thread_page"),
            "scheme": request.scheme,
        }

    return app


@pytest.mark.parametrize("peer", ["", "<local>", "localhost", "/run/comments.sock"])
def test_a_socket_is_a_proxy_if_it_is_configured(
    make_app: MakeApp, sqlite_url: str, peer: str
) -> None:
    trusting = with_view(make_app(sqlite_url, TRUSTED_PROXIES=UNIX))
    header = {"HTTP_X_FORWARDED_FOR": "198.51.100.7"}
    assert seen(trusting, REMOTE_ADDR=peer, **header)["client"] == "198.51.100.7"
    other = with_view(make_app(sqlite_url))
    assert seen(other, REMOTE_ADDR=peer, **header)["client"] == UNIX


def test_clients_without_an_address_are_limited_too(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(sqlite_url, RATE_MINUTE=3)
    answers = []
    for number in range(5):
        guest = Guest(app)
        guest.network = ""
        answers.append(guest.say(f"text {number}").status_code)
    assert answers == [201, 201, 201, 429, 429]


PATHS = [
    # public URL, SCRIPT_NAME, raw path, X-Forwarded-Prefix, script root
    ("https://blog.example/comments", "", "/where", "", "/comments"),
    ("https://blog.example/comments", "", "/comments/where", "", "/comments"),
    ("https://blog.example/comments/", "", "/where", "/comments", "/comments"),
    ("https://blog.example/a/b", "", "/a/b/where", "", "/a/b"),
    ("https://blog.example/comments", "/comments", "/where", "", "/comments"),
    ("https://comments.example", "", "/where", "", ""),
    ("", "", "/where", "/comments", "/comments"),
    ("", "", "/comments/where", "/comments", "/comments"),
    ("", "", "/where", "//evil.example", ""),
    ("", "", "/where", "evil", ""),
]


@pytest.mark.parametrize(("public", "script", "path", "prefix", "root"), PATHS)
def test_the_prefix_is_kept_in_every_link(
    make_app: MakeApp, sqlite_url: str, public: str, script: str, path: str, prefix: str, root: str
) -> None:
    app = with_view(make_app(sqlite_url, PUBLIC_URL=public, TRUSTED_PROXIES="127.0.0.1"))
    headers = {"HTTP_X_FORWARDED_PREFIX": prefix} if prefix else {}
    found = seen(app, path, SCRIPT_NAME=script, **headers)
    assert (found["root"], found["link"]) == (root, f"{root}/thread.html")
    if public:
        assert found["external"] == f"{public.rstrip('/')}/thread.html"


def test_a_path_below_the_prefix_can_be_a_route_of_its_own(
    make_app: MakeApp, sqlite_url: str
) -> None:
    app = make_app(sqlite_url, PUBLIC_URL="https://blog.example/comments")
    first = Guest(app).say("posted through a proxy that strips the prefix")
    assert first.status_code == 201
    edit = f"/comments/{first.get_json()['id']}/edit"
    stripped, kept = (app.test_client().get(path) for path in (edit, f"/comments{edit}"))
    assert stripped.status_code == kept.status_code != 404


def test_the_host_header_is_no_source_of_links(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(sqlite_url, PUBLIC_URL="https://comments.example")
    Guest(app).say("hello")
    page = {"site": "default", "url": "https://blog.example/post"}
    for path in ("/feed.atom", "/feed.rss", "/thread", "/thread.html", "/latest"):
        query = {**page, "static": "1"}
        answer = app.test_client().get(path, base_url="http://evil.example", query_string=query)
        assert answer.status_code == 200, path
        assert "evil.example" not in answer.get_data(as_text=True), path


@pytest.mark.parametrize(
    ("host", "kept"),
    [
        ("evil.example", False),
        ("localhost", True),
        ("blog.example", True),
        ("en.star.example", True),
        ("star.example", False),
        ("evilstar.example", False),
        ("[2001:db8::1]", True),
        ("[2001:db8::2]", False),
    ],
)
def test_no_shared_cache_keeps_a_link_to_an_unknown_host(
    lite: Flask, host: str, kept: bool
) -> None:
    Guest(lite).say("hello")
    more = ["https://*.star.example", "http://[2001:db8::1]:8000"]
    with lite.app_context(), transaction() as current:
        site = current.scalars(select(Site)).one()
        site.origins = [*site.origins, *more]
    query = {"static": "1", "site": "default", "url": "https://blog.example/post"}
    answer = lite.test_client().get("/thread", base_url=f"http://{host}", query_string=query)
    assert host in answer.get_data(as_text=True)
    assert ("no-store" in answer.headers["Cache-Control"]) is not kept


def test_a_proxy_that_is_not_configured_is_noticed_once(
    make_app: MakeApp, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(sqlite_url)
    for number in range(3):
        app.test_client().get("/health", headers={"X-Forwarded-For": f"198.51.100.{number}"})
    found = [row.getMessage() for row in caplog.records if "COMMENTS_TRUSTED_PROXIES" in row.msg]
    assert len(found) == 1
    assert "set COMMENTS_TRUSTED_PROXIES=127.0.0.1" in found[0]
    assert "127.0.0.1" in app.test_client().get("/health").get_json()["warning"]


def test_a_stranger_cannot_make_the_warning_appear(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(sqlite_url)
    headers = {"X-Forwarded-For": "198.51.100.1"}
    app.test_client().get("/health", headers=headers, environ_overrides={"REMOTE_ADDR": "8.8.8.8"})
    assert app.test_client().get("/health").get_json()["warning"] is None


@pytest.mark.parametrize(
    ("public", "name"),
    [
        ("https://blog.example", "__Host-comments_visitor_1"),
        ("https://blog.example/comments", "__Secure-comments_visitor_1"),
        ("http://blog.example", "comments_visitor_1"),
    ],
)
def test_cookies_are_bound_to_a_secure_host(
    make_app: MakeApp, sqlite_url: str, public: str, name: str
) -> None:
    app = make_app(sqlite_url, PUBLIC_URL=public)
    client, base = app.test_client(), public.removesuffix("/comments")
    page = {"site": "default", "url": "https://blog.example/post"}
    form = hidden(client.get("/thread.html", query_string=page, base_url=base).text)
    sent = {**form, "name": "Ada", "text": "hello"}
    headers = {"Origin": base, "Referer": f"{base}/"}
    answer = client.post("/comments", data=sent, base_url=base, headers=headers)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{name}=")
    assert ("Secure" in cookie) is public.startswith("https")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
    ],
)
def test_a_network_is_an_address_or_a_64(lite: Flask, one: str, other: str, same: bool) -> None:
    comment = Guest(lite, network="203.0.113.1").say("like me").get_json()["id"]
    assert Guest(lite, network=one).like(comment).status_code == 200
    assert Guest(lite, network=other).like(comment).status_code == (409 if same else 200)


def test_a_server_that_wakes_before_it_is_told_to_closes_as_well(
    make_app: MakeApp, sqlite_url: str
) -> None:
    server = listen(make_app(sqlite_url), "127.0.0.1", free_port("127.0.0.1"))
    serves = threading.Thread(target=server.run, daemon=True)
    serves.start()
    trigger = server._waitress.trigger
    pull = trigger._physical_pull

    def pull_late() -> None:
        pull()  # wakes the server as a closing connection does, before it is told to close
        serves.join(0.5)
        pull()

    trigger._physical_pull = pull_late
    server.close()
    serves.join(10)
    assert not serves.is_alive()


@pytest.mark.parametrize(("networks", "noticed"), [(1, True), (2, False)])
def test_many_readers_with_one_address_are_noticed(
    lite: Flask, networks: int, noticed: bool
) -> None:
    for number in range(12):
        Guest(lite, f"R{number}", network=f"10.0.0.{number % networks}").say(f"text {number}")
    page = Moderator(lite).client.get("/moderation/week/").text
    assert ("COMMENTS_TRUSTED_PROXIES" in page) is noticed


def test_another_site_s_readers_are_not_counted(lite: Flask) -> None:
    with lite.app_context(), transaction() as current:
        now = lite.extensions["comments"].now()
        for key in ("a", "b"):
            sites.ensure_site(
                current, key=key, name=key, origins=[f"https://{key}.example"], now=now
            )
    for number in range(12):
        guest = Guest(lite, f"R{number}", network="10.0.0.1")
        guest.page = {"site": "a", "url": "https://a.example/post", "title": "A"}
        guest.say(f"text {number}")
    client = Moderator(lite).client
    for key, noticed in (("a", True), ("b", False)):
        page = client.get("/moderation/week/", query_string={"site": key}).text
        assert ("COMMENTS_TRUSTED_PROXIES" in page) is noticed


@pytest.mark.parametrize(
    ("host", "valid"),
    [
        ("xn--bcher-kva.example", True),
        ("xn--strae-oqa.example:8000", True),
        ("xn--a", False),
        ("xn--.example", False),
        ("XN--A.example", False),
    ],
)
def test_broken_punycode_is_no_host(host: str, valid: bool) -> None:
    assert is_host(host) is valid
