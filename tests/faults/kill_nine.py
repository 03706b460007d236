"""Kill the server with SIGKILL while clients post; check that every acknowledged comment is stored.

Run it with ``python tests/faults/kill_nine.py [--clients 20] [--seconds 5]``. It starts the real
server on a temporary folder, kills it, starts it again on the same folder, and lets every client
without an answer send the same form again. The exit code is 0 only if no acknowledged comment is
lost or duplicated, and the database is intact.
"""

import argparse
import os
import re
import secrets
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from comment_service.cli.demo.browser import Browser

PAGE = {"site": "default", "url": "https://blog.example/post", "title": "A post"}
CONFIG = {
    "COMMENTS_ALLOW_VOLATILE": "1",
    "COMMENTS_ORIGINS": "https://blog.example",
    "COMMENTS_MIN_SECONDS": "0",
    "COMMENTS_RATE_MINUTE": "1000000",
    "COMMENTS_RATE_HOUR": "1000000",
}
FIRST_ANSWERS_SECONDS = 120
CUT_OFF = (OSError, HTTPException, ValueError)
"""Client errors when the server dies: connection refused, reset, or a partial answer."""


@dataclass
class Ledger:
    """What the clients know: a comment's id for each key, or the form without an answer."""

    acknowledged: dict[str, int] = field(default_factory=dict)
    unanswered: dict[str, dict[str, Any]] = field(default_factory=dict)
    busy: threading.Event = field(default_factory=threading.Event)


@contextmanager
def server(
    folder: Path, keys: Mapping[str, str] = CONFIG
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the real server on a folder; yield its URL and its process.

    What it logs is in ``server.log`` beside the folder.
    """
    command = [sys.executable, "-m", "comment_service", "serve", "--port", "0"]
    env = {key: value for key, value in os.environ.items() if not key.startswith("COMMENTS_")}
    env |= {**keys, "COMMENTS_FOLDER": str(folder), "PYTHONUNBUFFERED": "1"}
    log = (folder.parent / "server.log").open("a")
    with (
        log,
        subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            lines = iter(process.stdout or ())
            told = filter(None, (re.search(r"Listening on (\S+)", line) for line in lines))
            found = next(told, None)
            if found is None:
                raise RuntimeError(f"The server did not start; {log.name} says why.")
            yield found[1], process
        finally:
            process.terminate()


def write(address: str, number: int, ledger: Ledger, enough: int) -> None:
    """Post comments until the server is gone."""
    visitor = Browser()
    try:
        token = visitor.get(f"{address}/form-token", PAGE).json()["token"]
    except CUT_OFF:
        return
    for count in range(1_000_000):
        key = secrets.token_hex(16)
        form = {"text": f"Client {number} says this as number {count}.", "name": f"Client {number}"}
        ledger.unanswered[key] = {**PAGE, **form, "token": token, "key": key}
        try:
            answer = visitor.post_json(f"{address}/comments", ledger.unanswered[key])
            if answer.status == 201:
                ledger.acknowledged[key] = answer.json()["id"]
                del ledger.unanswered[key]
        except CUT_OFF:
            return
        if len(ledger.acknowledged) >= enough:
            ledger.busy.set()


def post_until_killed(folder: Path, clients: int, seconds: float) -> Ledger:
    """Let clients post, kill the server meanwhile, and return what they know."""
    ledger = Ledger()
    with server(folder) as (address, process):
        threads = [
            threading.Thread(target=write, args=(address, number, ledger, 2 * clients))
            for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        ledger.busy.wait(FIRST_ANSWERS_SECONDS)
        threading.Event().wait(seconds)
        process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()
    return ledger


def stored(folder: Path) -> tuple[Counter[str], dict[str, int], str]:
    """Return how often each key is in the database, its id, and SQLite's integrity check."""
    with closing(sqlite3.connect(folder / "comments.sqlite3")) as database:
        rows = database.execute("SELECT idempotency_key, id FROM comments_comments").fetchall()
        verdict = str(database.execute("PRAGMA integrity_check").fetchone()[0])
    return Counter(key for key, _id in rows), dict(rows), verdict


def send_again(folder: Path, unanswered: Mapping[str, dict[str, Any]]) -> dict[str, int]:
    """Restart the server and send each unanswered form twice; return the comment ids."""
    found: dict[str, int] = {}
    with server(folder) as (address, _process):
        for key, form in unanswered.items():
            answers = [Browser().post_json(f"{address}/comments", form) for _ in range(2)]
            ids = {answer.json().get("id") for answer in answers}
            if len(ids) == 1 and answers[1].status == 200:
                found[key] = ids.pop()
    return found


def run(clients: int, seconds: float, folder: Path) -> list[tuple[str, int | str, bool]]:
    """Return the results: description, number, and whether it is as required."""
    ledger = post_until_killed(folder, clients, seconds)
    acknowledged, unanswered = ledger.acknowledged, ledger.unanswered
    counts, ids, first_verdict = stored(folder)
    lost = [key for key, number in acknowledged.items() if ids.get(key) != number]
    unseen = sum(key in ids for key in unanswered)
    again = send_again(folder, unanswered)
    counts, ids, verdict = stored(folder)
    lost += [key for key, number in {**acknowledged, **again}.items() if ids.get(key) != number]
    twice = sum(count > 1 for count in counts.values())
    strangers = len(counts.keys() - acknowledged.keys() - again.keys())
    sound = first_verdict == verdict == "ok"
    return [
        ("comments acknowledged before the kill", len(acknowledged), bool(acknowledged)),
        ("acknowledged and lost", len(set(lost)), not lost),
        ("forms without an answer at the kill", len(unanswered), bool(unanswered)),
        ("of these stored, though nobody heard", unseen, True),
        ("sent again, one comment each", len(again), again.keys() == unanswered.keys()),
        ("in the database twice", twice, not twice),
        ("in the database, sent by nobody", strangers, not strangers),
        ("integrity_check after the kill, and at the end", f"{first_verdict}, {verdict}", sound),
    ]


def main() -> int:
    """Run, print a table, and return the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clients", type=int, default=20)
    options.add_argument("--seconds", type=float, default=5)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(asked.clients, asked.seconds, Path(folder) / "data")
    table = Table("", "found", "", title=f"SIGKILL while {asked.clients} clients post")
    for words, figure, fine in found:
        table.add_row(words, str(figure), "ok" if fine else "WRONG")
    Console().print(table)
    return 0 if all(fine for _words, _figure, fine in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
