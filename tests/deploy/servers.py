"""Start a WSGI server in a process of its own, with the service or a host that mounts it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import requests

from comment_service.cli.serve import free_port

BIN = Path(sys.executable).parent
SERVICE = "from comment_service import create_app\napp = create_app()\n"
HOST = (
    "from flask import Flask, render_template_string\n"
    "from comment_service import CommentService\n"
    "app = Flask(__name__)\n"
    "app.secret_key = 'x' * 32\n"
    "CommentService(app)\n"
    "@app.get('/post')\n"
    "def post():\n"
    "    return render_template_string('<h1>Post</h1>{{ comments(title=\"Post\") }}')\n"
)
"""Application modules, as a user would write them."""


def command(server: str, port: int) -> Sequence[str]:
    """Return the command line of a server that serves ``site:app`` on a port."""
    address = f"127.0.0.1:{port}"
    uwsgi = [f"{BIN}/uwsgi", "--http-socket", address, "--master", "--processes", "3"]
    uwsgi += ["--threads", "2", "--enable-threads", "--die-on-term", "--module", "site_app:app"]
    gunicorn = [f"{BIN}/gunicorn", "-b", address, "-w", "3", "site_app:app"]
    commands: Mapping[str, Sequence[str]] = {
        "waitress": [f"{BIN}/waitress-serve", f"--listen={address}", "site_app:app"],
        "granian": [
            *(f"{BIN}/granian", "--interface", "wsgi", "--host", "127.0.0.1"),
            *("--port", str(port), "--workers", "2", "--blocking-threads", "2", "site_app:app"),
        ],
        "gunicorn-sync": gunicorn,
        "gunicorn-gthread": [*gunicorn, "-k", "gthread", "--threads", "4"],
        "gunicorn-preload": [*gunicorn, "--preload"],
        "uwsgi": uwsgi,
        "uwsgi-lazy": [*uwsgi, "--lazy-apps"],
    }
    return commands[server]


SERVERS = (
    "waitress",
    "granian",
    "gunicorn-sync",
    "gunicorn-gthread",
    "gunicorn-preload",
    "uwsgi",
    "uwsgi-lazy",
)


@contextlib.contextmanager
def running(
    server: str, folder: Path, environment: Mapping[str, str], source: str = SERVICE
) -> Iterator[str]:
    """Yield the address of a server that is ready; its output is in ``folder/server.log``."""
    (folder / "site_app.py").write_text(source, encoding="utf-8")
    port = free_port("127.0.0.1")
    address = f"http://127.0.0.1:{port}"
    keys = {key: value for key, value in os.environ.items() if not key.startswith("COMMENTS_")}
    keys |= {"PYTHONPATH": str(folder), **environment}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command(server, port),
            cwd=folder,
            env=keys,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_ready(process, address, folder)
        yield address
    finally:
        _end(process)


def _wait_until_ready(process: "subprocess.Popen[bytes]", address: str, folder: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(requests.ConnectionError):
            requests.get(f"{address}/static/comments.css", timeout=60)
            return
        time.sleep(0.1)
    raise AssertionError(f"no answer:\n{(folder / 'server.log').read_text(errors='replace')}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
