"""Servers that a visitor names: Mastodon servers, websites, and addresses that must be refused."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, Response, jsonify, redirect, request
from sqlalchemy import select
from werkzeug.test import TestResponse

from comment_service import fetching
from comment_service.cli.serve import listen
from comment_service.identity import ProviderError
from comment_service.identity.indieauth import canonical
from comment_service.storage.db.session import session
from comment_service.storage.tables import Identity, ProviderApp
from tests.conftest import MakeApp
from tests.people import PAGE, csrf


@dataclass
class Server:
    """A Mastodon server and a website with its IndieAuth server, all on one port."""

    origin: str = ""
    me: str = ""
    issuer: str = ""
    site: str = '<link rel="indieauth-metadata" href="/metadata">'
    asked: list[str] = field(default_factory=list)
    sent: dict[str, Any] = field(default_factory=dict)

    def app(self) -> Flask:
        made = Flask("server")

        @made.before_request
        def note() -> None:
            self.asked.append(request.path)

        @made.post("/api/v1/apps")
        def apps() -> Response:
            return jsonify(client_id="known-as", client_secret="a secret")

        @made.post("/oauth/token")
        def token() -> Response:
            self.sent = dict(request.form)
            return jsonify(access_token="opens", token_type="Bearer")

        @made.get("/api/v1/accounts/verify_credentials")
        def account() -> Response:
            return jsonify(id="42", username="ada", display_name="Ada :blobcat:", url=self.origin)

        @made.get("/")
        @made.get("/ada/")
        def website() -> Response:
            return Response(self.site, mimetype="text/html")

        @made.get("/moved")
        def moved() -> Any:
            return redirect("/ada/")

        @made.get("/metadata")
        def metadata() -> Response:
            end = f"{self.origin}/auth"
            return jsonify(issuer=self.issuer, authorization_endpoint=end, token_endpoint=end)

        @made.post("/auth")
        def redeem() -> Response:
            self.sent = dict(request.form)
            return jsonify(me=self.me, profile={"name": "Ada <b>Lovelace</b>"})

        return made


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", True)
    found = Server()
    running = listen(found.app(), "127.0.0.1", 0, threads=4)
    found.origin = found.issuer = f"http://127.0.0.1:{running.port}"
    found.me = f"{found.origin}/"
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    yield found
    running.close()
    thread.join(10)


@pytest.fixture
def app(sqlite_url: str, make_app: MakeApp) -> Flask:
    return make_app(sqlite_url, PROVIDERS={"mastodon": {}, "indieauth": {}})


def go(
    app: Flask, provider: str, address: str, **answer: str
) -> tuple[TestResponse, dict[str, str]]:
    """Name a server, go there and come back; stop there if ``answer`` is None."""
    client = app.test_client()
    asked = {"site": "default", "url": PAGE, "challenge": "c" * 43, "address": address}
    page = client.get(f"/sign-in/with/{provider}", query_string=asked)
    form = {**asked, "csrf_token": csrf(page)}
    left = client.post(f"/sign-in/with/{provider}", data=form)
    if "Refresh" not in left.headers:
        return left, {}
    query = parse_qs(urlsplit(left.headers["Refresh"].partition("url=")[2]).query)
    sent = {name: values[0] for name, values in query.items()}
    if not answer:
        return left, sent
    back = {"state": sent["state"], **answer}
    return client.get(f"/sign-in/back/{provider}", query_string=back), sent


def identity(app: Flask) -> tuple[str, str, str]:
    with app.app_context():
        found = session().scalars(select(Identity)).one()
        return found.issuer, found.subject, found.name


def test_mastodon_registers_once_and_signs_in(app: Flask, server: Server) -> None:
    for _ in range(2):
        back, sent = go(app, "mastodon", server.origin, code="one")
        assert (back.status_code, sent["client_id"]) == (303, "known-as")
        assert sent["code_challenge_method"] == "S256"
    assert server.asked.count("/api/v1/apps") == 1
    assert identity(app) == (server.origin, "42", "Ada :blobcat:")
    with app.app_context():
        assert session().scalars(select(ProviderApp.host)).all() == [server.origin]


def test_website_signs_in(app: Flask, server: Server) -> None:
    back, sent = go(app, "indieauth", server.me, code="one", iss=server.issuer)
    assert back.status_code == 303
    assert sent["client_id"] == "http://localhost/"
    assert server.sent["client_id"] == sent["client_id"]
    assert len(server.sent["code_verifier"]) >= 43
    assert identity(app) == ("indieauth", server.me, "Ada <b>Lovelace</b>")


@pytest.mark.parametrize(("me", "fine"), [("/ada/", True), ("/elsewhere", False)])
def test_website_can_name_another_only_with_the_same_endpoints(
    app: Flask, server: Server, me: str, fine: bool
) -> None:
    server.me = server.origin + me
    back, _ = go(app, "indieauth", server.origin, code="one", iss=server.issuer)
    assert (back.status_code == 303) is fine


def test_an_answer_of_another_issuer_is_refused(app: Flask, server: Server) -> None:
    for more in ({"iss": "https://evil.example"}, {}):
        back, _ = go(app, "indieauth", server.me, code="one", **more)
        assert back.status_code == 403
        assert "another provider" in back.get_data(as_text=True)


def test_website_with_legacy_endpoint_link_signs_in(app: Flask, server: Server) -> None:
    server.site = '<a rel="me authorization_endpoint" href="/auth">me</a>'
    back, _ = go(app, "indieauth", f"{server.origin}/moved", code="one")
    assert back.status_code == 303
    assert identity(app)[1] == server.me


@pytest.mark.parametrize(
    "site", ["", '<link rel="authorization_endpoint" href="javascript:alert(1)">', "\0<<<"]
)
def test_website_without_endpoints_is_refused(app: Flask, server: Server, site: str) -> None:
    server.site = site
    left, _ = go(app, "indieauth", server.me)
    page = left.get_data(as_text=True)
    assert left.status_code == 403 and "does not say who may speak for it" in page
    assert server.me in page, "what was typed is given back"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        "javascript:alert(1)",
        "https://user@example.org/",
        "https://a/../b",
        "ftp://a.b",
    ],
)
def test_invalid_website_is_refused(address: str) -> None:
    with pytest.raises(ProviderError, match="Enter your website's address"):
        canonical(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "0.0.0.0",  # noqa: S104
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[2002:7f00:1::]",
        "2130706433",
        "0x7f.1",
        "168.63.129.16",
        "[fec0::1]",
        "[::7f00:1]",
        "[::ffff:0:7f00:1]",
        "[2001:0:7f00:1::]",
    ],
)
def test_private_addresses_are_not_requested(host: str) -> None:
    reached: list[object] = []
    with fetching.guarded_session() as asking, pytest.raises(fetching.PrivateAddressError):
        reached.append(fetching.send_request(asking, "GET", f"http://{host}:1/"))
    assert reached == []


def test_redirect_to_a_private_address_is_not_followed(app: Flask, server: Server) -> None:
    """Loopback is allowed in the tests, other private networks are not."""
    server.site = ""
    with fetching.guarded_session() as asking:
        answer = fetching.send_request(asking, "GET", f"{server.origin}/moved")
        assert answer.status_code == 302
        with pytest.raises(fetching.FetchError):
            fetching.send_request(asking, "GET", "http://169.254.169.254/latest/meta-data/")


@pytest.mark.parametrize("typed", ["ada", "https://", "not a host", "@@", "mastodon"])
def test_invalid_server_name_is_reported(sqlite_url: str, make_app: MakeApp, typed: str) -> None:
    left, _ = go(make_app(sqlite_url, PROVIDERS={"mastodon": {}}), "mastodon", typed)
    assert "Enter your server" in left.get_data(as_text=True)
    assert typed.replace("&", "&amp;") in left.get_data(as_text=True)


def test_link_cannot_choose_the_server(app: Flask, server: Server) -> None:
    query = {"site": "default", "url": PAGE, "address": server.me}
    answer = app.test_client().get("/sign-in/with/indieauth", query_string=query)
    assert "Refresh" not in answer.headers
    assert server.asked == []


def test_website_is_trusted_only_from_its_own_endpoints(
    app: Flask, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attacker's website claims to be another one, and redeems the code itself."""
    from comment_service.identity import indieauth

    real, stranger = indieauth._endpoints, "http://127.0.0.1:1/token"

    def of(me: str) -> tuple[str, str, str]:
        issuer, asked, _token = real(me)
        return (
            (issuer, asked, server.origin + "/auth")
            if me == server.me
            else (issuer, asked, stranger)
        )

    monkeypatch.setattr(indieauth, "_endpoints", of)
    evil = server.me
    server.me = f"{server.origin}/ada/"
    back, _ = go(app, "indieauth", evil, code="one", iss=server.issuer)
    assert back.status_code == 403


def test_slow_response_hits_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket
    import time

    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", True)
    monkeypatch.setattr(fetching, "DEADLINE", 0.6)
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:

        def drip() -> None:
            here, _ = door.accept()
            with here:
                for letter in b"HTTP/1.1 200 OK" + b" " * 100:
                    if stop.wait(0.1):
                        return
                    try:
                        here.send(bytes([letter]))
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        with pytest.raises(fetching.FetchError, match="does not answer"):
            fetching.fetch_page(f"http://127.0.0.1:{door.getsockname()[1]}/", guard=True)
        assert time.monotonic() - began < 9
        stop.set()
        thread.join(5)


def test_invalid_url_from_a_server_is_not_an_internal_error(app: Flask, server: Server) -> None:
    server.site = '<link rel="indieauth-metadata" href="http://[">'
    left, _ = go(app, "indieauth", server.me)
    assert left.status_code == 403
