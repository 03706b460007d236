"""The overview: the last week beside the previous one, bounded; the same by mail."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import overview
from comment_service.storage.tables import Moderator as Person
from tests.fakes import FakeClock
from tests.notify.conftest import Mailbox
from tests.notify.test_moderator_mail import deliver, mails, text, wish
from tests.people import Guest, Moderator, ruled


def show(moderator: Moderator) -> str:
    return moderator.client.get("/moderation/week/").get_data(as_text=True)


def test_the_figures_are_the_counts(app: Flask, clock: FakeClock) -> None:
    moderator = Moderator(app)
    Guest(app).say("from the week before")
    clock.forward(days=6)
    first = [Guest(app).say(words).get_json()["id"] for words in ("one", "casino x", "maybe x")]
    clock.forward(minutes=10)
    moderator.decide(first[0], "spam")  # published
    clock.forward(minutes=2)
    moderator.decide(first[1], "approve")  # marked as spam
    clock.forward(minutes=20)
    moderator.decide(first[2], "approve")  # held
    clock.forward(minutes=1)
    extra = Guest(app).say("two").get_json()["id"]
    undo = moderator.decide(extra, "reject").get_json()["undo"]
    moderator.post(undo)
    clock.forward(days=2)
    with app.app_context():
        now = clock.now
        this, before = (
            overview.load_incoming(session(), 1, now - overview.WEEK, now),
            overview.load_incoming(session(), 1, now - 2 * overview.WEEK, now - overview.WEEK),
        )
        did = overview.load_work(session(), 1, now - overview.WEEK, now)
    assert (this.came, this.said) == (4, {"published": 2, "spam": 1, "pending": 1})
    assert before.came == 1
    assert (did.decisions, did.corrected, did.undone) == (4, 2, 1)
    assert did.wait is not None
    assert did.wait.total_seconds() == 32 * 60
    assert did.spent.total_seconds() == 3 * 60
    page = show(moderator)
    assert "32 minutes" in page
    assert 'role="img" aria-labelledby="trend-name trend-text"' in page
    assert page.count('class="came"') == 12


def test_busy_pages_are_named_and_escaped(app: Flask) -> None:
    for n in range(3):
        Guest(app).say(f"words {n}", title="<i>Hot</i>")
    Guest(app).say("elsewhere", url="https://blog.example/other", title="Cool")
    page = show(Moderator(app))
    assert page.index("&lt;i&gt;Hot&lt;/i&gt;") < page.index("Cool")
    assert "<i>Hot" not in page
    assert "3 comments" in page


def test_an_empty_site_has_an_overview(app: Flask) -> None:
    page = show(Moderator(app))
    assert "No comments in the last 24 hours." in page
    assert "No spot check was drawn yet." in page


def test_bounded_figures_are_marked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    moderator = Moderator(app)
    for n in range(4):
        Guest(app).say(f"words {n}")
    assert "newest" not in show(moderator)
    monkeypatch.setattr(overview, "LOOKED", 3)
    assert "What became of comments is of the newest" in show(moderator)


def test_the_week_comes_by_mail_on_mondays(
    mailing: Flask, mailbox: tuple[Mailbox, int], clock: FakeClock
) -> None:
    quiet, moderator = Moderator(mailing, "Quiet"), Moderator(mailing, "Reader")
    wish(mailing, quiet, weekly_mail=False)
    Guest(mailing).say("an honest comment")
    deliver(mailing)
    assert mails(mailbox) == [], "it is Sunday, and nothing was sent yet"
    clock.now = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    deliver(mailing)
    deliver(mailing)
    [mail] = mails(mailbox, "reader@blog.example")
    assert "Comments: 1" in text(mail)
    assert "https://comments.example/moderation/week/" in text(mail)
    assert mail["List-Unsubscribe"]
    clock.forward(days=3)
    deliver(mailing)
    assert len(mails(mailbox)) == 1
    clock.forward(days=4)
    deliver(mailing)
    assert len(mails(mailbox)) == 2
    with mailing.app_context(), transaction() as current:
        assert current.get_one(Person, moderator.id).weekly_at == clock.now


def test_no_mail_after_two_quiet_weeks(
    mailing: Flask, mailbox: tuple[Mailbox, int], clock: FakeClock
) -> None:
    Moderator(mailing)
    clock.now = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    deliver(mailing)
    assert mails(mailbox) == []


def test_waiting_time_starts_when_a_comment_is_held(app: Flask, clock: FakeClock) -> None:
    ruled(app, reports_hold=0.4)
    comment = Guest(app).say("a fine thing").get_json()["id"]
    clock.forward(days=60)
    Guest(app).report(comment)
    clock.forward(minutes=3)
    Moderator(app).decide(comment, "approve")
    with app.app_context():
        done = overview.load_work(session(), 1, clock.now - timedelta(days=7), clock.now)
    assert done.wait == timedelta(minutes=3)
