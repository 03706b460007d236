"""Measure time and memory of a site's retraining, on 12,000 labels and on a long stream.

``python benchmarks/spam_retrain.py [FOLDER] [--stream 1000000]`` trains as the worker does: from
labels in a database, in a child process, twice: against the shipped model and, after 300 more
labels, against the site's own. The labels are synthetic: spun spam, and honest comments of the
collections, each with one word changed.
"""

from __future__ import annotations

import argparse
import gc
import resource
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import spam_data
import spam_spun
from flask import Flask
from sqlalchemy import insert

from comment_service.app import create_app, prepare
from comment_service.notify import training
from comment_service.storage.db.session import transaction
from comment_service.storage.tables import Label

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
MORE = 300


def stream(honest: Sequence[str], advert: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Yield rows of labels without end; a quarter are spam."""
    draw = Random(1)  # noqa: S311 - no secret is drawn
    number = 0
    while True:
        words = draw.choice(advert if number % 4 == 0 else honest).split(" ")
        words[draw.randrange(len(words))] = f"w{draw.randrange(5000)}"
        yield {
            "site_id": 1,
            "label": "spam" if number % 4 == 0 else "ham",
            "text": " ".join(words),
            "author": f"Reader {number % 997}",
            "source": "decision",
            "actor": f"Moderator {number % 3}",
            "created_at": BEGINNING + timedelta(minutes=number),
        }
        number += 1


def store(app: Flask, rows: Iterator[Mapping[str, Any]], count: int) -> None:
    """Insert labels, 10,000 at a time."""
    with app.app_context():
        while count > 0:
            with transaction() as current:
                current.execute(insert(Label), list(islice(rows, min(count, 10_000))))
            count -= 10_000


def memory() -> float:
    """Return the resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def measure(app: Flask, title: str) -> None:
    """Train once; print processor seconds and memory of this process and of the child."""
    gc.collect()
    before, resident = _processor_times(), memory()
    began = time.perf_counter()
    with app.app_context():
        made = training.train(app.extensions["comments"], {"site_id": 1, "actor": "benchmark"})
    worker, child = (now - then for now, then in zip(_processor_times(), before, strict=True))
    gc.collect()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{title}: {worker + child:.1f} s (worker {worker:.1f}, child {child:.1f}), "
        f"peak of the child {peak:.0f} MB, worker {memory() - resident:+.0f} MB, "
        f"{time.perf_counter() - began:.1f} s by the clock, promoted: {made.promoted}",
        flush=True,
    )


def _processor_times() -> tuple[float, float]:
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time(), child.ru_utime + child.ru_stime


def main() -> None:
    """Print the figures of both streams."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=spam_data.DEFAULT)
    parser.add_argument("--stream", type=int, default=100_000)
    arguments = parser.parse_args()
    honest = [str(r["text"]) for r in spam_data.blogs(arguments.folder)][:5000]
    advert = [str(r["text"]) for r in spam_spun.spun(["great blog"], 2000, 1)]
    for count in (12_000, arguments.stream):
        with tempfile.TemporaryDirectory() as folder:
            keys = {"COMMENTS_FOLDER": folder, "COMMENTS_ALLOW_VOLATILE": True}
            app = create_app({**keys, "COMMENTS_WORKER": False})
            prepare(app)
            rows = stream(honest, advert)
            store(app, rows, count)
            measure(app, f"{count:,} labels, first training")
            store(app, rows, MORE)
            measure(app, f"{count:,} labels and {MORE} more")


if __name__ == "__main__":
    main()
