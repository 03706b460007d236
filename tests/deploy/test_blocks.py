"""The unit, the proxy blocks and the Dockerfile in ``deploy/`` are used as they are written."""

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.conftest import MakeApp, absent
from tests.deploy.installation import behind_caddy, behind_nginx, initialise, run, serving
from tests.deploy.user_actions import Walk, run_all
from tests.notify.conftest import Mailbox, mailbox

__all__ = ["mailbox"]

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FRONTS = {"nginx": behind_nginx, "caddy": behind_caddy}
OWN, BELOW = "", "/comments"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("proxy", "path"),
    [
        pytest.param("nginx", BELOW, id="nginx-under a path"),
        pytest.param("caddy", OWN, id="caddy-own host"),
        pytest.param("nginx", OWN, id="nginx-own host", marks=pytest.mark.long),
        pytest.param("caddy", BELOW, id="caddy-under a path", marks=pytest.mark.long),
    ],
)
def test_every_user_action_works_as_installed(
    proxy: str, path: str, tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> None:
    tmp_path.chmod(0o755)
    made = initialise(tmp_path, proxy, path, mailbox[1])

    def newest_mail(address: str) -> str:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if any(address in envelope.rcpt_tos for envelope in mailbox[0].mails):
                break
            time.sleep(0.1)
        return mailbox[0].newest(address)

    with serving(made), FRONTS[proxy](made) as authority:
        origin = "/".join(made.url.split("/")[:3])
        if path:
            assert "My blog" in requests.get(origin, verify=authority, timeout=20).text
        walk = Walk(made.url, origin, lambda: made.owner_link, newest_mail, authority)
        passed, failures = run_all(walk)
        assert not failures, "\n\n".join(failures)
        assert passed >= 40
        found = requests.get(f"{made.url}/readyz", verify=authority, timeout=20).json()
        assert found["ready"], found
        checked = run("check", "--config", str(made.settings))
        assert "problem" not in checked
        assert all(c.secure for c in walk.ada.session.cookies), "the public address is https"


SHOWN = sorted(p.name for p in DEPLOY.iterdir() if p.suffix not in {".sh", ".json"})


def test_the_dashboard_and_the_guide_name_metrics_that_exist(
    make_app: MakeApp, sqlite_url: str
) -> None:
    app = make_app(sqlite_url, METRICS_TOKEN="t")
    body = app.test_client().get("/metrics", headers={"Authorization": "Bearer t"}).text
    served = set(re.findall(r"^# TYPE (\w+)", body, re.MULTILINE))
    panels = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))["panels"]
    asked = " ".join(target["expr"] for panel in panels for target in panel["targets"])
    guide = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    named = re.findall(r"\bcomments_\w+", asked) + re.findall(
        r"`(comments_(?:outbox|queue|filter|http|kept|verdict)\w*)`", guide
    )
    of_model = "comments_filter_model_age_days"  # of a site with a model of its own
    assert {name.removesuffix("_bucket") for name in named} - {of_model} <= served


@pytest.mark.parametrize("name", SHOWN)
def test_the_guide_shows_each_file_as_it_is(name: str) -> None:
    guide = (ROOT / "docs/deploying.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    assert (DEPLOY / name).read_text(encoding="utf-8") in blocks


def tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        absent(f"no {name}")
    return str(found)


def test_the_unit_is_hardened(tmp_path: Path) -> None:
    unit = shutil.copy(DEPLOY / "comment-service.service", tmp_path)
    command = [tool("systemd-analyze"), "security", "--offline=yes", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    level = re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)
    assert level is not None, done.stdout
    assert float(level[1]) <= 2.0


def test_the_dockerfile_passes_its_linter() -> None:
    done = subprocess.run(
        [tool("hadolint"), str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_dockerfile_copies_what_the_build_needs_and_runs_as_nobody() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = {name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]}
    assert {
        "pyproject.toml",
        "constraints.txt",
        "comment_service",
        "migrations",
        "models",
    } <= copied
    allowed = set((ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines())
    from_context = {name for name in copied if not name.startswith(("/", "--"))}
    assert {f"!{name}" for name in from_context} <= allowed
    assert "RUN deploy/build.sh /opt/comment-service" in lines
    assert "USER 10001" in lines


@pytest.mark.long
def test_what_the_dockerfile_runs_makes_a_server(tmp_path: Path) -> None:
    target = tmp_path / "opt"
    subprocess.run([str(DEPLOY / "build.sh"), str(target)], check=True, timeout=900, cwd=tmp_path)
    done = subprocess.run(
        [f"{target}/bin/comment-service", "demo", "--check"],
        capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path,
        env={"PATH": f"{target}/bin", "HOME": str(tmp_path), "COMMENTS_ALLOW_VOLATILE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
