"""During an upgrade, old code runs on the new schema beside the new code.

The old code is that of the commit before the one that added the newest migration.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
USE = """
import json, secrets, sys
from comment_service import app as package
from comment_service.actions.admin import login
from comment_service.storage.db.session import transaction, session
from comment_service.storage.tables import Comment
from sqlalchemy import select

folder, name, migrate = sys.argv[1:]
app = package.create_app({
    "COMMENTS_FOLDER": folder, "COMMENTS_ALLOW_VOLATILE": True, "COMMENTS_WORKER": False,
    "COMMENTS_ORIGINS": "https://blog.example", "COMMENTS_MIN_SECONDS": 0,
    "COMMENTS_POLICY": "publish", "COMMENTS_AUTO_MIGRATE": migrate == "1",
})
package.prepare(app)
page = {"site": "default", "url": "https://blog.example/post", "title": "A post"}
client = app.test_client()
client.environ_base["REMOTE_ADDR"] = f"203.0.113.{len(name)}{ord(name[0]) % 10}"

def post(path, **fields):
    token = client.get("/form-token", query_string=page).get_json()["token"]
    body = {**page, "token": token, "key": secrets.token_hex(16), **fields}
    return client.post(path, json=body, headers={"Authorization": f"Bearer {seen}"} if seen else {})

seen = ""
posted = post("/comments", name=name, text=f"What {name} says about the boat and the harbour")
seen = posted.get_json()["visitor"]
number = posted.get_json()["id"]
reply = post("/comments", name=name, text=f"And {name} has a reply to it as well", parent=number)
edited = post(f"/comments/{number}/edit", text=f"What {name} says, after a change", expected=0)
liked = post("/likes", comment=1, liked=True)
with app.app_context(), transaction() as current:
    state = app.extensions["comments"]
    person = login.add_moderator(session=current, runtime=state, name=name,
        email=f"{name}@blog.example", role="owner", site_id=None)
    _purpose, link = login.create_link(session=current, runtime=state, moderator=person)
inside = app.test_client()
import re
def csrf(answer):
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.get_data(as_text=True))[1]
token = csrf(inside.get(f"/moderation/enter/{link}"))
enter = f"/moderation/enter/{link}"
entered = inside.post(enter, data={"csrf_token": token}, follow_redirects=True)
decided = inside.post(f"/moderation/comments/{reply.get_json()['id']}/decide",
    data={"csrf_token": csrf(entered), "decision": "spam"}, headers={"Accept": "application/json"})
thread = client.get("/thread", query_string=page).get_data(as_text=True)
counted = client.get("/counts", query_string=page)
print(json.dumps({
    "statuses": [posted.status_code, reply.status_code, edited.status_code, liked.status_code,
                 decided.status_code],
    "shown": sorted(set(re.findall(r"What (\\w+) says, after a change", thread))),
    "spam": "has a reply" in thread,
    "counts": counted.get_json()["counts"],
    "likes": liked.get_json()["count"],
    "code": package.__file__,
}))
"""


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


@pytest.fixture
def old_code(tmp_path: Path) -> Path:
    newest = max((ROOT / "migrations" / "versions").glob("*.py")).relative_to(ROOT)
    added = _git("log", "--diff-filter=A", "--format=%H", "-n1", "--", str(newest))
    archive = tmp_path / "old.tar"
    folders = ("comment_service", "models", "migrations", "pyproject.toml")
    if not added or not _git("rev-parse", "--verify", f"{added}~1"):
        pytest.skip("the history of the repository is not here")
    _git("archive", "-o", str(archive), f"{added}~1", *folders)
    target = tmp_path / "old"
    target.mkdir()
    subprocess.run(["tar", "xf", archive, "-C", target], check=True)
    return target


def use(code: Path, folder: Path, name: str) -> dict[str, object]:
    """Write, edit, like and moderate with one version of the code; return what it shows."""
    done = subprocess.run(
        [sys.executable, "-c", USE, str(folder), name, str(int(code == ROOT))],
        cwd=code,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(code), "HOME": str(folder)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    assert str(told.pop("code")).startswith(str(code))
    assert told["statuses"] == [201, 201, 200, 200, 200], told
    assert told["spam"] is False
    return told


@pytest.mark.long
def test_old_code_runs_on_the_new_schema_beside_the_new_code(
    old_code: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    assert use(ROOT, folder, "ada")["shown"] == ["ada"]
    assert use(old_code, folder, "bob")["shown"] == ["ada", "bob"]
    told = use(ROOT, folder, "cid")
    assert told["shown"] == ["ada", "bob", "cid"]
    assert told["likes"] == 3
    [counted] = told["counts"].values()  # type: ignore[attr-defined]
    assert counted["count"] == 3
