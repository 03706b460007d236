"""An installation as its operator makes it: ``init``, ``serve --config``, a proxy with TLS."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from comment_service.cli.serve import free_port
from tests.conftest import absent
from tests.deploy.nginx import NGINX, nginx
from tests.deploy.user_actions import OWNER

CADDY = shutil.which("caddy")
EXTRA = """
allow_volatile = true
min_seconds = 0
policy = "publish"
rate_minute = 100
rate_hour = 1000
"""
"""What a test adds to the settings that ``init`` wrote."""


@dataclass
class Installation:
    """Files that ``init`` wrote, and where browsers and the proxy find the service."""

    folder: Path
    url: str
    outer: int  # port of the proxy
    inner: int  # port of the service
    owner_link: str = ""

    @property
    def settings(self) -> Path:
        return self.folder / "comment-service.toml"


def run(*arguments: str, **keys: str) -> str:
    """Run a command of the service, with ``COMMENTS_*`` keys; return what it printed."""
    others = {k: v for k, v in os.environ.items() if not k.startswith("COMMENTS_")}
    command = [sys.executable, "-m", "comment_service", *arguments]
    done = subprocess.run(
        command, env={**others, "COMMENTS_ALLOW_VOLATILE": "1", **keys}, capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def initialise(folder: Path, proxy: str, path: str, smtp: int) -> Installation:
    """Write settings and the proxy's block with ``comment-service init``."""
    outer, inner = free_port("127.0.0.1"), free_port("127.0.0.1")
    origin = f"https://localhost:{outer}"
    printed = run(
        "init", "--public-url", origin + path, "--origin", origin, "--moderator", OWNER,
        "--smtp-url", f"smtp://127.0.0.1:{smtp}", "--proxy", proxy, "--unit",
        "--output", str(folder), "--folder", str(folder / "data"),
    )  # fmt: skip
    found = Installation(folder, origin + path, outer, inner)
    with found.settings.open("a", encoding="utf-8") as file:
        file.write(EXTRA)
    link = re.search(r"https://\S+/moderation/enter/\S+", printed)
    assert link is not None, printed
    found.owner_link = link[0]
    return found


@contextlib.contextmanager
def serving(made: Installation) -> Iterator[None]:
    """Run the server with the settings that ``init`` wrote."""
    keys = {k: v for k, v in os.environ.items() if not k.startswith("COMMENTS_")}
    command = [sys.executable, "-m", "comment_service", "serve", "--config", str(made.settings)]
    process = subprocess.Popen([*command, "--port", str(made.inner)], env=keys)
    try:
        wait_for(f"http://127.0.0.1:{made.inner}/readyz", True)
        yield
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0


def wait_for(url: str, verify: bool | str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(requests.ConnectionError, OSError):
            if requests.get(url, verify=verify, timeout=20).status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"no answer from {url}")


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a key and a certificate for ``localhost``."""
    key, file = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-keyout", str(key), "-out", str(file), "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(command, check=True, capture_output=True)
    return key, file


@contextlib.contextmanager
def behind_nginx(made: Installation) -> Iterator[str]:
    """Run nginx with the written block; yield the file of its certificate."""
    if NGINX is None:
        absent("no nginx: install Debian's nginx")
    key, file = certificate(made.folder)
    block = (made.folder / "comment-service.nginx.conf").read_text(encoding="utf-8")
    block = block.replace("listen 443 ", f"listen 127.0.0.1:{made.outer} ")
    block = block.replace("127.0.0.1:8000", f"127.0.0.1:{made.inner}")
    block = re.sub(r"ssl_certificate .*;", f"ssl_certificate {file};", block)
    block = re.sub(r"ssl_certificate_key .*;", f"ssl_certificate_key {key};", block)
    block = block.replace("/var/www/blog", str(blog(made.folder)))
    ready = f"http://127.0.0.1:{made.inner}/healthz"
    with nginx(made.folder / "nginx", block, ready):
        wait_for(f"{made.url}/healthz", str(file))
        yield str(file)


@contextlib.contextmanager
def behind_caddy(made: Installation) -> Iterator[str]:
    """Run Caddy with the written block and its own authority; yield the file of its root."""
    if CADDY is None:
        absent("no caddy: install Debian's caddy")
    assert CADDY is not None
    store = made.folder / "caddy"
    block = (made.folder / "Caddyfile").read_text(encoding="utf-8")
    block = block.replace("127.0.0.1:8000", f"127.0.0.1:{made.inner}")
    block = block.replace("/var/www/blog", str(blog(made.folder)))
    options = f"admin off\nlocal_certs\nskip_install_trust\nstorage file_system {store}\n"
    options += f"auto_https disable_redirects\nhttp_port {free_port('127.0.0.1')}\n"
    file = made.folder / "Caddyfile.test"
    file.write_text(f"{{\n{options}}}\n{block}", encoding="utf-8")
    home = {**os.environ, "HOME": str(made.folder), "XDG_DATA_HOME": str(store)}
    command = [CADDY, "run", "--adapter", "caddyfile", "--config", str(file)]
    process = subprocess.Popen(command, env=home, stderr=subprocess.DEVNULL)
    root = store / "pki/authorities/local/root.crt"
    try:
        wait_for(f"{made.url}/healthz", str(root))
        yield str(root)
    finally:
        process.terminate()
        process.wait(timeout=20)


def blog(folder: Path) -> Path:
    """Write the blog's own page, which is beside the service under a path."""
    found = folder / "blog"
    found.mkdir(exist_ok=True)
    (found / "index.html").write_text("<h1>My blog</h1>", encoding="utf-8")
    return found
