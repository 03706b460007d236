"""Install clients from their registries; a test is skipped if a registry cannot be reached."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

_UNREACHABLE = re.compile(
    r"ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH"
    r"|NewConnectionError|Temporary failure in name resolution|Read timed out|ProxyError"
)


def pip_install(folder: Path, *packages: str) -> Path:
    """Install packages into a virtual environment of their own; return its folder of programs."""
    programs = folder / "venv" / "bin"
    subprocess.run([sys.executable, "-m", "venv", programs.parent], check=True)
    _run([str(programs / "pip"), "install", "-q", *packages], folder)
    return programs


def npm_install(folder: Path, *packages: str) -> None:
    """Install packages into a folder."""
    _run(["npm", "install", "--no-audit", "--no-fund", *packages], folder)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    if done.returncode != 0 and _UNREACHABLE.search(told):
        pytest.skip(f"{command[0]}: the registry cannot be reached")
    assert done.returncode == 0, told[-2000:]
