"""However many comments there are, a queue reads one page of them: the plans say so."""

import pytest
from flask import Flask
from sqlalchemy import text

from comment_service.storage.db.session import session
from comment_service.storage.moderation import filters
from comment_service.storage.moderation.filters import Filter

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
