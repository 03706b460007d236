"""Hot queries use the index they mean, with the statistics of a large site and with none."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, insert, text
from sqlalchemy.orm import Session

from comment_service.storage.comments import author_history, counts, shown, threads
from comment_service.storage.db import rows, statistics
from comment_service.storage.db.session import db, session, transaction
from comment_service.storage.moderation import cards, filters, neighbours
from comment_service.storage.pages import page_lists
from comment_service.storage.tables import Author, Comment, Moderator, Page, Site
from tests.storage.test_two_of_everything import NOON

COMMENTS = 3000


def build(app: Flask) -> None:
    """Add a site with thousands of comments from few networks, all on one page."""
    with app.app_context(), transaction() as current:
        site = current.query(Site).one()
        page = Page(site_id=site.id, url="https://blog.example/a", title="A", created_at=NOON)
        author = Author(site_id=site.id, name="Ada", created_at=NOON)
        current.add_all([page, author])
        current.flush()
        values = [
            {
                "id": n, "site_id": site.id, "page_id": page.id, "author_id": author.id,
                "root_id": 1, "parent_id": None if n == 1 else 1, "depth": int(n > 1),
                "status": "published", "shown": True, "name": "Ada", "text": "t", "html": "t",
                "text_hash": "h", "idempotency_key": str(n), "network": f"network {n % 7}",
                "campaign_id": 1, "created_at": NOON,
            }
            for n in range(1, COMMENTS + 1)
        ]  # fmt: skip
        current.execute(insert(Comment), values)


@contextmanager
def executed() -> Iterator[list[tuple[str, object]]]:
    """Record the statements of the block with their parameters."""
    sent: list[tuple[str, object]] = []

    def note(
        _c: object, _cursor: object, statement: str, parameters: object, *_more: object
    ) -> None:
        sent.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)


def plan(current: Session, statement: str, parameters: object) -> str:
    """Return the database's plan of a statement."""
    connection = current.connection()
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    found = connection.exec_driver_sql(explain + statement, parameters)  # type: ignore[arg-type]
    return "\n".join(str(row[-1]) for row in found)


READS = {
    "card context": lambda current, page: cards.load_context(current, [5, 6]),
    "first replies": lambda current, page: threads.load_page(
        current, page, sort="oldest", cursor="", limit=20, replies=3
    ),
    "thread as readers see it": lambda current, page: shown.load_page(
        current, page, sort="best", cursor="", limit=20, replies=3
    ),
    "news": lambda current, page: counts.count_newer(current, page, 1, 500),
    "newest comment": counts.newest_id,
    "comments around a comment": lambda current, _page: neighbours.around(
        current, current.get_one(Comment, COMMENTS // 2)
    ),
    "rest of the replies": lambda current, page: threads.count_remaining(current, 1, after=5),
    "replies on a page of the page list": lambda current, page: page_lists.roots(
        current, page.id, before=None, limit=20
    ),
    "blocked author of a network": lambda current, page: author_history.network_of_blocked(
        current, page.site_id, "network 5", since=NOON - timedelta(days=7), now=NOON
    ),
    "a campaign in the queue": lambda current, _page: filters.load_keys(
        current, filters.Filter("pending", campaign=2), sort="newest", after=None, limit=20
    ),
    "addresses to forget": lambda current, _page: author_history.forget_networks(current, NOON, 5),
    "what a network sent": lambda current, page: author_history.rate(
        current, "network 5", NOON, author_id=1, name="Ada", least=COMMENTS
    ),
}
NETWORK = "comments_comments_site_id_network_author_id"
COVERED = {
    "a campaign in the queue": "INDEX ix_comments_comments_site_id_campaign_id_status_id",
    "card context": NETWORK,
    "blocked author of a network": f"COVERING INDEX ix_{NETWORK}",
    "addresses to forget": "COVERING INDEX ix_comments_comments_network_created_at",
    "what a network sent": "COVERING INDEX ix_comments_comments_network_created_at",
}
"""Reads for which other indexes look as good, and what their plan says on SQLite."""


@pytest.mark.parametrize("analyzed", [True, False])
@pytest.mark.parametrize("read", READS)
def test_no_hot_query_reads_a_whole_table(app: Flask, read: str, analyzed: bool) -> None:
    build(app)
    with app.app_context():
        on_sqlite = db.engine.dialect.name == "sqlite"
        with transaction() as current:
            statistics.analyze(current.connection())
            if on_sqlite and not analyzed:
                current.execute(text("DELETE FROM sqlite_stat1"))
        db.session.remove()
        db.engine.dispose()  # SQLite reads the statistics when a connection opens
        page = session().query(Page).one()
        with executed() as sent:
            READS[read](session(), page)
        plans = [plan(session(), *one) for one in sent]
        assert plans
        for found in plans:
            if on_sqlite:
                assert "SCAN comments_comments" not in found, found
            if on_sqlite:
                assert COVERED.get(read, "") in found, found


def test_card_context_reads_networks_of_its_own_site(app: Flask) -> None:
    build(app)
    with app.app_context(), transaction() as current:
        other = Site(key="other", name="Other", origins=[], created_at=NOON)
        current.add(other)
        current.flush()
        for site_id in (1, other.id):
            author = Author(site_id=site_id, name="Bea", created_at=NOON)
            page = Page(site_id=site_id, url="https://b.example/x", title="X", created_at=NOON)
            current.add_all([author, page])
            current.flush()
            current.add(
                Comment(
                    id=COMMENTS + site_id, site_id=site_id, page_id=page.id,
                    author_id=author.id, status="published", name="Bea", text="t",
                    html="t", text_hash="h", network="network 5", created_at=NOON,
                    idempotency_key=f"of {site_id}",
                )
            )  # fmt: skip
        current.flush()
        context = cards.load_context(current, [5])[5]
        assert (context.elsewhere, context.alike) == (1, cards.MOST)


@pytest.mark.parametrize("analyzed", [True, False])
def test_export_of_one_site_sorts_no_table(lite: Flask, analyzed: bool) -> None:
    """SQLite as built into the driver sorts in memory, however large the table is."""
    build(lite)
    with lite.app_context():
        if analyzed:
            with transaction() as current:
                statistics.analyze(current.connection())
            db.session.remove()
            db.engine.dispose()
        for table in rows.tables():
            with executed() as sent:
                list(rows.read(session(), table, site_id=1))
            plans = [plan(session(), *one) for one in sent]
            assert plans
            for found in plans:
                few = table.name == Moderator.__tablename__
                assert few or "TEMP B-TREE FOR ORDER BY" not in found, (table.name, found)


def test_statistics_are_there_after_optimizing(lite: Flask) -> None:
    build(lite)
    with lite.app_context():
        statistics.optimize(db.engine)
        query = text("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'comments_comments'")
        assert session().scalar(query)
