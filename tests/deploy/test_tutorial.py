"""The commands of docs/tutorial.md, run from the built wheel behind the real Caddy with TLS."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
import requests

from comment_service.cli.serve import free_port
from tests.conftest import absent
from tests.deploy.installation import CADDY, wait_for
from tests.test_wheel import command, wheel

__all__ = ["command", "wheel"]

pytestmark = pytest.mark.slow
TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"


def blocks(language: str) -> list[str]:
    text = TUTORIAL.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_tutorial_leads_to_a_comment_on_a_page_of_another_origin(
    command: Path, tmp_path: Path
) -> None:
    if CADDY is None:
        absent("no caddy: install Debian's caddy")
    port, inner = free_port("127.0.0.1"), free_port("127.0.0.1")
    address = f"https://localhost:{port}"
    store = tmp_path / "caddy"
    install, init, check, serve, caddy = blocks("sh")
    assert "pip install comment-service" in install
    (tmp_path / "comments").symlink_to(command.parents[1])  # the wheel is installed there
    keys = {k: v for k, v in os.environ.items() if not k.startswith("COMMENTS_")}
    keys |= {"COMMENTS_ALLOW_VOLATILE": "1", "COMMENTS_MIN_SECONDS": "0", "PYTHONPATH": ""}
    keys |= {"XDG_DATA_HOME": str(store), "HOME": str(tmp_path)}
    started = []

    def run(line: str) -> str:
        line = line.replace("https://comments.example", address)
        done = subprocess.run(
            ["bash", "-euc", line], cwd=tmp_path, env=keys, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(line: str) -> None:
        line = line.strip().removesuffix("&").strip()
        log = (tmp_path / "log").open("a")
        started.append(
            subprocess.Popen(
                ["bash", "-euc", f"exec {line}"], cwd=tmp_path, env=keys, stdout=log, stderr=log
            )
        )
        log.close()

    link = re.search(r"https://\S+/moderation/enter/\S+", run(init))
    assert link is not None
    assert "problem" not in run(check)
    block = (tmp_path / "Caddyfile").read_text(encoding="utf-8")
    options = f"admin off\nlocal_certs\nskip_install_trust\nhttp_port {free_port('127.0.0.1')}\n"
    options += f"auto_https disable_redirects\nstorage file_system {store}\n"
    block = block.replace("127.0.0.1:8000", f"127.0.0.1:{inner}")
    (tmp_path / "Caddyfile").write_text(f"{{\n{options}}}\n{block}", encoding="utf-8")
    try:
        start(serve.replace("comment-service.toml", f"comment-service.toml --port {inner}"))
        wait_for(f"http://127.0.0.1:{inner}/readyz", True)
        start(caddy)
        root = str(store / "pki/authorities/local/root.crt")
        wait_for(f"{address}/healthz", root)
        comment_from_the_blog(address, root)
        browser = requests.Session()
        browser.trust_env, browser.verify = False, root
        assert "Sign in" in browser.get(link[0], timeout=30).text
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
        statuses = [process.wait(timeout=30) for process in started]
    assert statuses[0] == 0, "the server ends in order"


def comment_from_the_blog(address: str, root: str) -> None:
    """Do what the snippet does on a page of the blog."""
    [snippet] = blocks("html")
    assert 'src="https://comments.example/embed.js"' in snippet
    page = {"site": "default", "url": "https://blog.example/post"}
    blog = requests.Session()
    blog.trust_env, blog.verify = False, root
    blog.headers["Origin"] = "https://blog.example"
    assert blog.get(f"{address}/embed.js", timeout=30).status_code == 200
    asked = blog.get(f"{address}/form-token", params=page, timeout=30).json()
    sent = {**page, **asked, "name": "Ada", "text": "The first comment of the blog."}
    answer = blog.post(f"{address}/comments", json=sent, timeout=30)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "https://blog.example"
    assert "The first comment" in blog.get(f"{address}/thread", params=page, timeout=30).text
