"""Break one thing at a time under a running server, and print what readers and posters see.

Run it with ``python tests/faults/run.py [WORD]``; WORD chooses the faults whose name contains it.
For each fault it measures how long ``/readyz`` takes to tell, and to be well again after the fault
has ended, and checks that no acknowledged comment is lost. The exit status is the number of faults
that were not told within five seconds, did not heal, or lost a comment. Faults that this machine
cannot cause (no root, no PostgreSQL) are reported as not run.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import requests
from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine, text

from comment_service import paths
from comment_service.storage.db.engine import engine_options
from comment_service.storage.db.sqlite_driver import preferred_module
from tests import postgres

PAGE = {"site": "default", "url": "https://blog.example/post", "title": "A post"}
HEADERS = {"Origin": "https://blog.example", "Accept": "text/html"}
TELL_SECONDS, HEAL_SECONDS = 5.0, 20.0
LOCKED_SECONDS = 8
SERVER = """
import sys
from datetime import timedelta
from pathlib import Path
from comment_service.app import create_app, prepare, start
from comment_service.cli.serve import listen
from comment_service.runtime import utc_now
def clock():
    return utc_now() + timedelta(days=float(Path(sys.argv[1]).read_text() or 0))
app = create_app(clock=clock)
prepare(app); start(app)
server = listen(app, "127.0.0.1", 0)
print(f"Listening on http://127.0.0.1:{server.port}", flush=True)
server.run()
"""
"""The server as `serve` runs it, with a clock that can be moved."""


class CannotRunError(Exception):
    """This machine cannot cause the fault."""


@dataclass
class Place:
    """A server on a folder, and what its clients know."""

    folder: Path
    keys: dict[str, str] = field(default_factory=dict)
    address: str = ""
    acknowledged: set[str] = field(default_factory=set)
    form_token: str = ""

    @property
    def database(self) -> Path:
        return self.folder / "data" / "comments.sqlite3"

    @property
    def url(self) -> str:
        return self.keys.get("COMMENTS_DATABASE_URL") or f"sqlite:///{self.database}"

    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("COMMENTS_")}
        ours = {
            "FOLDER": str(self.folder / "data"), "ALLOW_VOLATILE": "1", "MIN_SECONDS": "0",
            "ORIGINS": "https://blog.example", "RATE_MINUTE": "1000", "RATE_HOUR": "1000",
        }  # fmt: skip
        return {**inherited, **{f"COMMENTS_{k}": v for k, v in ours.items()}, **self.keys}

    def ready(self) -> tuple[bool, list[str]]:
        """Return what ``/readyz`` says, and the conditions that are not fine."""
        try:
            answer = requests.get(f"{self.address}/readyz", timeout=15)
            checks = answer.json().get("checks", [])
        except (requests.RequestException, json.JSONDecodeError):
            return False, ["no answer"]
        return answer.status_code == 200, [one["name"] for one in checks if one["status"] != "ok"]

    def open_form(self) -> None:
        address = f"{self.address}/form-token"
        answer = requests.get(address, params=PAGE, headers=HEADERS, timeout=30)
        self.form_token = answer.json()["token"]

    def read(self) -> str:
        answer = requests.get(f"{self.address}/thread.html", params=PAGE, timeout=60)
        return str(answer.status_code)

    def post(self) -> str:
        """Send the form of the page; return the status, and whether the text is given back."""
        key = secrets.token_hex(16)
        words = f"Half an hour of work {key}"
        sent = {**PAGE, "token": self.form_token, "key": key, "name": "Ada", "text": words}
        begun = time.monotonic()
        answer = requests.post(
            f"{self.address}/comments", data=sent, headers=HEADERS, timeout=60,
            allow_redirects=False,
        )  # fmt: skip
        took = time.monotonic() - begun
        if answer.status_code in {201, 303}:
            self.acknowledged.add(key)
            return f"stored after {took:.1f} s"
        return f"{answer.status_code}, text {'kept' if words in answer.text else 'LOST'}"

    def lost(self) -> int:
        """Return how many acknowledged comments the database does not have."""
        engine = create_engine(self.url, **engine_options(self.url))
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT idempotency_key FROM comments_comments"))
            stored = {str(key) for (key,) in rows}
        engine.dispose()
        return len(self.acknowledged - stored)


Undo = Callable[[], object]
Fault = Callable[[Place], Undo]


@contextlib.contextmanager
def serving(place: Place) -> Iterator[None]:
    offset = place.folder / "clock"
    offset.write_text("0", encoding="utf-8")
    command = [sys.executable, "-c", SERVER, str(offset)]
    with (place.folder / "server.log").open("w") as log, subprocess.Popen(
        command, env=place.environment(), stdout=subprocess.PIPE, stderr=log, text=True
    ) as process:  # fmt: skip
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None, (place.folder / "server.log").read_text(encoding="utf-8")
        place.address = found[0]
        try:
            yield
        finally:
            process.kill()


@contextlib.contextmanager
def plain(folder: Path) -> Iterator[Place]:
    yield Place(folder)


@contextlib.contextmanager
def own_model(folder: Path) -> Iterator[Place]:
    model = folder / "model"
    shutil.copytree(paths.shipped_model(), model)
    yield Place(folder, {"COMMENTS_MODEL_PATH": str(model)})


@contextlib.contextmanager
def mounted(folder: Path, *arguments: str) -> Iterator[Place]:
    (folder / "data").mkdir()
    done = subprocess.run(
        ["mount", *arguments, str(folder / "data")], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotRunError(f"cannot mount: {done.stderr.strip()}")
    try:
        yield Place(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder / "data")], check=True)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Place]:
    with mounted(folder, "-t", "tmpfs", "-o", "size=100M", "none") as place:
        yield place


@contextlib.contextmanager
def loop_disk(folder: Path) -> Iterator[Place]:
    image = folder / "image"
    with image.open("wb") as file:
        file.truncate(200 * 2**20)
    if subprocess.run(["mkfs.ext4", "-q", str(image)], check=False).returncode:
        raise CannotRunError("no mkfs.ext4")
    with mounted(folder, "-o", "loop", str(image)) as place:
        yield place


@contextlib.contextmanager
def on_postgres(folder: Path) -> Iterator[Place]:
    if why := postgres.why_not():
        raise CannotRunError(why)
    with postgres.server() as url:
        place = Place(folder, {"COMMENTS_DATABASE_URL": url})
        place.keys["socket"] = url.partition("host=")[2]
        yield place


@contextlib.contextmanager
def worker_apart(folder: Path) -> Iterator[Place]:
    place = Place(folder, {"COMMENTS_WORKER": "0"})
    (folder / "data").mkdir()
    yield place
    for process in _workers:
        process.kill()
        process.communicate()
    _workers.clear()


_workers: list["subprocess.Popen[str]"] = []


def start_worker(place: Place) -> None:
    command = [sys.executable, "-m", "comment_service", "worker"]
    process = subprocess.Popen(
        command, env=place.environment(), stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    _workers.append(process)


def fill_disk(place: Place) -> Undo:
    filler = place.folder / "data" / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 2**16)
    return filler.unlink


def make_read_only(place: Place) -> Undo:
    """Let the file system behave as after an error of the disk: it takes no more writes."""
    command = ["mount", "-o", "remount,abort", str(place.folder / "data")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRunError(f"cannot remount: {done.stderr.strip()}")
    return lambda: None


def lock(place: Place) -> Undo:
    script = (
        f"import sys, time; from {preferred_module().__name__} import connect\n"
        "held = connect(sys.argv[1], isolation_level=None); held.execute('BEGIN IMMEDIATE')\n"
        "print('locked', flush=True); time.sleep(float(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", script, str(place.database), str(LOCKED_SECONDS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    return process.communicate


def move(place: Place) -> Undo:
    aside = place.folder / "aside"
    place.database.rename(aside)
    return lambda: aside.rename(place.database)


def replace(place: Place) -> Undo:
    aside = place.folder / "aside"
    place.database.rename(aside)
    shutil.copy(aside, place.database)
    return lambda: aside.rename(place.database)


def stop_postgres(place: Place) -> Undo:
    folder = place.keys["socket"]
    programs = postgres.binaries()
    assert programs is not None
    control = [str(programs / "pg_ctl"), "-D", f"{folder}/data", "-w"]
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    postgres.run(postgres._as_user([*control, "-m", "immediate", "stop"], "postgres"))
    start = [*control, "-o", options, "-l", f"{folder}/log", "start"]
    return lambda: postgres.run(postgres._as_user(start, "postgres"))


def truncate_model(place: Place) -> Undo:
    file = place.folder / "model" / "arrays.npz"
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    return lambda: file.write_bytes(content)


def spoil_card(place: Place) -> Undo:
    file = place.folder / "model" / "card.json"
    content = file.read_text(encoding="utf-8")
    file.write_text(json.dumps({**json.loads(content), "hold_at": float("nan")}), encoding="utf-8")
    return lambda: file.write_text(content, encoding="utf-8")


def kill_worker(place: Place) -> Undo:
    _workers[-1].send_signal(signal.SIGKILL)
    _workers[-1].wait()
    return lambda: start_worker(place)


def move_clock(days: float) -> Fault:
    def fault(place: Place) -> Undo:
        offset = place.folder / "clock"
        offset.write_text(str(days), encoding="utf-8")
        place.open_form()
        assert place.post().startswith("stored")  # a row with the wrong time
        offset.write_text("0", encoding="utf-8")
        place.open_form()
        return lambda: None

    return fault


@dataclass(frozen=True)
class Case:
    """One fault: where the server runs, how it breaks, and what must be told."""

    name: str
    where: Callable[[Path], "contextlib.AbstractContextManager[Place]"]
    cause: Fault
    told: str  # the condition that is not fine
    unready: bool = True  # whether /readyz must answer 503
    heals: bool = True


CASES = (
    Case("full disk", small_disk, fill_disk, "disk"),
    Case("read-only disk", loop_disk, make_read_only, "database", heals=False),
    Case(f"locked for {LOCKED_SECONDS} s", plain, lock, "database"),
    Case("database file moved", plain, move, "database"),
    Case("database file replaced", plain, replace, "database"),
    Case("PostgreSQL stopped", on_postgres, stop_postgres, "database"),
    Case("model file truncated", own_model, truncate_model, "model"),
    Case("model card with NaN", own_model, spoil_card, "model"),
    Case("worker killed", worker_apart, kill_worker, "worker"),
    Case("clock a year ahead, then back", plain, move_clock(365), "clock", unready=False),
    Case("clock a year behind, then back", plain, move_clock(-365), "", unready=False),
)


@dataclass
class Outcome:
    """One line of the table."""

    told: str = "-"
    readers: str = "-"
    posters: str = "-"
    healed: str = "-"
    failure: str = ""


def until(wanted: Callable[[], bool], seconds: float) -> float | None:
    """Return the seconds until something holds, None if it does not within the time."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if wanted():
            return time.monotonic() - begun
        time.sleep(0.1)
    return None


