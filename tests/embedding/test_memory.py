"""What a process imports before somebody writes: no library that only other processes need."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from comment_service import create_app
app = create_app({
    "COMMENTS_FOLDER": sys.argv[1], "COMMENTS_ALLOW_VOLATILE": True, "COMMENTS_WORKER": False,
    "COMMENTS_ORIGINS": "https://blog.example",
})
from comment_service.app import prepare
if sys.argv[2] == "migrate":
    prepare(app)
    raise SystemExit
client = app.test_client()
query = {"site": "default", "url": "https://blog.example/post"}
for path in ("/embed.js", "/thread", "/counts", "/news", "/latest", "/health"):
    assert client.get(path, query_string=query).status_code == 200, path
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
RARE = {
    "sklearn", "scipy", "numpy", "authlib", "alembic", "mako", "pygments", "webauthn", "pydantic",
}  # fmt: skip


def test_a_process_that_serves_readers_imports_no_rare_library(tmp_path: Path) -> None:
    def run(kind: str) -> set[str]:
        command = [sys.executable, "-c", SCRIPT, str(tmp_path), kind]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return set(done.stdout.split())

    run("migrate")
    found = run("read")
    assert "sqlalchemy" in found
    assert not found & RARE
