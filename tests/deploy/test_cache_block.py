"""The cache that ``docs/scaling.md`` puts in front, as it is written there, in a real nginx."""

import re
import secrets
import time
from pathlib import Path

import pytest
import requests

from comment_service.cli.serve import free_port
from tests.conftest import absent
from tests.deploy.nginx import HEADERS, NGINX, nginx
from tests.deploy.servers import running
from tests.deploy.test_servers import ORIGIN, PAGE

GUIDE = Path(__file__).parents[2] / "docs" / "scaling.md"


def blocks(folder: Path, upstream: str) -> tuple[str, str]:
    """Return the line for ``http`` and the location, with this machine's paths and ports."""
    found = re.findall(r"^```nginx\n(.*?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    path, location = found
    return (
        path.replace("/var/cache/nginx/comments", str(folder / "kept")),
        location.replace("http://127.0.0.1:8000", upstream),
    )


def say(address: str, text: str) -> None:
    at = {"site": "default", "url": PAGE}
    token = requests.get(f"{address}/form-token", params=at, timeout=20).json()["token"]
    body = {**at, "token": token, "key": secrets.token_hex(16), "name": "Ada", "text": text}
    answer = requests.post(f"{address}/comments", json=body, headers={"Origin": ORIGIN}, timeout=20)
    assert answer.json()["status"] == "published", answer.text


def read(address: str, path: str = "/thread") -> requests.Response:
    return requests.get(f"{address}{path}", params={"site": "default", "url": PAGE}, timeout=20)


def keys(folder: Path) -> dict[str, str]:
    return {
        "COMMENTS_FOLDER": str(folder / "data"), "COMMENTS_ALLOW_VOLATILE": "1",
        "COMMENTS_ORIGINS": ORIGIN, "COMMENTS_MIN_SECONDS": "0", "COMMENTS_POLICY": "publish",
        "COMMENTS_TRUSTED_PROXIES": "127.0.0.1", "COMMENTS_WORKER": "0",
    }  # fmt: skip


def wait_for(address: str, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in read(address).text:
        assert time.monotonic() < deadline, "the change does not show"
        time.sleep(0.2)


@pytest.mark.slow
def test_the_cache_answers_shows_changes_and_keeps_nothing_personal(tmp_path: Path) -> None:
    if NGINX is None:
        absent("no nginx")
    port = free_port("127.0.0.1")
    front = f"http://127.0.0.1:{port}"
    with running("gunicorn-sync", tmp_path, keys(tmp_path)) as upstream:
        path, location = blocks(tmp_path, upstream)
        server = (
            f"{path}\nserver {{ listen 127.0.0.1:{port};\n{location}\n"
            f"location / {{ proxy_pass {upstream};{HEADERS} }} }}"
        )
        with nginx(tmp_path / "nginx", server, front):
            say(front, "The first comment of this page")
            read(front)
            told = []
            for _ in range(5):
                answer = read(front)
                assert "The first comment" in answer.text
                assert "Set-Cookie" not in answer.headers
                told.append(answer.headers["X-Cache-Status"])
            assert "HIT" in told
            say(front, "And the second one")
            wait_for(front, "And the second")
            time.sleep(1.1)
            read(front)
            for personal in ("/thread.html", "/form-token", "/me"):
                answer = read(front, personal)
                assert "X-Cache-Status" not in answer.headers
    with nginx(tmp_path / "nginx", server, front):
        answer = read(front)
        assert (answer.status_code, "And the second" in answer.text) == (200, True)
        assert answer.headers["X-Cache-Status"] == "STALE", "the service is stopped"


@pytest.mark.slow
def test_a_cache_that_follows_the_headers_shows_changes(tmp_path: Path) -> None:
    if NGINX is None:
        absent("no nginx")
    port = free_port("127.0.0.1")
    front = f"http://127.0.0.1:{port}"
    with running("gunicorn-sync", tmp_path, keys(tmp_path)) as upstream:
        path, _location = blocks(tmp_path, upstream)
        server = (
            f"{path}\nserver {{ listen 127.0.0.1:{port};\n"
            f"location / {{ proxy_pass {upstream};{HEADERS} proxy_cache comments;"
            " add_header X-Cache-Status $upstream_cache_status always; } }"
        )
        with nginx(tmp_path / "nginx", server, front):
            say(front, "The first comment of this page")
            told = [read(front).headers["X-Cache-Status"] for _ in range(5)]
            assert "HIT" in told
            say(front, "And the second one")
            wait_for(front, "And the second")
            for personal in ("/thread.html", "/form-token", "/me"):
                told = [read(front, personal).headers["X-Cache-Status"] for _ in range(2)]
                assert told == ["MISS", "MISS"], personal
