"""Threads page in every order, with a fixed number of queries whatever their size."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import event

from comment_service.storage.admin import sites
from comment_service.storage.comments import threads
from comment_service.storage.comments.ranking import best
from comment_service.storage.db.session import db, session, transaction
from comment_service.storage.tables import Author, Comment, Page

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def fill(app: Flask, roots: int, replies: int) -> int:
    """Put a thread into the database: every root with replies, each reply answering the last."""
    with app.app_context(), transaction() as current:
        site = sites.find(current, "default")
        assert site is not None
        page = Page(site_id=site.id, url="https://blog.example/p", title="P", created_at=NOW)
        author = Author(site_id=site.id, name="A", created_at=NOW)
        current.add_all([page, author])
        current.flush()
        for number in range(roots):
            parent = root = None
            for depth in range(replies + 1):
                comment = Comment(
                    site_id=site.id,
                    page_id=page.id,
                    author_id=author.id,
                    parent_id=parent.id if parent else None,
                    root_id=root.id if root else None,
                    depth=depth,
                    status="published",
                    shown=True,
                    name="A",
                    text="t",
                    html="<p>t</p>",
                    text_hash="h",
                    idempotency_key=f"{number}-{depth}",
                    like_count=number % 3,
                    best=best(number % 3, 0),
                    created_at=NOW,
                )
                current.add(comment)
                current.flush()
                comment.root_id = comment.root_id or comment.id
                root, parent = root or comment, comment
        return page.id


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements that are sent in the block."""
    sent: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("sort", threads.SORTS)
def test_paging_shows_every_root_once_in_order(app: Flask, sort: str) -> None:
    page = fill(app, roots=23, replies=0)
    seen: list[Comment] = []
    cursor = ""
    with app.app_context():
        for _ in range(10):
            found = threads.load_page(
                session(),
                session().get_one(Page, page),
                sort=sort,
                cursor=cursor,
                limit=5,
                replies=3,
            )
            seen += found.roots
            cursor = found.next_cursor
            if not cursor:
                break
        ids = [comment.id for comment in seen]
        order = {
            "oldest": sorted(ids),
            "newest": sorted(ids, reverse=True),
            "best": [c.id for c in sorted(seen, key=lambda c: (-c.like_count, c.id))],
        }[sort]
        assert ids == order
        assert len(set(ids)) == len(ids) == 23


def test_more_replies_continue_without_a_hole(app: Flask) -> None:
    page = fill(app, roots=1, replies=17)
    with app.app_context():
        found = threads.load_page(
            session(), session().get_one(Page, page), sort="oldest", cursor="", limit=5, replies=4
        )
        root = found.roots[0]
        ids = [comment.id for comment in found.replies[root.id]]
        assert (len(ids), found.totals[root.id]) == (4, 17)
        rest = 1
        while rest:
            more, rest = threads.load_more_replies(session(), root, after=ids[-1], limit=6)
            ids += [comment.id for comment in more]
        assert ids == sorted(set(ids))
        assert len(ids) == 17


@pytest.mark.parametrize("cursor", ["", "nonsense", "-1", "9" * 30, "1.2.3", "1.x"])
def test_a_broken_cursor_is_no_error(lite: Flask, cursor: str) -> None:
    page = fill(lite, roots=2, replies=0)
    with lite.app_context():
        for sort in threads.SORTS:
            threads.load_page(
                session(),
                session().get_one(Page, page),
                sort=sort,
                cursor=cursor,
                limit=5,
                replies=3,
            )


def test_rendering_costs_the_same_queries_for_few_and_many(lite: Flask) -> None:
    lite.config["PROPAGATE_EXCEPTIONS"] = True
    query = {"site": "default", "url": "https://blog.example/p"}
    sizes = []
    for roots, replies in ((2, 1), (20, 15)):
        with lite.app_context():
            db.drop_all()
            db.create_all()
            with transaction() as current:
                sites.ensure_site(
                    current, key="default", name="x", origins=["https://blog.example"], now=NOW
                )
        lite.extensions["comments_front"].clear()
        fill(lite, roots, replies)
        with lite.app_context(), counted() as sent:
            assert lite.test_client().get("/thread", query_string=query).status_code == 200
            sizes.append(len([s for s in sent if s.startswith("SELECT")]))
    assert sizes[0] == sizes[1]
