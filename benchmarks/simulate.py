"""Simulate a day of readers and writers, and say what the service needs for it.

    python benchmarks/simulate.py [--seed N]

First measures on this machine, with a running server, what one answer from memory, one first
reading of a thread and one post cost (CPU time), and how large they are. Then walks through a day
in steps of one second, for sites of several sizes: pages are read by Zipf's law, more by day than
by night; at noon one post goes viral, in the evening a wave of spam comes. Prints what the
processes do, with and without a cache in front that keeps every page and asks once a second
whether it is still current, and how many cores and how much disk that takes.

The share of pages that are in memory follows from Che's approximation of a cache that drops what
was least recently used (Che, Tung, Wang 2002).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import requests

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import performance
from benchmarks.load import measure
from comment_service.web import front

DAY = 86_400
ZIPF = 0.9
"""Exponent of the popularity of pages, as measured for web sites (Breslau et al. 1999: 0.64-0.83,
later ones up to 1)."""
VIRAL_SHARE, VIRAL_HOURS = 0.3, (12, 14)
"""Share of all readers that one page has for two hours; they come on top of the others."""
SPAM_HOURS, SPAM_FACTOR = (18, 18.5), 20
"""Half an hour in which that many times the usual comments are posted."""


@dataclass(frozen=True)
class Costs:
    """What the running service costs: CPU seconds, and bytes."""

    kept: float  # an answer from memory that was checked less than a second ago
    look: float  # one from memory that is checked first: one query
    first: float  # the first reading of a thread after a change
    check: float  # "not modified" for a thread that is not in memory
    post: float  # a comment with its token: screened, scored, stored
    answer: float  # bytes of a compressed thread with its head, as sent
    in_memory: float  # bytes that a kept thread takes
    on_disk: float  # bytes of the database per comment


@dataclass(frozen=True)
class Site:
    """What is asked of the service."""

    name: str
    pages: int
    comments: int
    reads: float  # per second in the busiest hour
    processes: int
    memory: float  # bytes for kept answers, of each process (COMMENTS_CACHE_MEGABYTES)
    comments_per_read: float = 1 / 1000


@dataclass(frozen=True)
class Day:
    """What a day asks of the processes behind the cache."""

    requests: np.ndarray  # per second
    first: np.ndarray  # first readings per second
    looks: np.ndarray  # answers from memory that are checked first, per second
    checks: np.ndarray  # "not modified" per second, of threads that are not in memory
    posts: np.ndarray
    cpu: np.ndarray  # CPU seconds per second


def popularity(pages: int, groups: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Return (share of the readers of one page, number of such pages) by groups of ranks."""
    edges = np.unique(np.geomspace(1, pages + 1, groups).astype(int))
    ranks = np.sqrt(edges[:-1] * (edges[1:] - 1.0))
    counts = np.diff(edges)
    weights = ranks**-ZIPF
    return weights / (weights * counts).sum(), counts


def rhythm(seconds: np.ndarray) -> np.ndarray:
    """Return the share of the busiest hour's readers: least at 4, most at 16 o'clock."""
    hours = seconds / 3600
    return 0.575 + 0.425 * np.cos((hours - 16) / 24 * 2 * np.pi)


def in_memory(rates: np.ndarray, counts: np.ndarray, slots: float) -> np.ndarray:
    """Return the share of readings of a page that find it in a cache of ``slots`` pages."""
    if counts.sum() <= slots:
        return np.ones_like(rates)
    low, high = 1e-6, 1e12
    for _ in range(100):
        middle = np.sqrt(low * high)
        if ((1 - np.exp(-rates * middle)) * counts).sum() < slots:
            low = middle
        else:
            high = middle
    return 1 - np.exp(-rates * low)


