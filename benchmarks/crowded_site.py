"""Fill the tables with a large old site, for benchmarks of the moderation queue.

Of every ten comments, one is pending, two are spam, one is rejected and six are published. They are
spread over a thousand pages; each author wrote twenty. Texts consist of words that are common,
rare, or unique to one comment.
"""

import sys
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy import insert, text

from comment_service.storage.db.session import db, transaction
from comment_service.storage.tables import Author, Comment, Page, Verdict, VerdictReason
from comment_service.storage.tables.base import Base

PAGES = 1000
STRETCH = 20_000
STATUSES = ("pending", "spam", "spam", "rejected", *6 * ("published",))
WORDS = ("boat", "knot", "wind", "harbour", "sail", "rope", "outlet", "discount", "winter", "map")
REASONS = ("first_comment", "links", "words", "list_word")


def build(app: Flask, comments: int, held: int) -> None:
    """Add ``total`` comments to the site, ``held`` of them pending; report progress."""
    with app.app_context():
        authors = max(comments // 20, 1)
        with transaction() as current:
            now = app.extensions["comments"].now()
            rows = [
                {"site_id": 1, "name": f"Reader {n}", "created_at": now - timedelta(days=n % 900)}
                for n in range(authors)
            ]
            current.execute(insert(Author), rows)
            current.execute(
                insert(Page),
                [{"site_id": 1, "url": f"https://blog.example/{n}", "title": f"Post {n}",
                  "created_at": now}
                 for n in range(PAGES)],
            )  # fmt: skip
        for start in range(0, comments, STRETCH):
            part = range(start, min(start + STRETCH, comments))
            made = list(_rows(part, comments, held, authors, now))
            with transaction() as current:
                for place, table in enumerate((Comment, Verdict, VerdictReason)):
                    core = Base.metadata.tables[table.__tablename__]
                    current.connection().execute(insert(core), [row[place] for row in made])
            print(f"\r{part.stop:,} of {comments:,} comments", end="", file=sys.stderr)
        print(file=sys.stderr)
        with transaction() as current:
            current.execute(text("ANALYZE"))
        if db.engine.dialect.name == "postgresql":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as direct:
                direct.execute(text("VACUUM ANALYZE"))


def _rows(
    numbers: range, of: int, held: int, authors: int, now: Any
) -> Iterator[tuple[dict[str, Any], ...]]:
    """Yield the rows of each comment, its verdict and its reason."""
    draw = Random(numbers.start)  # noqa: S311 - no secret is drawn
    every = max(of // max(held, 1), 1)
    for n in numbers:
        status = "pending" if n % every == 0 else STATUSES[1 + n % 9]
        words = " ".join(draw.choices(WORDS, k=12)) + f" only{n}"
        score = draw.betavariate(6, 2) if status == "spam" else draw.betavariate(1, 6)
        when = {"created_at": now - timedelta(days=900) * (1 - n / of)}
        model = f"model-{n * 5 // of}"
        yield (
            {"id": n + 1, "site_id": 1, "page_id": 1 + n % PAGES, "author_id": 1 + n % authors,
             "root_id": n + 1, "status": status, "shown": status == "published",
             "name": f"Reader {n % authors}", "text": words, "html": f"<p>{words}</p>",
             "text_hash": f"{n:032x}", "idempotency_key": f"crowd-{n}", "score": score,
             "model": model, "look": int(1000 * score * (1 - score)), "campaign_id": n - n % 70 + 1,
             "network": f"{n % authors:032x}", "report_count": int(n % 500 == 0),
             "reported": n % 500 == 0, **when},
            {"comment_id": n + 1, "status": status, "score": score, "hold_at": 0.5,
             "spam_at": 0.95, "reasons": [], "model": model, **when},
            {"comment_id": n + 1, "name": REASONS[n // 10 % len(REASONS)], "status": status},
        )  # fmt: skip
