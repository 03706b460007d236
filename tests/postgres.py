"""A PostgreSQL server for the tests: the one that is named, or one of this machine's own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

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
    with _folder() as folder:
        command = [_program("initdb"), "-D", str(folder / "data"), "-U", "test", "-A", "trust"]
        run(_as_user([*command, "-E", "UTF8", "--no-locale"], _user()))
        started = _Server(folder)
        started.start()
        yield started.url
        started.stop()


@contextmanager
def streaming_replica(primary: str) -> Iterator["Replica"]:
    """Run a streaming replica of a server that ``server`` started."""
    host = str(make_url(primary).query["host"])
    with _folder() as folder:
        command = [_program("pg_basebackup"), "-h", host, "-U", "test", "-D", str(folder / "data")]
        run(_as_user([*command, "-R", "-X", "stream", "--checkpoint=fast"], _user()))
        started = Replica(folder)
        started.start()
        yield started
        started.stop()


@dataclass(frozen=True)
class _Server:
    """A server of this machine's PostgreSQL, in a folder of its own."""

    folder: Path

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://test@/postgres?host={self.folder}"

    def start(self) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        self._control("-o", options, "-l", str(self.folder / "log"), "start")

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")

    def _control(self, *command: str) -> None:
        control = [_program("pg_ctl"), "-D", str(self.folder / "data"), "-w"]
        run(_as_user([*control, *command], _user()))


class Replica(_Server):
    """A streaming replica, which can be made to lag."""

    @property
    def process(self) -> int:
        """Return the id of the process that takes new connections."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def pause(self) -> None:
        """Show no later change until ``resume``."""
        self.call("pg_wal_replay_pause()")
        while self.call("pg_get_wal_replay_pause_state()") != "paused":
            pass

    def resume(self) -> None:
        self.call("pg_wal_replay_resume()")

    def call(self, function: str) -> object:
        """Return the result of a function, or of what follows SELECT."""
        engine = create_engine(self.url)
        with engine.connect() as connection:
            found: object = connection.scalar(text(f"SELECT {function}"))
        engine.dispose()
        return found


@contextmanager
def _folder() -> Iterator[Path]:
    """Yield a temporary folder of the user as whom the server runs."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _user())
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> str:
    return "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def _program(name: str) -> str:
    found = binaries()
    assert found is not None
    return str(found / name)


def run(command: list[str]) -> None:
    """Run a program, showing what it said where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
