"""Akismet clients from their registries, unmodified but for the address, ask a running server."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from comment_service.app import create_app, prepare
from tests.clients.registries import npm_install, pip_install
from tests.web.akismet.test_akismet import make_key

pytestmark = pytest.mark.slow
SPAM = (
    "buy cheap viagra online <a href='http://pills.example'>best price</a> casino bonus, "
    "no prescription, click here http://casino.example"
)
HAM = "Thank you for the explanation; the second example helped me to fix my own setup."


class Server:
    """A running server with one key."""

    def __init__(self, folder: Path) -> None:
        config = {
            "COMMENTS_FOLDER": str(folder),
            "COMMENTS_ALLOW_VOLATILE": "1",
            "COMMENTS_ORIGINS": "https://blog.example",
            "COMMENTS_WORKER": "0",
        }
        app = create_app(config)
        prepare(app)
        self.key = make_key(app)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "comment_service", "serve", "--port", str(self.port)],
            env={**os.environ, **config},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.url = f"http://127.0.0.1:{self.port}"
        for _try in range(100):
            try:
                requests.get(f"{self.url}/healthz", timeout=1)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        # the first text loads the model, which takes longer than some clients wait
        first = {"api_key": self.key, "blog": "b", "user_ip": "192.0.2.1", "comment_content": HAM}
        requests.post(f"{self.url}/1.1/comment-check", data={**first, "is_test": "1"}, timeout=60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("akismet"))
    yield running
    running.process.terminate()
    running.process.wait(20)


PYTHON_CLIENT = """
import asyncio, datetime, json, sys
import akismet, httpx
from akismet import AsyncClient, Config, SyncClient

base, key, spam, ham = sys.argv[1:]

def hook(request):
    # Only the address is changed. The key stands in the host name too: key_sites sends none.
    port = int(base.rpartition(":")[2])
    request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=port)
    request.headers["host"] = f"{key}.localhost:{port}"

async def async_hook(request):
    hook(request)

config = Config(key=key, url="https://wordpress.example")
told = {}
http = httpx.Client(event_hooks={"request": [hook]}, timeout=10)
client = SyncClient(config, http_client=http)
told["verify"] = client.verify_key()
told["wrong"] = client.verify_key("000000000000", "https://wordpress.example")
told["spam"] = client.comment_check("203.0.113.9", comment_content=spam).name
told["ham"] = client.comment_check("203.0.113.9", comment_content=ham, comment_author="Ada").name
told["submit_spam"] = client.submit_spam("203.0.113.9", comment_content=spam)
told["submit_ham"] = client.submit_ham("203.0.113.9", comment_content=ham)
told["sites"] = type(client.key_sites()).__name__
told["usage"] = client.usage_limit()["usage"]

async def later():
    http = httpx.AsyncClient(event_hooks={"request": [async_hook]}, timeout=10)
    client = AsyncClient(config, http_client=http)
    told["async"] = [
        await client.verify_key(),
        (await client.comment_check("203.0.113.9", comment_content=spam)).name,
        await client.submit_spam("203.0.113.9", comment_content=spam),
        (await client.usage_limit())["throttled"],
    ]
asyncio.run(later())
print(json.dumps(told))
"""


def test_python_client(server: Server, tmp_path: Path) -> None:
    programs = pip_install(tmp_path, "akismet>=25.10")
    done = subprocess.run(
        [programs / "python", "-c", PYTHON_CLIENT, server.url, server.key, SPAM, HAM],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert (told["verify"], told["wrong"]) == (True, False)
    assert told["spam"] in {"SPAM", "DISCARD"}
    assert told["ham"] == "HAM"
    assert told["submit_spam"] is told["submit_ham"] is True
    assert told["usage"] >= 2
    assert told["async"][0] is True
    assert told["async"][1] in {"SPAM", "DISCARD"}
    assert told["async"][2:] == [True, False]


NAMES = """
import dns from 'node:dns';
const lookup = dns.lookup;
dns.lookup = (name, ...more) => lookup(name.endsWith('.localhost') ? '127.0.0.1' : name, ...more);
"""
"""Resolves KEY.localhost, as a wildcard record does for KEY.comments.example."""
NODE_CLIENTS = """
import {AkismetClient} from 'akismet-api';
import {Author, Blog, CheckResult, Client, Comment} from '@cedx/akismet';
const [base, key, spam, ham] = process.argv.slice(2);
const told = {};
const host = base.replace('http://127.0.0.1', 'localhost');

const one = new AkismetClient({key, blog: 'https://wordpress.example', host, protocol: 'http'});
const comment = content => ({
  ip: '203.0.113.9', useragent: 'Browser', content, type: 'comment', name: 'Ada',
});
told.one = [
  await one.verifyKey(),
  await one.checkSpam(comment(spam)),
  await one.checkSpam(comment(ham)),
];
await one.submitSpam(comment(spam));
await one.submitHam(comment(ham));

const blog = new Blog({charset: 'UTF-8', languages: ['en'], url: 'https://wordpress.example'});
const two = new Client(key, blog, {baseUrl: base + '/'});
const author = new Author({
  ipAddress: '203.0.113.9', name: 'Ada', role: 'guest', userAgent: 'Browser',
});
const text = content => new Comment({author, content, date: new Date(), type: 'comment'});
told.two = [
  await two.verifyKey(),
  await two.checkComment(text(spam)) !== CheckResult.ham,
  await two.checkComment(text(ham)) === CheckResult.ham,
];
await two.submitSpam(text(spam));
await two.submitHam(text(ham));
told.wrong = await new Client('000000000000', blog, {baseUrl: base + '/'}).verifyKey();
console.log(JSON.stringify(told));
"""


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node.js is not installed")
def test_node_clients(server: Server, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"type": "module"}')
    npm_install(tmp_path, "akismet-api@6", "@cedx/akismet@16")
    (tmp_path / "names.mjs").write_text(NAMES)
    (tmp_path / "try.mjs").write_text(NODE_CLIENTS)
    done = subprocess.run(
        ["node", "--import", "./names.mjs", "try.mjs", server.url, server.key, SPAM, HAM],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == {
        "one": [True, True, False],
        "two": [True, True, True],
        "wrong": False,
    }
