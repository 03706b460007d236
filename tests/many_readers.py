"""A site with very many decided comments, put into the tables at once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from comment_service.storage.db.session import transaction
from comment_service.storage.tables import (
    Author,
    Comment,
    Decision,
    Label,
    Model,
    Moderator,
    Page,
    ShadowScore,
    Verdict,
)
from comment_service.storage.tables.base import Base

HONEST = "I tried number {} of these knots on my boat and it held well in the wind, thank you"
ADVERT = "Order knot {} rope discount bundle today at our outlet, best ropes lowest price sale"
DISTINCT = 25
"""Texts there are of each kind: floods repeat themselves, and training sees few of each."""
DAYS = 80
STRETCH = 20_000
TABLES = (Comment, Verdict, Decision, Label)


def fill(app: Flask, number: int) -> None:
    """Give the site ``number`` decided comments, every fifth of them spam, and their labels.

    The filter held every 50th honest comment and let every 25th piece of spam through.
    """
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        moderator = Moderator(name="Robin", email="robin@blog.example", created_at=now)
        page = Page(site_id=1, url="https://blog.example/many", title="Many", created_at=now)
        page.revision = 0
        author = Author(site_id=1, created_at=now - timedelta(days=DAYS))
        current.add_all([moderator, page, author])
        current.flush()
        places = {"moderator": moderator.id, "page": page.id, "author": author.id}
        first = (current.scalar(select(func.max(Comment.id))) or 0) + 1
        for start in range(0, number, STRETCH):
            rows = list(
                _rows(first, range(start, min(start + STRETCH, number)), number, now, places)
            )
            for place, table in enumerate(TABLES):
                core = Base.metadata.tables[table.__tablename__]
                current.connection().execute(insert(core), [row[place] for row in rows])


def _rows(
    first: int, numbers: range, of: int, now: datetime, places: dict[str, int]
) -> Iterator[tuple[dict[str, Any], ...]]:
    """Yield for each comment its row, its verdict's, its decision's and its label's."""
    draw = Random(numbers.start)  # noqa: S311 - no secret is drawn
    for n in numbers:
        spam = n % 5 == 0
        text = (ADVERT if spam else HONEST).format(n // 5 % DISTINCT)
        when = {"created_at": now - timedelta(days=DAYS) * (1 - n / of)}
        score = min(max(draw.betavariate(9, 2) if spam else draw.betavariate(1, 12), 0.001), 0.999)
        said = "spam" if score >= 0.95 else "pending" if score >= 0.5 else "published"
        status = "spam" if spam else "published"
        key = first + n
        yield (
            {"id": key, "site_id": 1, "page_id": places["page"], "author_id": places["author"],
             "root_id": key, "status": status, "shown": not spam, "name": f"Reader {n % 977}",
             "text": text, "html": f"<p>{text}</p>", "text_hash": f"{n % 977:032x}",
             "idempotency_key": f"crowd-{n}", **when},
            {"comment_id": key, "status": said, "score": score, "hold_at": 0.5, "spam_at": 0.95,
             "reasons": [], "model": "fake-1", **when},
            {"comment_id": key, "moderator_id": places["moderator"], "from_status": said,
             "decision": "spam" if spam else "approve", "to_status": status, **when},
            {"site_id": 1, "comment_id": key, "label": "spam" if spam else "ham", "text": text,
             "author": "", "source": "decision", "actor": "Robin", "weight": 1.0, **when},
        )  # fmt: skip


def candidate(app: Flask, model_id: str, flips: int) -> None:
    """Give the site a candidate that would have judged its newest comments otherwise."""
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        current.add(
            Model(id=model_id, site_id=1, state="candidate", card={"name": model_id}, arrays=b"",
                  report={"sentence": "Kept as a candidate: made for a test."}, created_at=now)
        )  # fmt: skip
        current.flush()
        rows = [{"comment_id": key, "model_id": model_id, "score": 0.99, "status": "rejected",
                 "created_at": now} for key in _newest(current, flips)]  # fmt: skip
        if rows:
            current.execute(insert(ShadowScore), rows)


def _newest(current: Session, number: int) -> list[int]:
    query = select(Comment.id).order_by(Comment.id.desc()).limit(number)
    return list(current.scalars(query))
