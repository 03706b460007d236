"""Clients that generators from PyPI and npm make of the OpenAPI document read a thread."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from comment_service.app import create_app
from tests.clients.registries import npm_install, pip_install
from tests.clients.test_akismet_clients import Server
from tests.web.api.programs import make_key

pytestmark = pytest.mark.slow
DOCUMENT = Path(__file__).parents[2] / "docs/openapi.json"
"""A test says that this is what a server serves."""
PAGE = "https://blog.example/post"
TEXT = "Thank you for the explanation; the second example helped me."


@dataclass(frozen=True)
class Api:
    """A running server with a thread, and a key that may read it."""

    url: str
    key: str


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("api")
    running = Server(folder)
    app = create_app(
        {
            "COMMENTS_FOLDER": str(folder),
            "COMMENTS_ALLOW_VOLATILE": True,
            "COMMENTS_ORIGINS": "https://blog.example",
            "COMMENTS_WORKER": False,
        }
    )
    key = make_key(app, scopes=["read", "comment"])
    comment = {"url": PAGE, "title": "A post", "text": TEXT, "author": {"name": "Ada"}}
    headers = {"Authorization": f"Bearer {key}"}
    sent = requests.post(
        f"{running.url}/api/v1/comments", json=comment, headers=headers, timeout=60
    )
    assert (sent.status_code, sent.json()["status"]) == (201, "published")
    yield Api(running.url, key)
    running.process.terminate()
    running.process.wait(20)


PYTHON = """
import sys
from made import AuthenticatedClient
from made.api.pages import get_thread
from made.api.sites import list_sites

base, key, page = sys.argv[1:]
with AuthenticatedClient(base_url=base, token=key) as client:
    assert list_sites.sync(client=client).items[0].key == "default"
    thread = get_thread.sync(client=client, url_query=page)
    print(thread.page.title, thread.items[0].text, thread.items[0].created_at.tzinfo, sep="|")
    wrong = get_thread.sync(client=client, url_query="https://blog.example/none")
    assert (wrong.status, wrong.code) == (404, "not_there")
"""


def test_a_python_client_reads_a_thread(api: Api, tmp_path: Path) -> None:
    programs = pip_install(tmp_path, "openapi-python-client>=0.29")
    made = subprocess.run(
        [programs / "openapi-python-client", "generate", "--path", DOCUMENT,
         "--output-path", tmp_path / "made", "--meta", "none", "--fail-on-warning"],
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    subprocess.run([programs / "python", "-m", "compileall", "-q", tmp_path / "made"], check=True)
    done = subprocess.run(
        [programs / "python", "-c", PYTHON, api.url, api.key, PAGE],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    title, text, zone = done.stdout.strip().split("|")
    assert (title, text) == ("A post", TEXT)
    assert zone.lower() in {"utc", "tzutc()"}


TYPESCRIPT = """
import createClient from 'openapi-fetch';
import type {paths} from './schema.js';

const [base, key, url] = process.argv.slice(2) as [string, string, string];
const client = createClient<paths>({baseUrl: base, headers: {Authorization: `Bearer ${key}`}});
const {data, error} = await client.GET('/api/v1/thread', {params: {query: {url}}});
if (!data) throw new Error(error.detail);
const texts: string[] = data.items.map(item => item.text);
const none = await client.GET('/api/v1/comments/{comment_id}', {
  params: {path: {comment_id: 999}},
});
console.log(JSON.stringify({title: data.page.title, texts, code: none.error?.code}));
"""


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node.js is not installed")
def test_a_typescript_client_reads_a_thread(api: Api, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "read.ts").write_text(TYPESCRIPT)
    tools = ("openapi-typescript@7", "openapi-fetch", "typescript@5", "@types/node@20")
    npm_install(tmp_path, *tools)
    steps = (
        ["npx", "openapi-typescript", str(DOCUMENT), "-o", "schema.d.ts"],
        ["npx", "tsc", "--strict", "--target", "es2022", "--module", "nodenext",
         "--moduleResolution", "nodenext", "read.ts"],
    )  # fmt: skip
    for step in steps:
        done = subprocess.run(step, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    read = subprocess.run(
        ["node", "read.js", api.url, api.key, PAGE],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert read.returncode == 0, read.stderr[-2000:]
    assert json.loads(read.stdout) == {"title": "A post", "texts": [TEXT], "code": "comment_gone"}
