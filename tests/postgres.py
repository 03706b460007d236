"""A PostgreSQL server for the tests: the one that is named, or one of this machine's own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

URL_KEY = "TEST_POSTGRES_URL"
_SYSTEM = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def binaries() -> Path | None:
    """Return the folder of the newest server installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[-3])
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def why_not() -> str:
    """Return why there is no PostgreSQL here, "" where there is."""
    if os.environ.get(URL_KEY):
        return ""
    if binaries() and os.geteuid() == 0 and not shutil.which("runuser", path=_SYSTEM):
        return "PostgreSQL does not run as root, and there is no runuser to be somebody else"
    if binaries():
        return ""
    return f"no PostgreSQL: install Debian's postgresql, or set {URL_KEY}"


def _as_user(command: list[str], user: str) -> list[str]:
    if os.geteuid():
        return command
    return [shutil.which("runuser", path=_SYSTEM) or "runuser", "-u", user, "--", *command]


@contextmanager
def server() -> Iterator[str]:
    """Run a server on a socket in a temporary folder; give the URL of its first database."""
    if url := os.environ.get(URL_KEY):
        yield url
        return
    programs = binaries()
    assert programs is not None
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if os.geteuid() == 0:
        shutil.chown(folder, user)
    control = [str(programs / "pg_ctl"), "-D", str(folder / "data"), "-w"]
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    initialise = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", "test", "-A", "trust"]
    try:
        run(_as_user([*initialise, "-E", "UTF8", "--no-locale"], user))
        run(_as_user([*control, "-o", options, "-l", str(folder / "log"), "start"], user))
        yield f"postgresql+psycopg://test@/postgres?host={folder}"
        run(_as_user([*control, "-m", "immediate", "stop"], user))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(command: list[str]) -> None:
    """Run a program, showing what it said where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
