"""Compare the moderation queues of a large old site with those of a small site.

    python benchmarks/moderation_queue.py sqlite|postgresql [COMMENTS] [PENDING]

Builds a site with a million comments (100,000 pending) and one with a thousand (100 pending).
Prints median and p99 in milliseconds for opening each queue, each filter and sort order, for a
search and for a decision, through the whole app and alternating between both sites, and the ratio
of the medians.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from flask import Flask

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import crowded_site
from comment_service.app import create_app, prepare
from comment_service.storage.db.session import db
from comment_service.storage.moderation.filters import QUEUES
from tests import postgres
from tests.fakes import FakeClassifier
from tests.people import Moderator

TIMES = 100
FEW = (1000, 100)
FILTERS = (
    "sort=oldest", "sort=look", "site=default", "page=1", "author=1", "reason=links",
    "score_from=0.62&score_to=0.8", "model=model-4", "model=none", "identity=guest",
    "since=2020-01-01", "undecided=1", "q=outlet", "q=only990", "q=nowhere",
    "campaign=71", "reason=links&q=boat", "reason=none&q=boat",
)  # fmt: skip


@contextmanager
def database(kind: str) -> Iterator[str]:
    """Yield the URL of an empty database of a kind."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/queue.sqlite3"
    else:
        with postgres.server() as url:
            yield url


def empty_site(url: str) -> Flask:
    """Return an app whose database has its tables."""
    config = {
        "COMMENTS_FOLDER": tempfile.mkdtemp(),
        "COMMENTS_ALLOW_VOLATILE": True,
        "COMMENTS_WORKER": False,
        "COMMENTS_DATABASE_URL": url,
        "COMMENTS_ORIGINS": "https://blog.example",
    }
    app = create_app(config, classifier=FakeClassifier())
    prepare(app)
    return app


def site(url: str, comments: int, held: int) -> Flask:
    """Return an app with a number of comments, some of them pending."""
    app = empty_site(url)
    crowded_site.build(app, comments, held)
    return app


def timed(acts: Sequence[Callable[[], object]]) -> list[tuple[float, float]]:
    """Return median and 99th percentile in milliseconds of actions run alternately."""
    found: list[list[float]] = [[] for _ in acts]
    for _ in range(TIMES):
        for act, times in zip(acts, found, strict=True):
            start = perf_counter()
            act()
            times.append(1000 * (perf_counter() - start))
    return [(sorted(times)[TIMES // 2], sorted(times)[TIMES * 99 // 100]) for times in found]


def main(kind: str, comments: int, held: int) -> None:
    """Print the comparison."""
    with database(kind) as few, database(kind) as many:
        apps = [site(few, *FEW), site(many, comments, held)]
        people = [Moderator(app) for app in apps]
        print(
            f"{kind}: {comments:,} comments, {held:,} held; small site {FEW[0]:,} and {FEW[1]}; ms"
        )
        print(f"{'asked for':36}{'small':>8}{'p99':>8}{'large':>8}{'p99':>8}{'ratio':>7}")
        ratios = [
            print_row(asked, timed([opening(person, f"/moderation/{asked}") for person in people]))
            for asked in [
                *(f"{queue}?" for queue in QUEUES),
                *(f"pending?{f}" for f in FILTERS),
                "week/?",
            ]
        ]
        each = [
            deciding(person, number)
            for person, number in zip(people, (FEW[0], comments), strict=True)
        ]
        print_row("a decision", timed(each))
        print(f"worst ratio {max(ratios):.2f}, of opening the queue {ratios[0]:.2f}")
        for app in apps:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def opening(person: Moderator, path: str) -> Callable[[], object]:
    """Return a function that opens a page and checks that it exists."""
    assert person.client.get(path).status_code == 200, path
    return lambda: person.client.get(path)


def deciding(person: Moderator, newest: int) -> Callable[[], object]:
    """Return a function that decides the next comment."""
    ids = iter(range(newest, 0, -1))
    return lambda: person.decide(next(ids), "reject")


def print_row(asked: str, found: Sequence[tuple[float, float]]) -> float:
    """Print one line; return the ratio of the medians."""
    ratio = found[1][0] / found[0][0]
    numbers = "".join(f"{number:8.1f}" for pair in found for number in pair)
    print(f"{asked.rstrip('?'):36}{numbers}{ratio:7.2f}", flush=True)
    return ratio


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[2:]]
    main(sys.argv[1], *(numbers or [1_000_000, 100_000]))