def simulate(site: Site, costs: Costs, *, cached: bool, draw: np.random.Generator) -> Day:
    """Walk through a day; ``cached``: a cache in front keeps all pages and asks once a second."""
    share, counts = popularity(site.pages)
    seconds = np.arange(DAY)
    hours = seconds / 3600
    usual = site.reads * rhythm(seconds)
    viral = np.where((hours >= VIRAL_HOURS[0]) & (hours < VIRAL_HOURS[1]), VIRAL_SHARE, 0) * usual
    spam = np.where((hours >= SPAM_HOURS[0]) & (hours < SPAM_HOURS[1]), SPAM_FACTOR, 1)
    posts = draw.poisson((usual + viral) * site.comments_per_read * spam)
    hit = in_memory(site.reads * share, counts, site.memory / costs.in_memory)
    asked, first, looks, checks = np.empty((4, DAY))
    for hour in range(24):
        part = slice(hour * 3600, (hour + 1) * 3600)
        rates = usual[part].mean() * share  # of one page of each group
        changes = posts[part].mean() * share * (1 if cached else site.processes)
        behind = 1 - np.exp(-rates) if cached else rates
        changed = np.minimum(changes, behind)
        missed = (1 - hit) * (behind - changed)
        each = behind if cached else site.processes * (1 - np.exp(-rates / site.processes))
        looked = np.maximum(hit * np.minimum(each, behind) - changed, 0)
        scale = usual[part] / usual[part].mean()
        asked[part] = (behind * counts).sum() * scale
        first[part] = ((changed if cached else changed + missed) * counts).sum() * scale
        looks[part] = (looked * counts).sum() * scale
        checks[part] = (missed * counts).sum() * scale if cached else 0
    per_change = 1 if cached else site.processes
    asked += np.minimum(viral, 1.0) if cached else viral
    first += np.minimum(np.minimum(viral * site.comments_per_read, 1.0) * per_change, viral)
    kept = draw.poisson(np.maximum(asked - first - looks - checks, 0))
    first, looks, checks = draw.poisson(first), draw.poisson(looks), draw.poisson(checks)
    cpu = kept * costs.kept + looks * costs.look + first * costs.first + checks * costs.check
    return Day(kept + looks + first + checks, first, looks, checks, posts, cpu + posts * costs.post)


SITES = (
    Site("one blog", 200, 20_000, 5, 1, 64e6),
    Site("a thousand blogs", 200_000, 1_000_000, 500, 2, 512e6),
    Site("a large paper", 1_000_000, 20_000_000, 5_000, 8, 1e9),
    Site("a network", 5_000_000, 100_000_000, 50_000, 64, 2e9),
)
HEAD = (
    "",
    "pages",
    "comments",
    "readings/s, busiest hour",
    "processes",
    "memory for answers, each",
    "cache in front",
    "requests/s to the service",
    "first readings/s",
    "looks/s",
    "checks/s",
    "posts/s in the wave",
    "busy cores",
    "database",
)


def report(costs: Costs, seed: int) -> str:
    """Return the tables as Markdown."""
    lines = [
        f"One answer from memory takes {costs.kept * 1e6:.0f} µs of CPU, one that is checked first "
        f"{costs.look * 1e6:.0f} µs, the first reading of a "
        f"thread {costs.first * 1e3:.1f} ms, the check of one that is not in memory "
        f"{costs.check * 1e3:.1f} ms, a post with its token {costs.post * 1e3:.1f} ms; a "
        f"thread has {costs.answer / 1000:.1f} kB as sent and takes {costs.in_memory / 1000:.0f} "
        f"kB of memory; a comment takes {costs.on_disk / 1000:.1f} kB of the database.",
        "",
        f"| {' | '.join(HEAD)} |",
        f"| --- |{' ---: |' * (len(HEAD) - 1)}",
    ]
    for site in SITES:
        for cached in (False, True):
            day = simulate(site, costs, cached=cached, draw=np.random.default_rng(seed))
            lines.append(f"| {' | '.join(_row(site, costs, day, cached=cached))} |")
    return "\n".join(lines)


