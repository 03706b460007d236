"""However many comments there are, a queue reads one page of them: the plans say so."""

import pytest
from flask import Flask
from sqlalchemy import select, text

from comment_service.storage.db.session import session
from comment_service.storage.moderation import filters
from comment_service.storage.moderation.filters import Filter
from comment_service.storage.tables import Comment, VerdictReason
from tests.people import Guest

ASKED = (
    Filter(),
    Filter(site=1),
    Filter(page=1),
    Filter(author=1),
    Filter(site=1, campaign=1),
    Filter(model="fake-1"),
    Filter(identity="host"),
    Filter(score_from=0.6, score_to=0.8),
    Filter(reason="links"),
    Filter(words="boat"),
    Filter("all", reason="links", words="boat"),
)


@pytest.mark.parametrize("sort", filters.SORTS)
@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_no_queue_reads_or_sorts_the_table(lite: Flask, asked: Filter, sort: str) -> None:
    with lite.app_context():
        query = filters._status_query(session(), asked, "pending", sort, (5, 5)).limit(3)
        sql = str(query.compile(session().get_bind(), compile_kwargs={"literal_binds": True}))
        plan = [row[3] for row in session().execute(text(f"EXPLAIN QUERY PLAN {sql}"))]
        assert not [line for line in plan if line == "SCAN comments_comments"], plan
        narrow = asked.words or asked.narrows
        if sort != "look" or not narrow:  # what a filter lets through is sorted by worth
            assert "USE TEMP B-TREE FOR ORDER BY" not in plan, plan


def test_counting_stops_at_its_bound(lite: Flask) -> None:
    with lite.app_context():
        part, _key = filters._matching_comments(session(), Filter(), "pending")
        sql = str(part.compile(session().get_bind(), compile_kwargs={"literal_binds": True}))
        plan = [row[3] for row in session().execute(text(f"EXPLAIN QUERY PLAN {sql}"))]
        assert all("COVERING INDEX" in line for line in plan), plan


@pytest.mark.parametrize("most", [0, 1, 1000])
def test_a_word_among_comments_with_a_reason(
    app: Flask, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """The same comments are found from the word's side and from the reason's."""
    monkeypatch.setattr(filters, "FEW_COMMENTS", most)
    for text_, link in (("a boat", True), ("a boat", False), ("a knot", True)):
        Guest(app).say(f"{text_} {'https://boat.example' if link else ''}")
    with app.app_context():
        reasons = session().scalars(select(VerdictReason.name).distinct()).all()
        assert reasons
        for reason in (*reasons, "never given"):
            with_reason = set(
                session().scalars(
                    select(VerdictReason.comment_id).where(VerdictReason.name == reason)
                )
            )
            asked = Filter("all", reason=reason, words="knot")
            found = filters.load_keys(session(), asked, sort="newest", after=None, limit=9)
            knots = session().scalars(select(Comment.id).where(Comment.text.contains("knot")))
            assert {key for _look, key in found} == with_reason & set(knots)
