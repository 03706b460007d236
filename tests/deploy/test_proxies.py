"""Behind nginx: on a host of its own, below a path, behind a CDN, on a Unix socket, cached."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from werkzeug.serving import make_server

from comment_service.actions.admin import login
from comment_service.app import create_app, prepare
from comment_service.cli.serve import free_port, listen
from comment_service.notify import worker
from comment_service.storage.db.session import transaction
from comment_service.storage.tables import Site
from tests.conftest import absent
from tests.deploy.nginx import HEADERS, NGINX, nginx
from tests.deploy.user_actions import OWNER, Browser, Walk, run_all
from tests.fakes import FakeClassifier
from tests.notify.conftest import Mailbox, mailbox
from tests.people import Moderator
from tests.web.http.test_headers import filled, get_routes

__all__ = ["mailbox"]

pytestmark = pytest.mark.slow


@dataclass
class Front:
    """The service as browsers reach it."""

    app: Flask
    url: str  # without a slash at the end
    mailbox: Mailbox

    @property
    def origin(self) -> str:
        return "/".join(self.url.split("/")[:3])


def make(folder: Path, url: str, **keys: Any) -> Flask:
    prefixed = {
        "COMMENTS_FOLDER": str(folder / "data"),
        "COMMENTS_ALLOW_VOLATILE": True,
        "COMMENTS_WORKER": False,
        "COMMENTS_MIN_SECONDS": 0,
        "COMMENTS_PUBLIC_URL": url,
        "COMMENTS_ORIGINS": "/".join(url.split("/")[:3]),
        **{f"COMMENTS_{key}": value for key, value in keys.items()},
    }
    app = create_app(prefixed, classifier=FakeClassifier())
    prepare(app)
    return app


@contextlib.contextmanager
def serving(app: Flask, port: int) -> Iterator[None]:
    server = listen(app, "127.0.0.1", port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield
    server.close()
    thread.join(10)


@contextlib.contextmanager
def on_a_socket(app: Flask, path: Path) -> Iterator[None]:
    server = make_server(f"unix://{path}", 0, app, threaded=True)
    path.chmod(0o777)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()


def block(port: int, target: str, location: str = "/", more: str = "") -> str:
    """Return a server block that passes everything below a location on."""
    inside = f"proxy_pass {target}; {HEADERS} {more}"
    return f"server {{ listen 127.0.0.1:{port}; location {location} {{ {inside} }} }}\n"


@pytest.fixture(
    params=[
        pytest.param("own host", marks=pytest.mark.long),
        "path stripped",
        "path kept",
        "cdn and nginx",
        "unix socket",
    ]
)
def front(
    request: pytest.FixtureRequest, tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> Iterator[Front]:
    """Run the service behind nginx in each of the ways in which people do."""
    if NGINX is None:
        absent("no nginx: install Debian's nginx")
    tmp_path.chmod(0o755)
    outer, inner, port = (free_port("127.0.0.1") for _ in range(3))
    backend, socket = f"http://127.0.0.1:{port}", tmp_path / "s.sock"
    base, trusted = f"http://127.0.0.1:{outer}", "127.0.0.1"
    location, target = "/", backend
    if "path" in request.param:
        location = "/comments/"
        target = f"{backend}/" if request.param == "path stripped" else backend
    url = base + location.rstrip("/")
    if request.param == "unix socket":
        target, trusted = f"http://unix:{socket}:", "unix: 127.0.0.1"
    servers = block(outer, target, location)
    if request.param == "cdn and nginx":
        servers = block(outer, f"http://127.0.0.1:{inner}") + block(inner, backend)
    mail = {"SMTP_URL": f"smtp://127.0.0.1:{mailbox[1]}", "MAIL_FROM": "comments@blog.example"}
    app = make(tmp_path, url, TRUSTED_PROXIES=trusted, **mail)
    run = on_a_socket(app, socket) if "unix:" in trusted else serving(app, port)
    with run, nginx(tmp_path / "nginx", servers, f"{url}/health"):
        yield Front(app, url, mailbox[0])


def owner_link(front: Front) -> str:
    """Add an owner; return a one-time sign-in link."""
    state = front.app.extensions["comments"]
    with front.app.app_context(), transaction() as current:
        person = login.add_moderator(session=current, runtime=state, name="Mod", email=OWNER)
        _purpose, token = login.create_link(session=current, runtime=state, moderator=person)
    return f"{front.url}/moderation/enter/{token}"


def walk_through(front: Front) -> Walk:
    """Return the people who use the deployment; mails are delivered when they are looked for."""

    def newest_mail(address: str) -> str:
        with front.app.app_context():
            worker.deliver_due(front.app.extensions["comments"])
        return front.mailbox.newest(address)

    return Walk(front.url, front.origin, lambda: owner_link(front), newest_mail)


def test_every_user_action_works_behind_the_proxy(front: Front) -> None:
    passed, failures = run_all(walk_through(front))
    assert not failures, "\n\n".join(failures)
    assert passed >= 40


def test_readers_are_counted_apart(front: Front) -> None:
    walk = walk_through(front)
    statuses = []
    for number in range(8):
        reader = Browser(walk, f"198.51.100.{number + 10}")
        page = reader.get("/thread.html")
        sent = reader.send(page, "/comments$", name=f"R{number}", text=f"Words {number}")
        statuses.append(sent.status_code)
    assert statuses == [200] * 8
    one = Browser(walk, "198.51.100.99")
    again = [
        one.send(one.get("/thread.html"), "/comments$", name="X", text=f"More {n}").status_code
        for n in range(7)
    ]
    assert 429 in again


def test_no_shared_cache_gives_one_reader_what_is_another_s(tmp_path: Path) -> None:
    """Walk every GET route as a moderator, then as a stranger, through a caching nginx."""
    if NGINX is None:
        absent("no nginx: install Debian's nginx")
    tmp_path.chmod(0o755)
    outer, port = free_port("127.0.0.1"), free_port("127.0.0.1")
    url = f"http://127.0.0.1:{outer}"
    hostile = "proxy_cache z; proxy_cache_valid 200 302 404 1m; proxy_cache_key $uri$is_args$args;"
    hostile += " add_header X-Cache $upstream_cache_status;"
    servers = block(outer, f"http://127.0.0.1:{port}", more=hostile)
    app = make(tmp_path, url, TRUSTED_PROXIES="127.0.0.1", RATE_MINUTE=500, RATE_HOUR=500)
    with app.app_context(), transaction() as current:
        current.get_one(Site, 1).rules = {"likers": "moderators"}
    moderator = Moderator(app, "Secret Mod")
    with serving(app, port), nginx(tmp_path / "nginx", servers, f"{url}/health"):
        front = Front(app, url, Mailbox())
        walk = walk_through(front)
        known = Browser(walk, "198.51.100.1")
        first = known.send(known.get("/thread.html"), "/comments$", name="Ada", text="hello")
        known.send(first, "/likes$")
        cookie = moderator.client.get_cookie("comments_moderator")
        assert cookie is not None
        known.session.cookies.set("comments_moderator", cookie.value)
        stranger = Browser(walk, "198.51.100.2")
        leaks = []
        for path in sorted({filled(path) for path in get_routes(app)}):
            for query in ({"comment": 1}, {"comment": 1, "lang": "de"}):
                seen = known.get(path, **query)
                through = stranger.get(path, **query)
                direct = requests.get(
                    f"http://127.0.0.1:{port}{path}",
                    params={**walk.page, **query},
                    headers={"Accept": "text/html", "Host": f"127.0.0.1:{outer}"},
                    timeout=20,
                )
                hit = through.headers.get("X-Cache") == "HIT"
                if through.status_code != direct.status_code or (
                    hit and "Set-Cookie" in through.headers
                ):
                    leaks.append((path, seen.status_code, through.status_code, direct.status_code))
                private = "private" in through.headers.get("Cache-Control", "")
                if "Secret Mod" in through.text or (hit and private):
                    leaks.append((path, "personal", query, hit))
        assert not leaks
