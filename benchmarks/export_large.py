"""Measure time and peak memory of exports, loading, backup and restore of a large site.

    python benchmarks/export_large.py sqlite|postgresql [COMMENTS]

Builds a site (100,000 comments by default), runs each command in a process of its own, and checks
that a loaded and a restored copy export the same lines; the load is killed with ``kill -9`` at
three points before it runs to its end, which must leave the place empty. Each command must take
less than 300 MB of memory.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

from sqlalchemy import create_engine, make_url, text

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import crowded_site
from benchmarks.moderation_queue import database
from comment_service.app import create_app, prepare
from comment_service.storage.db.session import close_connections
from tests.fakes import FakeClassifier

COMMENTS = 100_000
BOUND = 300
"""Largest peak memory of a command in megabytes."""
LAUNCHER = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_pid, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss)
sys.exit(status != 0)
"""
"""A small process between: the peak of a child counts its parent's memory before it starts."""
KILLED_AT = (0.15, 0.45, 0.8)
LOADED_PER_SECOND = 10_000
"""A rate that is not reached, so that no load ends before it is killed."""
FORMATS = ("native", "wxr", "disqus", "csv", "html")


def main() -> None:
    """Build, run every command, print a table."""
    kind = sys.argv[1] if len(sys.argv) > 1 else "sqlite"
    number = int(sys.argv[2]) if len(sys.argv) > 2 else COMMENTS
    with database(kind) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys = settings(url, folder / "data")
        app = create_app(keys, classifier=FakeClassifier())
        prepare(app)
        crowded_site.build(app, number, number // 10)
        close_connections(app)
        print(f"{kind}, {number:,} comments\n\n| command | seconds | peak MB | file MB |")
        print("| --- | --- | --- | --- |")
        for form in FORMATS:
            run(f"export --format {form}", keys, "export", str(folder / form), "--format", form,
                "--site", "default")  # fmt: skip
        everything = folder / "all.jsonl"
        run("export", keys, "export", str(everything))
        run("backup", keys, "backup", str(folder / "backup.tar.gz"))
        empty = settings(another(url, folder, "loaded"), folder / "loaded")
        interrupt(empty, "load", str(everything), seconds=loading(number))
        run("load", empty, "load", str(everything))
        compare(empty, everything, folder / "again.jsonl")
        restored = settings(another(url, folder, "restored"), folder / "restored")
        run("restore", restored, "restore", str(folder / "backup.tar.gz"), "--yes")
        compare(restored, everything, folder / "restored.jsonl")


def settings(url: str, folder: Path) -> Mapping[str, str]:
    """Return the configuration of a server."""
    return {
        "COMMENTS_DATABASE_URL": url,
        "COMMENTS_FOLDER": str(folder),
        "COMMENTS_ALLOW_VOLATILE": "1",
    }


def another(url: str, folder: Path, name: str) -> str:
    """Return the URL of another, empty database of the same kind."""
    if url.startswith("sqlite"):
        return f"sqlite:///{folder / name}.sqlite3"
    with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def run(title: str, keys: Mapping[str, str], *words: str) -> None:
    """Run a command and print its time, its peak memory and the size of its file."""
    seconds, peak = measured(keys, words)
    file = Path(words[1])
    print(f"| {title} | {seconds:.1f} | {peak:.0f} | {file.stat().st_size / 1e6:.0f} |", flush=True)
    assert peak < BOUND, "too much memory"


def interrupt(keys: Mapping[str, str], *words: str, seconds: Sequence[float]) -> None:
    """Start a command and kill it, once after each of these times."""
    for after in seconds:
        process = subprocess.Popen(
            [sys.executable, "-m", "comment_service", *words],
            env={**os.environ, **keys}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            _out, problem = process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            print(f"| (killed after {after:.0f} s) | | | |", flush=True)
        else:
            raise AssertionError(f"ended before it could be killed: {problem.decode()}")


def loading(number: int) -> Sequence[float]:
    """Return times in seconds at which a load of so many comments is under way."""
    return [max(2.0, share * number / LOADED_PER_SECOND) for share in KILLED_AT]


def measured(keys: Mapping[str, str], words: Sequence[str]) -> tuple[float, float]:
    """Run a command; return seconds and peak resident memory in megabytes."""
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, sys.executable, "-m", "comment_service", *words],
        env={**os.environ, **keys}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (words, done.stderr)
    return perf_counter() - start, int(done.stdout.splitlines()[-1]) / 1024


def compare(keys: Mapping[str, str], first: Path, second: Path) -> None:
    """Export a copy and compare all lines but the header with the original's."""
    measured(keys, ("export", str(second)))
    assert digest(first) == digest(second), "the copy differs"
    print(f"| (its export is identical) | | | {digest(second)[:12]} |")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file without its first line."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        file.readline()
        while part := file.read(2**20):
            found.update(part)
    return found.hexdigest()


if __name__ == "__main__":
    main()
