"""Measure what a streaming replica takes off the primary.

    python benchmarks/replica.py [COMMENTS]

Starts a PostgreSQL server and a replica of it, and asks the whole app, in this process, for each
kind of work with and without the replica. Prints the CPU time of both servers and of the app for
one piece of work, and how much of the primary's work is gone in the busiest minute of the days
that ``benchmarks/simulate.py`` walks through.
"""

import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import fmean, median

import numpy as np
from flask import Flask
from sqlalchemy import make_url

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import performance, simulate
from comment_service.app import create_app
from tests import postgres
from tests.fakes import FakeClassifier, FakeClock
from tests.people import Guest

PAGES = [f"{performance.ORIGIN}/{number}" for number in range(300)]
ROUNDS = 3
"""How often everything is measured; the medians are printed."""
FIRST, LOOK = "first reading of a thread", "look whether a kept thread is current"
CHECK, POST = "check of a thread that is not in memory", "post with its token"
_IN_MEMORY = 6000
"""Bytes that a kept thread takes, as ``benchmarks/simulate.py`` measures."""


@dataclass(frozen=True)
class Cost:
    """CPU milliseconds for one piece of work."""

    primary: float
    replica: float
    app: float


def _processes(url: str) -> Mapping[str, float]:
    """Return the CPU seconds of each running process of a server."""
    folder = Path(str(make_url(url).query["host"]))
    process = (folder / "data" / "postmaster.pid").read_text("utf-8").split()[0]
    family = [process, *Path(f"/proc/{process}/task/{process}/children").read_text("utf-8").split()]
    found = {}
    for one in family:
        with contextlib.suppress(OSError):  # ended meanwhile
            found[one] = int(Path(f"/proc/{one}/schedstat").read_text("utf-8").split()[0]) / 1e9
    return found


def _spent(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    return sum(seconds - before.get(process, 0) for process, seconds in after.items())


def _forget(app: Flask) -> None:
    app.extensions["comments_front"].clear()
    app.extensions["comments_repeated"].clear()


def _work(app: Flask, clock: FakeClock) -> Iterator[tuple[str, int, Callable[[], object]]]:
    """Yield each kind of work: its name, how many pieces there are, and what does them."""
    client = app.test_client()
    tags: dict[str, str] = {}

    def read(path: str = "/thread", status: int = 200) -> None:
        for page in PAGES:
            known = {"If-None-Match": tags[page]} if status == 304 else {}
            answer = client.get(path, query_string={"site": "default", "url": page}, headers=known)
            if answer.status_code != status:
                raise SystemExit(f"{path} was answered with {answer.status_code}")
            if path == "/thread":
                tags[page] = answer.headers["ETag"]

    def check() -> None:
        _forget(app)
        read(status=304)

    def look() -> None:
        clock.forward(seconds=2)
        read()

    def of_site() -> None:
        for _round in range(50):
            clock.forward(seconds=2)
            for path in ("/latest", "/feed.atom"):
                client.get(path, query_string={"site": "default"})

    def post() -> None:
        for number, page in enumerate(PAGES):
            answer = Guest(app, f"Reader {number}").say(f"{performance.TEXT} {number}", url=page)
            if answer.status_code != 201:
                raise SystemExit(f"a post was answered with {answer.status_code}")

    _forget(app)
    yield FIRST, len(PAGES), read
    yield LOOK, len(PAGES), look
    yield CHECK, len(PAGES), check
    yield "latest comments or feed, after a second", 100, of_site
    yield POST, len(PAGES), post


def measure(url: str, replica: str, other: str, folder: Path) -> Mapping[str, Cost]:
    """Return the costs of each kind of work of an app that reads from ``replica``, "" for none."""
    clock = FakeClock()
    config = {**performance.config(folder, url), "COMMENTS_REPLICA_URL": replica}
    app = create_app(config, classifier=FakeClassifier(), clock=clock)
    app.testing = True
    Guest(app).say("Opens the connections", url=f"{performance.ORIGIN}/of-20")
    for path in ("/thread", "/latest"):
        values = {"site": "default", "url": f"{performance.ORIGIN}/of-20"}
        app.test_client().get(path, query_string=values)
    found = {}
    for name, times, work in _work(app, clock):
        before, own = [_processes(server) for server in (url, other)], time.process_time()
        work()
        own = time.process_time() - own
        after = [_processes(server) for server in (url, other)]
        spent = [*(_spent(a, b) for a, b in zip(before, after, strict=True)), own]
        found[name] = Cost(*(1000 * seconds / times for seconds in spent))
    if replica:
        reads = app.extensions["comments_observed"].as_text().splitlines()
        told = [line for line in reads if line.startswith("comments_public_reads_total")]
        print("\n".join(told), file=sys.stderr)
    return found


def _medians(rounds: Sequence[Mapping[str, Cost]]) -> Mapping[str, Cost]:
    """Return the median of each figure."""
    names = [one.name for one in fields(Cost)]
    return {
        work: Cost(*(median(getattr(one[work], name) for one in rounds) for name in names))
        for work in rounds[0]
    }


def report(alone: Mapping[str, Cost], helped: Mapping[str, Cost]) -> str:
    """Return both tables as Markdown."""
    lines = [
        "| CPU for one, ms | primary alone | primary | replica | app alone | app |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, one in alone.items():
        two = helped[name]
        numbers = (one.primary, two.primary, two.replica, one.app, two.app)
        lines.append(f"| {name} | {' | '.join(f'{number:.2f}' for number in numbers)} |")
    lines += [
        "",
        "| busiest minute | cache in front | cores of the primary alone | with a replica | less |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    both = (alone, helped)
    costs = simulate.Costs(0, 0, 0, 0, 0, 0, _IN_MEMORY, 0)
    for site in simulate.SITES[1:]:
        for cached in (False, True):
            day = simulate.simulate(site, costs, cached=cached, draw=np.random.default_rng(1))
            before, after = _cores(day, alone, both), _cores(day, helped, both)
            cells = (site.name, "yes" if cached else "no", f"{before:.2f}", f"{after:.2f}")
            lines.append(f"| {' | '.join(cells)} | {100 * (1 - after / before):.0f} % |")
    return "\n".join(lines)


def _cores(day: simulate.Day, of: Mapping[str, Cost], both: Sequence[Mapping[str, Cost]]) -> float:
    """Return how many cores of the primary the threads and posts of a day keep busy at most.

    A replica changes neither looks nor posts, so the mean of both measurements is taken for them.
    """
    first, check = (of[name].primary / 1000 for name in (FIRST, CHECK))
    look, post = (fmean(one[name].primary for one in both) / 1000 for name in (LOOK, POST))
    used = day.first * first + day.looks * look + day.checks * check + day.posts * post
    return float(used.reshape(-1, 60).mean(axis=1).max())


def main() -> None:
    """Measure and print."""
    comments = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as name, postgres.server() as url:
        performance.build(Path(name), comments, url)
        with postgres.streaming_replica(url) as replica:
            rounds = [
                [measure(url, used, replica.url, Path(name)) for used in ("", replica.url)]
                for _round in range(ROUNDS)
            ]
    alone, helped = (_medians(list(kind)) for kind in zip(*rounds, strict=True))
    print(report(alone, helped))


if __name__ == "__main__":
    main()
