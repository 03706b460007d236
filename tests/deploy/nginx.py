"""Run Debian's nginx in front of a server, with a configuration of the test's own."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import requests

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")

_MAIN = """
{user}daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_cache_path {folder}/cache keys_zone=z:1m;
{servers}
}}
"""
HEADERS = """
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
"""


@contextlib.contextmanager
def nginx(folder: Path, servers: str, ready: str) -> Iterator[None]:
    """Run nginx with these ``server`` blocks; the address ``ready`` answers when it runs."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)
    user = "user root; " if os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(
        _MAIN.format(folder=folder, servers=servers, user=user), encoding="utf-8"
    )
    assert NGINX is not None
    process = subprocess.Popen([NGINX, "-c", str(configuration), "-p", str(folder)])
    try:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            with contextlib.suppress(requests.ConnectionError):
                requests.get(ready, timeout=5)
                break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)