def _row(site: Site, costs: Costs, day: Day, *, cached: bool) -> Sequence[str]:
    return (
        site.name,
        f"{site.pages:,}",
        f"{site.comments:,}",
        f"{site.reads:,.0f}",
        f"{site.processes}",
        f"{site.memory / 1e6:g} MB",
        "yes" if cached else "no",
        f"{_highest(day.requests):,.0f}",
        f"{_highest(day.first):,.1f}",
        f"{_highest(day.looks):,.1f}",
        f"{_highest(day.checks):,.1f}",
        f"{_highest(day.posts):,.1f}",
        f"{_highest(day.cpu):.2f}",
        f"{site.comments * costs.on_disk / 1e9:,.2f} GB",
    )


def _highest(values: np.ndarray) -> float:
    """Return the highest mean of a minute."""
    return float(values.reshape(-1, 60).mean(axis=1).max())


def measured(folder: Path, comments: int = 20_000) -> Costs:
    """Measure the costs with a running server on SQLite."""
    performance.build(folder, comments)
    database = folder / "data" / "comments.sqlite3"
    on_disk = database.stat().st_size / (comments + sum(performance.THREADS_OF))
    url = f"{performance.ORIGIN}/of-20"
    pages = [f"{performance.ORIGIN}/{n}" for n in range(400)]
    with performance.serve(folder, "granian") as server:
        base = f"http://127.0.0.1:{server.port}"
        answer = requests.get(
            f"{base}/thread", params={"site": "default", "url": url}, timeout=60, stream=True,
            headers={"Accept-Encoding": "br"},
        )  # fmt: skip
        body = len(answer.raw.read()) + sum(len(k) + len(v) + 4 for k, v in answer.headers.items())
        before = server.cpu_seconds()
        rate = measure(server.port, performance.query("/thread", url=url), 5.0)
        kept = (server.cpu_seconds() - before) / (rate * 5.0)
        tags: list[str] = []
        first = _cpu_of(server, lambda: tags.extend(_read(base, page) for page in pages))
        time.sleep(1.5)  # then they are checked
        look = _cpu_of(server, lambda: [_read(base, page) for page in pages]) / len(pages)
        _post(base, pages[:5], "warm")  # loads the model
        post = _cpu_of(server, lambda: _post(base, pages[100:300], "real"))
    with performance.serve(folder, "granian") as server:  # nothing is in its memory
        base = f"http://127.0.0.1:{server.port}"
        _read(base, url)
        known = list(zip(pages, tags, strict=True))[300:]
        check = _cpu_of(server, lambda: [_read(base, page, tag) for page, tag in known])
    return Costs(
        kept,
        look,
        first / len(pages),
        check / len(known),
        post / 200,
        body,
        body + front.OVERHEAD,
        on_disk,
    )


def _cpu_of(server: performance.Server, work: Callable[[], object]) -> float:
    before = server.cpu_seconds()
    work()
    return server.cpu_seconds() - before


def _read(base: str, page: str, known: str = "") -> str:
    """Read a thread, which must have changed or not; return its ETag."""
    answer = requests.get(
        f"{base}/thread", params={"site": "default", "url": page}, timeout=60,
        headers={"Accept-Encoding": "br", "If-None-Match": known},
    )  # fmt: skip
    if answer.status_code != (304 if known else 200):
        raise SystemExit(f"a thread was answered with {answer.status_code}")
    return answer.headers["ETag"]


def _post(base: str, pages: Sequence[str], key: str) -> None:
    one = requests.Session()
    for number, page in enumerate(pages):
        at = {"site": "default", "url": page}
        token = one.get(f"{base}/form-token", params=at, timeout=60).json()["token"]
        body = {
            **at, "token": token, "key": f"simulate-{key}-{number}-{'x' * 16}",
            "name": "Ada", "text": f"{performance.TEXT} {key} {number}",
        }  # fmt: skip
        headers = {"Origin": performance.ORIGIN}
        answer = one.post(f"{base}/comments", json=body, headers=headers, timeout=60)
        if answer.status_code != 201:
            raise SystemExit(f"a post was answered with {answer.status_code}: {answer.text[:200]}")


def main() -> None:
    """Measure, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of the draws")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        costs = measured(Path(folder))
    print(report(costs, options.seed))


if __name__ == "__main__":
    main()
