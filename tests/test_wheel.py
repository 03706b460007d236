"""The wheel alone, far from the checkout: its command, its migrations, its server and its model."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from comment_service.cli.demo.browser import Browser

ROOT = Path(__file__).parent.parent
NEEDED = (
    "comment_service/_shipped/models/base/",
    "comment_service/_shipped/deploy/comment-service.service",
    "comment_service/_shipped/deploy/nginx-host.conf",
    "comment_service/_shipped/migrations/env.py",
    "comment_service/_shipped/migrations/script.py.mako",
    "comment_service/_shipped/migrations/versions/0001_",
    "comment_service/templates/comments/comments/_thread.html",
    "comment_service/templates/comments/moderation/queue.html",
    "comment_service/static/comments.js",
    "comment_service/static/comments.css",
    "comment_service/cli/demo/templates/post.html",
    "comment_service/cli/demo/assets/blog.css",
    "comment_service/cli/demo/comments.toml",
    "comment_service/cli/demo/spam.toml",
)

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """Run a command to its end; return what it printed."""
    env = {**os.environ, **variables}
    done = subprocess.run(
        [str(p) for p in command], check=False, cwd=cwd, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    python = (sys.executable, "-m", "build", "--wheel", "--no-isolation")
    run(*python, "--outdir", folder, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return ``comment-service`` of a fresh environment: the wheel, and our dependencies alone."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    scripts = folder / "bin"
    pip = (sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--no-deps")
    run(*pip, "--no-index", "--disable-pip-version-check", "-q", wheel, cwd=folder)
    lent = folder / "lent"
    lent.mkdir()
    ours = Path(sysconfig.get_paths()["purelib"])
    for entry in ours.iterdir():  # without the checkout itself, which is installed there
        if not entry.name.startswith(("comment_service", "_comment_service", "__editable__")):
            (lent / entry.name).symlink_to(entry)
    site = next((folder / "lib").glob("python*")) / "site-packages"
    (site / "lent.pth").write_text(f"{lent}\n")
    return scripts / "comment-service"


@pytest.fixture
def data(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a server whose folder is new."""
    return {
        "COMMENTS_FOLDER": str(tmp_path / "data"),
        "COMMENTS_ALLOW_VOLATILE": "1",
        "PYTHONPATH": "",
        "PYTHONUNBUFFERED": "1",
    }


def test_everything_that_runs_is_inside(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    missing = [part for part in NEEDED if not any(name.startswith(part) for name in names)]
    assert missing == []
    languages = (ROOT / "comment_service" / "translations").glob("*/LC_MESSAGES/*.po")
    texts = {str(path.relative_to(ROOT)) for path in languages}
    assert texts <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "docs/", "benchmarks/"))]
    assert not [name for name in names if name.endswith((".pyc", ".sqlite3", ".pickle"))]


def test_nothing_of_the_checkout_is_used(command: Path, tmp_path: Path) -> None:
    code = "import comment_service; print(comment_service.__file__)"
    found = run(command.parent / "python", "-c", code, cwd=tmp_path, PYTHONPATH="")
    assert Path(found.strip()).is_relative_to(command.parent.parent)


def test_the_command_explains_itself(command: Path, data: dict[str, str], tmp_path: Path) -> None:
    printed = run(command, "--help", cwd=tmp_path, **data)
    for word in ("serve", "demo", "db", "moderator", "spam"):
        assert word in printed
    assert not (tmp_path / "data").exists(), "asking for help makes nothing"


def test_a_migration_up_and_down(command: Path, data: dict[str, str], tmp_path: Path) -> None:
    up = run(command, "db", "upgrade", cwd=tmp_path, **data)
    assert re.search(r"The database is at \w+\.", up)
    down = run(command, "db", "downgrade", "base", "--yes", cwd=tmp_path, **data)
    assert "The database is at base." in down
    assert run(command, "db", "upgrade", cwd=tmp_path, **data) == up


@pytest.fixture
def server(command: Path, data: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """Return the address of a running server."""
    with subprocess.Popen(
        [str(command), "serve", "--port", "0"],
        cwd=tmp_path,
        env={**os.environ, **data, "COMMENTS_ORIGINS": "https://blog.example"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:  # ends where the process ends
            printed += line
            if found := re.search(r"Listening on (\S+)", line):
                break
        else:
            pytest.fail(printed)
        yield found[1]
        process.terminate()


def test_the_server_answers_with_a_model_and_a_thread(server: str) -> None:
    visitor = Browser()
    health = visitor.get(f"{server}/health")
    assert health.status == 200, health.text
    assert health.json()["model"]
    page = {"site": "default", "url": "https://blog.example/post", "title": "A post"}
    thread = visitor.get(f"{server}/thread.html", page)
    assert "No comments yet" in thread.text
    for name in re.findall(r'(?:src|href)="(/static/[^"]+)"', thread.text):
        assert visitor.get(server + name).status == 200, name
    said = {"token": visitor.get(f"{server}/form-token", page).json()["token"], "key": "k" * 20}
    words = {"name": "Ada", "text": "Thank you, the part about the wheel was new to me."}
    answer = visitor.post_json(f"{server}/comments", {**page, **said, **words})
    assert answer.status == 201, answer.text
