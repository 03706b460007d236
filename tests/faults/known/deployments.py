"""Cases that need nginx, or a server that loads the app before it forks."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests

from comment_service.cli.serve import free_port
from tests.deploy.nginx import HEADERS, nginx
from tests.deploy.servers import HOST, running
from tests.deploy.user_actions import Browser, Walk
from tests.faults.known.service import Result, Service, equal, serving


def links_below_a_path(case: Path, folder: Path) -> Iterator[Result]:
    """Run the nginx block of a file; follow links and forms, and sign the owner in."""
    block = case.read_text(encoding="utf-8")
    outer = free_port("127.0.0.1")
    base = f"http://127.0.0.1:{outer}"
    keys = {"PUBLIC_URL": f"{base}/comments", "TRUSTED_PROXIES": "127.0.0.1"}
    with serving(folder, base, **keys) as service:
        inner = str(urlsplit(service.address).port)
        (upstream,) = re.findall(r"proxy_pass http://127\.0\.0\.1:(\d+)", block)
        (listens,) = re.findall(r"listen 127\.0\.0\.1:(\d+)", block)
        servers = block.replace(upstream, inner).replace(listens, str(outer))
        servers = servers.replace("root /srv/blog", f"root {folder}")
        folder.chmod(0o755)
        with nginx(folder / "nginx", servers, f"{base}/comments/health"):
            yield from _below(service, f"{base}/comments")


def _below(service: Service, url: str) -> Iterator[Result]:
    walk = service.walk(url)
    ada = walk.ada
    first = ada.send(ada.get("/thread.html"), "/comments$", name="Ada", text="Below a path")
    yield equal("a comment without JavaScript", 200, first.status_code)
    page = ada.get("/thread.html")
    strays = [link for link in _targets(page) if not link.startswith(f"{url}/")]
    strays = [link for link in strays if not link.startswith(f"{walk.blog}/post")]
    yield equal("links and forms of the thread that lead elsewhere", [], strays)
    styles = re.findall(r'<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"', page.text)
    statuses = {requests.get(urljoin(page.url, style), timeout=20).status_code for style in styles}
    yield equal("its style", {200}, statuses)
    link = service.owner_link().replace(service.address, url)
    inside = walk.mod.send(walk.mod.get(link), "/moderation/enter/")
    yield equal("signing in", (200, True), (inside.status_code, inside.url.startswith(f"{url}/")))


def _targets(page: requests.Response) -> list[str]:
    found = re.findall(r'(?:href|action|src)="([^"]+)"', page.text)
    return [urljoin(page.url, unescape(link)) for link in found if not link.startswith("data:")]


def likers_stay_with_moderators(_case: Path, folder: Path) -> Iterator[Result]:
    """Read the list of likers as a moderator, then as a stranger, through a cache."""
    outer = free_port("127.0.0.1")
    base = f"http://127.0.0.1:{outer}"
    with serving(folder, base, PUBLIC_URL=base, TRUSTED_PROXIES="127.0.0.1") as service:
        more = "proxy_cache z; proxy_cache_valid 200 1m; add_header X-Cache $upstream_cache_status;"
        inside = f"proxy_pass {service.address}; {HEADERS} {more}"
        servers = f"server {{ listen 127.0.0.1:{outer}; location / {{ {inside} }} }}\n"
        folder.chmod(0o755)
        with nginx(folder / "nginx", servers, f"{base}/health"):
            walk = service.walk(base)
            _likers_for_moderators(service, walk)
            mine = walk.mod.get("/likers", comment=1)
            yield equal("the moderator", (200, True), (mine.status_code, "Secret Ben" in mine.text))
            theirs = walk.eve.get("/likers", comment=1)
            got = (theirs.status_code, "Secret Ben" in theirs.text)
            yield equal("a stranger after that", (404, False), got)


def _likers_for_moderators(service: Service, walk: Walk) -> None:
    """Let a named reader like a comment; show who likes to moderators alone."""
    walk.ada.say("Words that people like", "Ada")
    walk.ben.say("I am here too", "Secret Ben")
    walk.ben.json("/likes", {"comment": 1, "liked": True})
    link = service.owner_link().replace(service.address, walk.url)
    walk.mod.send(walk.mod.get(link), "/moderation/enter/")
    saved = walk.mod.send(walk.mod.get("/moderation/rules"), "/rules/?$", likers="moderators")
    assert saved.status_code == 200, saved.text


def networks_are_trusted(case: Path, folder: Path) -> Iterator[Result]:
    """Trust a network of proxies; eight readers behind it are counted apart."""
    value = re.search(r"COMMENTS_TRUSTED_PROXIES=(\S+)", case.read_text(encoding="utf-8"))
    assert value is not None
    with serving(folder, TRUSTED_PROXIES=value[1], PUBLIC_URL="") as service:
        for number in range(1, 9):
            status = _posted(service.reader(number), number)
            yield equal(f"reader at 198.51.100.{number}", 201, status)


def _posted(reader: Browser, number: int) -> int:
    fields = reader.comment(f"Reader {number} looks at the map", f"Reader {number}")
    reader.session.close()  # uWSGI ends each connection, and does not say so before
    return reader.send_json("/comments", fields).status_code


def unknown_proxy_is_noticed(_case: Path, folder: Path) -> Iterator[Result]:
    """Set nothing behind a proxy; log, doctor and the moderation pages say what to set."""
    key = "COMMENTS_TRUSTED_PROXIES"
    with serving(folder) as service:
        owner = service.owner()
        for number in range(1, 7):
            status = _posted(service.reader(number), number)
            yield Result(f"reader {number}", "kept", str(status), status == 201)
        yield equal("log names the key", True, key in service.log())
        overview = owner.get("/moderation/week/").text
        yield equal("moderation names the key", True, key in overview)


def forked_workers_store(_case: Path, folder: Path) -> Iterator[Result]:
    """Post five comments at once to servers that load the app and then fork."""
    for server in ("uwsgi", "gunicorn-preload"):
        place = folder / server
        place.mkdir()
        keys = {"COMMENTS_ALLOW_VOLATILE": "1", "COMMENTS_MIN_SECONDS": "0"}
        with running(server, place, keys, source=HOST) as address, ThreadPoolExecutor(5) as pool:
            url = f"{address}/comments"
            walk = Walk(url, address, str, lambda _address: "")
            begun = time.monotonic()
            readers = [Browser(walk, "") for _ in range(5)]
            statuses = list(pool.map(_posted, readers, range(5)))
            yield equal(f"{server}: statuses", [201] * 5, statuses)
            took = time.monotonic() - begun
            yield Result(f"{server}: time", "seconds", f"{took:.1f} s", took < 15)
            shown = len(re.findall(r"looks at the map", walk.thread()))
            yield equal(f"{server}: in the thread", 5, shown)
