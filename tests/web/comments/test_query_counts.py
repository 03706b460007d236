"""The number of queries of a page does not grow with its content."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event

from comment_service.storage.db.session import db, session
from comment_service.storage.tables import Comment, CommentLike
from tests.conftest import MakeApp
from tests.people import Guest, ruled


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Record every statement sent to the database."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def filled(app: Flask, number: int, reader: Guest) -> None:
    """Add liked comments to the reader's page; every third one replies to the previous one."""
    ruled(app, burst_comments=0, reactions="👍")
    first = int(reader.say("The first").get_json()["id"])
    with app.app_context():
        current = session()
        now, above = app.extensions["comments"].now(), current.get_one(Comment, first)
        page, author = above.page, above.author
        for n in range(1, number):
            answers = n % 3 == 0
            one = Comment(
                site_id=page.site_id, page_id=page.id, author_id=author.id, status="published",
                shown=True, name=f"Reader {n}", text=f"Number {n}", html=f"<p>Number {n}</p>",
                text_hash=f"{n:032x}", idempotency_key=f"many-{first}-{n}",
                created_at=now, depth=above.depth + 1 if answers else 0,
                parent_id=above.id if answers else None,
            )  # fmt: skip
            current.add(one)
            current.flush()
            one.root_id = above.root_id if answers else one.id
            current.add(CommentLike(comment_id=one.id, author_id=author.id, created_at=now))
            above = one
        page.revision += 1
        current.commit()


@pytest.mark.parametrize("path", ["/thread", "/thread.html"])
def test_query_count_does_not_grow_with_comments(
    database_url: str, make_app: MakeApp, path: str
) -> None:
    counts = []
    app = make_app(database_url, PAGE_SIZE=1000)
    for number in (10, 1000):
        reader = Guest(app)
        reader.page["url"] = f"https://blog.example/{number}"
        filled(app, number, reader)
        reader.token = ""
        with statements(app) as sent:
            page = reader.get(path).get_data(as_text=True)
        assert page.count('<article class="comments-one"') == number
        assert page.count("Liked by 1 person") == number - 1
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 8, counts


def test_query_count_of_latest_comments_is_constant(lite: Flask) -> None:
    ruled(lite, burst_comments=0)
    for number in range(12):
        Guest(lite, f"Guest {number}").say(f"What guest {number} has to say")
    client, counts = lite.test_client(), []
    for limit in (2, 12):
        with statements(lite) as sent:
            html = client.get(f"/latest?site=default&limit={limit}").get_data(as_text=True)
        assert html.count("<time") == limit
        counts.append(len(sent))
    assert counts[0] == counts[1], counts


def test_statement_count_of_a_post_does_not_grow_with_the_page(
    database_url: str, make_app: MakeApp
) -> None:
    counts = []
    app = make_app(database_url)
    for number in (10, 300):
        reader = Guest(app)
        reader.page["url"] = f"https://blog.example/{number}"
        filled(app, number, reader)
        reader.say("One more, so that everything is loaded")
        with statements(app) as sent:
            assert reader.say("What is counted").status_code == 201
        counts.append(len(sent))
        planned_anew = [statement for statement in sent if "LIMIT ?" in statement]
        assert not planned_anew  # see prepared.fixed_limit
    assert counts[0] == counts[1] <= 22, counts


def test_the_first_post_of_a_guest_takes_few_statements(lite: Flask) -> None:
    filled(lite, 10, Guest(lite))
    Guest(lite, "Bea").say("One more, so that everything is loaded")
    with statements(lite) as sent:
        assert Guest(lite, "Cid").say("What is counted").status_code == 201
    assert len(sent) <= 23, len(sent)
