"""Run Isso with the comments of a database of ours, for a comparison on one machine.

Isso comes from the package index into an environment of its own, and runs on gunicorn with one
process and eight threads, as its manual recommends, with limits and moderation off.
"""

import os
import sqlite3
import subprocess
import sys
import venv
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

THREADS = 8
_CONFIG = """
[general]
dbpath = {folder}/isso.sqlite3
host = {origin}
log-file = {folder}/isso.log
[guard]
enabled = false
[moderation]
enabled = false
[server]
trusted-proxies = 127.0.0.1
"""
_FILL = """
INSERT INTO threads (id, uri, title)
SELECT id, substr(url, {length} + 1), title FROM ours.comments_pages;
INSERT INTO comments (tid, id, parent, created, mode, remote_addr, text, author, voters)
SELECT page_id, id, parent_id, unixepoch(created_at), 1, '198.18.0.0', text, name, zeroblob(256)
FROM ours.comments_comments WHERE status = 'published';
"""  # fmt: skip


@dataclass(frozen=True)
class Isso:
    """An environment with Isso, and its settings and database in a folder."""

    folder: Path
    version: str

    def command(self, port: int) -> list[str]:
        """Return the command that serves."""
        return [
            str(self.folder / "env" / "bin" / "gunicorn"), "--bind", f"127.0.0.1:{port}",
            "--workers", "1", "--threads", str(THREADS), "isso.run",
        ]  # fmt: skip

    def environment(self) -> dict[str, str]:
        """Return the environment of the command."""
        return {**os.environ, "ISSO_SETTINGS": str(self.folder / "isso.cfg")}


def installed(folder: Path, origin: str) -> Isso | None:
    """Install Isso in a new folder; None, with a line on standard error, if that fails."""
    folder.mkdir()
    python = str(folder / "env" / "bin" / "python")
    (folder / "isso.cfg").write_text(_CONFIG.format(folder=folder, origin=origin), "utf-8")
    venv.create(folder / "env", with_pip=True)
    try:
        _run(python, "-m", "pip", "install", "--quiet", "isso", "gunicorn", "setuptools<81")
        version = _run(
            python, "-c", "from importlib.metadata import version as v; print(v('isso'))"
        )
        _run(
            python, "-c",
            "import sys; from isso import config, make_app; "
            "make_app(config.load(config.default_file(), sys.argv[1]), threading=True)",
            str(folder / "isso.cfg"),
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        print(f"Isso is left out: {error.stderr.strip()[-300:]}", file=sys.stderr)
        return None
    return Isso(folder, version.strip())


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def fill(isso: Isso, ours: Path, origin: str) -> None:
    """Copy the public comments of our SQLite database."""
    with closing(sqlite3.connect(isso.folder / "isso.sqlite3", isolation_level=None)) as kept:
        kept.execute("ATTACH ? AS ours", (str(ours),))
        kept.executescript(f"BEGIN; {_FILL.format(length=len(origin))} COMMIT; ANALYZE;")
