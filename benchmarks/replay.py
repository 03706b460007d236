"""Post real comments to a running server: does it publish, hold and file the right ones?

``python benchmarks/replay.py [FOLDER] [--train four|all]`` (FOLDER: the open collections, by
default ``../shared/data``). For each of the five videos of the YouTube Spam Collection, a model is
trained without the video (on the other four; with ``--train all`` also on the other collections),
the server is started with it, and every comment of the video is posted over HTTP in order of time,
by a guest with its own network, on a page of its own. Rate limits are raised by configuration and
the minimum writing time is switched off; every other check has its default. The model does not
learn during the replay. Prints the published, held and filed comments against the true labels, the
time of a submission as the client sees it, and whether every acknowledged comment is stored exactly
once.
"""

import argparse
import json
import os
import re
import secrets
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from rich.console import Console
from rich.table import Table
from spam_data import DEFAULT, YOUTUBE, Row
from spam_data import rows as read_rows

COMMAND = [sys.executable, "-m", "comment_service"]
BLOG = "https://blog.example"
STATUSES = ("published", "pending", "spam")


@dataclass
class Outcome:
    """The results for one video's comments."""

    video: str
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)  # (label, status)
    milliseconds: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    lost: int = 0


class Server:
    """``comment-service serve`` with its own folder."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        keys = {
            "FOLDER": folder, "MODEL_PATH": model, "ORIGINS": BLOG, "ALLOW_VOLATILE": 1,
            "RATE_MINUTE": 10**6, "RATE_HOUR": 10**6, "MIN_SECONDS": 0,
            "TRUSTED_PROXIES": "127.0.0.1",
        }  # fmt: skip
        environment = {**os.environ, **{f"COMMENTS_{k}": str(v) for k, v in keys.items()}}
        command = [*COMMAND, "serve", "--port", str(self.port)]
        log = (folder.parent / f"{folder.name}.log").open("w")
        self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self.connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        self._wait()

    def _wait(self) -> None:
        for _ in range(200):
            try:
                status, answer = self.ask("GET", "/health")
            except OSError:
                self.connection.close()
                time.sleep(0.1)
                continue
            if status != 200:
                raise SystemExit(f"the model could not be loaded: {answer.decode()}")
            return
        raise SystemExit("the server did not start")

    def ask(self, method: str, path: str, body: str = "", network: str = "") -> tuple[int, bytes]:
        """Send one request as a client of a network; return status and body."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if network:
            headers["X-Forwarded-For"] = network
        self.connection.request(method, path, body.encode() or None, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def stop(self) -> None:
        """Stop the server."""
        self.process.terminate()
        self.process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def train(rows: list[Row], video: str, folder: Path) -> Path:
    """Train on everything except one video; return the model's folder."""
    path, out = folder / f"{video}.jsonl", folder / f"{video}-model"
    kept = [row for row in rows if row["group"] != video]
    path.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
    command = [*COMMAND, "spam", "train", str(path), "--out", str(out), "--group", "group"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return out


def replay(server: Server, video: str, comments: list[Row]) -> Outcome:
    """Post a video's comments in order of time."""
    outcome = Outcome(video)
    page = {"site": "default", "url": f"{BLOG}/{video}", "title": _title(video)}
    _, answer = server.ask("GET", f"/form-token?{urlencode(page)}")
    token = json.loads(answer)["token"]
    labels: dict[int, str] = {}
    for number, row in enumerate(sorted(comments, key=lambda r: str(r.get("created") or ""))):
        name = str(row.get("author") or "") or "Somebody"
        body = {**page, "token": token, "key": secrets.token_hex(16), "name": name[:80]}
        text = json.dumps({**body, "text": row["text"]})
        network = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        before = time.perf_counter()
        status, answer = server.ask("POST", "/comments", text, network)
        outcome.milliseconds.append((time.perf_counter() - before) * 1000)
        response = json.loads(answer)
        if status == 201:
            labels[response["id"]] = str(row["label"])
        else:
            outcome.refused[response["error"]["code"]] += 1
    _compare(server.folder / "comments.sqlite3", labels, outcome)
    return outcome


def _title(video: str) -> str:
    return " ".join(re.findall(r"[A-Z][a-z]+|[A-Z]+", video.split("-")[1]))


def _compare(database: Path, labels: dict[int, str], outcome: Outcome) -> None:
    """Count the stored comments by true label, and the missing ones."""
    with sqlite3.connect(database) as connection:
        stored = connection.execute("SELECT id, status FROM comments_comments").fetchall()
    statuses = dict(stored)
    outcome.lost = len(labels.keys() - statuses.keys()) + (len(stored) - len(statuses))
    outcome.lost += len(statuses.keys() - labels.keys())
    for comment, label in labels.items():
        outcome.counts[label, statuses.get(comment, "lost")] += 1


def show(outcomes: list[Outcome], trained: str) -> None:
    """Print the table."""
    table = Table(title=f"trained on {trained}; spam and ham by what became of them")
    for name in ("video", "spam published", "spam held", "spam filed", "ham published",
                 "ham held", "ham filed", "refused", "median ms", "p99 ms", "lost"):  # fmt: skip
        table.add_column(name, justify="left" if name == "video" else "right")
    total = Outcome("all five")
    for outcome in outcomes:
        total.counts += outcome.counts
        total.milliseconds += outcome.milliseconds
        total.refused += outcome.refused
        total.lost += outcome.lost
    for outcome in [*outcomes, total]:
        cells = [str(outcome.counts[label, s]) for label in ("spam", "ham") for s in STATUSES]
        times = sorted(outcome.milliseconds)
        p99 = times[int(len(times) * 0.99)]
        rest = [str(outcome.refused.total()), f"{statistics.median(times):.1f}", f"{p99:.1f}"]
        table.add_row(outcome.video, *cells, *rest, str(outcome.lost))
    console = Console(width=160)
    console.print(table)
    console.print(f"refused: {dict(total.refused)} (same text, same name, same page: duplicates)")


def main() -> None:
    """Train, serve, post and print, video by video."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--train", choices=("four", "all"), default="four")
    options = parser.parse_args()
    rows = [
        row
        for row in read_rows(options.folder)
        if options.train == "all" or row["group"] in YOUTUBE
    ]
    outcomes = []
    with tempfile.TemporaryDirectory() as name:
        for video in YOUTUBE:
            model = train(rows, video, Path(name))
            (Path(name) / video).mkdir()
            server = Server(Path(name) / video, model)
            comments = [row for row in rows if row["group"] == video]
            outcomes.append(replay(server, video, comments))
            server.stop()
            print(f"{video}: {len(comments)} posted", file=sys.stderr)
    show(outcomes, "the other four videos" + (" and all else" if options.train == "all" else ""))
    if any(outcome.lost for outcome in outcomes):
        raise SystemExit("an acknowledged comment is missing, or stands twice")


if __name__ == "__main__":
    main()