def measure(case: Case, folder: Path) -> Outcome:
    """Cause a fault, look, undo it, and look again."""
    found = Outcome()
    with case.where(folder) as place, serving(place):
        if case.where is worker_apart:
            start_worker(place)
        if until(lambda: place.ready()[0], 60) is None:
            found.failure = f"never ready: {place.ready()[1]}"
            return found
        place.open_form()
        assert place.post().startswith("stored")
        undo = case.cause(place)

        def tells() -> bool:
            ready, names = place.ready()
            return (case.told in names if case.told else True) and ready is not case.unready

        told = until(tells, TELL_SECONDS + 3)
        state = place.ready()
        found.told = "never" if told is None else f"{told:.1f} s"
        found.readers, found.posters = place.read(), place.post()
        undo()
        healed = until(lambda: place.ready()[0], HEAL_SECONDS) if case.heals else 0.0
        found.healed = "never" if healed is None else f"{healed:.1f} s"
        if not case.heals:
            found.healed = "after a restart"
        elif not place.post().startswith("stored"):
            found.failure = "no post afterwards"
        if told is None or told > TELL_SECONDS:
            found.failure = f"told too late: {state}"
        if healed is None:
            found.failure = "did not heal"
        if "LOST" in found.posters:
            found.failure = "the text was not given back"
        if lost := place.lost():
            found.failure = f"{lost} acknowledged comments lost"
    return found


def main() -> int:
    """Measure all faults, or those whose name contains the first argument."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    table, failures = Table(title="Faults under a running server"), 0
    for column in ("fault", "/readyz tells after", "readers", "posters", "well again after", ""):
        table.add_column(column)
    for case in CASES:
        if wanted not in case.name:
            continue
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            try:
                found = measure(case, Path(folder))
            except CannotRunError as error:
                table.add_row(case.name, "not run", "", "", "", str(error))
                continue
        failures += bool(found.failure)
        row = (found.told, found.readers, found.posters, found.healed, found.failure or "ok")
        table.add_row(case.name, *row)
    Console(width=140).print(table)
    return failures


if __name__ == "__main__":
    sys.exit(main())
