"""The spot check: a random sample of undecided comments, judged by decisions, measured."""

from random import Random

import pytest
from flask import Flask
from sqlalchemy import func, select

from comment_service.actions.moderation import spot_check
from comment_service.actions.moderation.spot_check import SIZE, ErrorRate, wilson_rate
from comment_service.notify import schedule as by_the_clock
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import spot_check as spot
from comment_service.storage.tables import Comment, Decision, Label, SpotCheck, SpotSample
from tests.fakes import FakeClock
from tests.people import Guest, Moderator


def fill(app: Flask, published: int, filed: int) -> None:
    for n in range(published):
        assert Guest(app).say(f"honest words number {n}").get_json()["status"] == "published"
    for n in range(filed):
        Guest(app).say(f"casino number {n}")


def draw(app: Flask) -> int:
    with app.app_context(), transaction() as current:
        state = app.extensions["comments"]
        check = spot_check.draw(session=current, runtime=state, site_id=1)
        return check.id if check else 0


def samples(app: Flask) -> dict[int, SpotSample]:
    with app.app_context():
        return {one.comment_id: one for one in session().scalars(select(SpotSample))}


@pytest.mark.parametrize(
    ("published", "filed", "wanted"),
    [(14, 13, (10, 10)), (25, 3, (17, 3)), (4, 22, (4, 16)), (3, 2, (3, 2))],
)
def test_sample_has_half_of_each_kind_if_possible(
    lite: Flask, published: int, filed: int, wanted: tuple[int, int]
) -> None:
    fill(lite, published, filed)
    assert draw(lite)
    was = [one.was for one in samples(lite).values()]
    assert (was.count("published"), was.count("spam")) == wanted
    with lite.app_context():
        [check] = session().scalars(select(SpotCheck))
        assert (check.published, check.filed) == (published, filed)


def test_sample_is_recent_and_undecided(app: Flask, clock: FakeClock) -> None:
    Guest(app).say("an old one")
    clock.forward(days=8)
    Guest(app).say("maybe held")
    decided = Guest(app).say("decided").get_json()["id"]
    Moderator(app).decide(decided, "approve")
    fresh = Guest(app).say("fresh").get_json()["id"]
    draw(app)
    assert list(samples(app)) == [fresh]


def test_one_check_per_week(app: Flask, clock: FakeClock) -> None:
    with app.app_context():
        state = app.extensions["comments"]
        by_the_clock.draw_spot_checks(state)
        assert session().scalar(select(func.count()).select_from(SpotCheck)) == 0
        session().rollback()
    fill(app, 2, 0)
    for _ in range(2):
        with app.app_context():
            by_the_clock.draw_spot_checks(app.extensions["comments"])
    clock.forward(days=7)
    fill(app, 2, 0)
    with app.app_context():
        by_the_clock.draw_spot_checks(app.extensions["comments"])
        weeks = list(session().scalars(select(SpotCheck.week)))
        assert len(set(weeks)) == len(weeks) == 2
        assert all(len(week) == 8 for week in weeks)


def test_every_comment_is_as_likely_as_another(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """If there are too many comments to list, random ids are tried, with equal probability."""
    monkeypatch.setattr(spot, "MOST", 5)
    fill(app, 12, 0)
    hits = dict.fromkeys(range(1, 13), 0)
    with app.app_context():
        since = app.extensions["comments"].now().replace(year=2020)
        for seed in range(300):
            drawn = spot.draw(
                session(),
                1,
                "published",
                since=since,
                count=4,
                chance=Random(seed),  # noqa: S311
            )
            assert len(set(drawn.ids)) == 4
            for one in drawn.ids:
                hits[one] += 1
    assert all(65 <= count <= 135 for count in hits.values()), hits


@pytest.mark.parametrize(
    ("was", "right", "decision", "found"),
    [
        ("published", True, "approve", "published"),
        ("published", False, "spam", "spam"),
        ("spam", True, "spam", "spam"),
        ("spam", False, "approve", "published"),
    ],
)
def test_judgement_is_a_decision_with_label_and_undo(
    app: Flask, was: str, right: bool, decision: str, found: str
) -> None:
    fill(app, 1, 1)
    check = draw(app)
    comment = next(key for key, one in samples(app).items() if one.was == was)
    moderator = Moderator(app)
    judged = moderator.post(f"/moderation/check/{check}/{comment}", right=str(int(right)))
    assert judged.status_code == 303
    with app.app_context():
        [row] = session().scalars(select(Decision))
        [label] = session().scalars(select(Label).where(Label.withdrawn_at.is_(None)))
        assert (row.decision, label.label) == (decision, "spam" if found == "spam" else "ham")
        assert session().get_one(Comment, comment).status == found
    assert (samples(app)[comment].found, samples(app)[comment].found_at is None) == (found, False)
    moderator.post(f"/moderation/decisions/{row.id}/undo")
    assert (samples(app)[comment].found, samples(app)[comment].found_at) == ("", None)
    assert comment_status(app, comment) == was


def comment_status(app: Flask, comment: int) -> str:
    with app.app_context():
        return session().get_one(Comment, comment).status


def test_the_page_measures_over_the_checks(app: Flask, clock: FakeClock) -> None:
    fill(app, 3, 3)
    check = draw(app)
    moderator = Moderator(app)
    page = moderator.client.get("/moderation/check/").get_data(as_text=True)
    assert page.count('name="right" value="1"') == 6
    assert 'Spot check <span class="count">6</span>' in moderator.queue()
    for comment, one in samples(app).items():
        right = "0" if one.was == "spam" and comment == max(samples(app)) else "1"
        moderator.post(f"/moderation/check/{check}/{comment}", right=right)
    page = moderator.client.get("/moderation/check/").get_data(as_text=True)
    assert "33.3%" in page
    assert "1 of 3" in page
    assert "0 of 3" in page
    assert "All of it was looked at." in page
    assert "Spot check <span" not in moderator.queue()
    clock.forward(days=7)
    page = moderator.client.get("/moderation/check/").get_data(as_text=True)
    assert "Draw this week" in page
    fill(app, 2, 0)
    assert moderator.post("/moderation/check/draw").status_code == 303
    with app.app_context():
        checks = [one.id for one in spot.newest(session(), 1, 8)]
        pooled = spot_check.measure(session(), checks)
        assert len(checks) == 2
        assert (pooled.filed.wrong, pooled.filed.of) == (1, 3)


def test_rejected_samples_do_not_count(app: Flask) -> None:
    fill(app, 2, 0)
    check = draw(app)
    Moderator(app).decide(1, "reject")
    with app.app_context():
        assert spot_check.measure(session(), [check]).published == ErrorRate(0, 0, 0.0, 1.0)


def test_only_samples_can_be_judged(app: Flask) -> None:
    fill(app, SIZE + 2, 0)
    check = draw(app)
    other = next(n for n in range(1, SIZE + 3) if n not in samples(app))
    answer = Moderator(app).post(f"/moderation/check/{check}/{other}", right="1")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("wrong", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)],
)
def test_the_interval_is_wilsons(wrong: int, of: int, low: float, high: float) -> None:
    rate = wilson_rate(wrong, of)
    assert (rate.low, rate.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))
