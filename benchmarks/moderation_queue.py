"""Open the moderation queue with 100 and with 100,000 held comments, and compare.

    python benchmarks/moderation_queue.py sqlite|postgresql [HELD]

Prints the median and the longest of nine openings of each filter and order in milliseconds, through
the whole app, and the ratio of the medians.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from flask import Flask
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).parent.parent))

from comment_service.app import create_app
from comment_service.storage.session import db, transaction
from tests import crowd, postgres
from tests.fakes import FakeClassifier
from tests.people import Moderator

ASKED = (
    "", "sort=oldest", "sort=look", "site=default", "page=1", "author=1", "reason=links",
    "score_from=0.62&score_to=0.8", "model=fake-1", "model=none", "identity=guest",
    "since=2020-01-01", "q=outlet", "q=nowhere", "campaign=7",
)  # fmt: skip
HOLD = (
    "UPDATE comments_comments SET status = 'pending', score = (id % 100) / 100.0, "
    "look = id % 1000, model = 'fake-1', campaign_id = id",
    "INSERT INTO comments_verdict_reasons SELECT id, CASE WHEN id % 5 = 0 THEN 'links' "
    "ELSE 'words' END, status FROM comments_comments",
    "ANALYZE",
)


@contextmanager
def database(kind: str) -> Iterator[str]:
    """Give an empty database of a kind."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/queue.sqlite3"
    else:
        with postgres.server() as url:
            yield url


def site(url: str, held: int) -> Flask:
    """Return an app with so many comments that wait."""
    config = {
        "COMMENTS_FOLDER": tempfile.mkdtemp(),
        "COMMENTS_ALLOW_VOLATILE": True,
        "COMMENTS_DATABASE_URL": url,
        "COMMENTS_ORIGINS": "https://blog.example",
    }
    app = create_app(config, classifier=FakeClassifier())
    crowd.fill(app, held)
    with app.app_context(), transaction() as current:
        for statement in HOLD:
            current.execute(text(statement))
    return app


def timed(act: Callable[[], object], times: int = 9) -> tuple[float, float]:
    """Return the median and the longest time of an act in milliseconds."""
    found = []
    for _ in range(times):
        start = perf_counter()
        act()
        found.append(1000 * (perf_counter() - start))
    return statistics.median(found), max(found)


def measured(kind: str, held: int) -> dict[str, tuple[float, float]]:
    """Return what was asked → median and longest time."""
    with database(kind) as url:
        app = site(url, held)
        moderator, ids = Moderator(app), iter(range(held, 0, -1))
        found = {
            asked: timed(lambda asked=asked: moderator.client.get(f"/moderation/pending?{asked}"))
            for asked in ASKED
        }
        found["(a decision)"] = timed(lambda: moderator.decide(next(ids), "spam"), 20)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    return found


def main(kind: str, held: int) -> None:
    """Print the comparison."""
    few, many = measured(kind, 100), measured(kind, held)
    print(f"{kind}, {held:,} held beside 100; milliseconds")
    print(f"{'asked for':32}{'100':>9}{'many':>9}{'longest':>9}{'ratio':>7}")
    for asked, (median, longest) in many.items():
        short = few[asked][0]
        ratio = median / short
        print(f"{asked or '(all)':32}{short:9.1f}{median:9.1f}{longest:9.1f}{ratio:7.2f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
