"""The demo: what eight weeks of comments, decisions and trainings leave on its pages."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import Client

from comment_service import cli
from comment_service.app import create_app, prepare, start
from comment_service.cli.assembly import Assembly
from comment_service.cli.demo import texts
from comment_service.cli.demo.build import build
from comment_service.cli.demo.posts import POSTS
from comment_service.cli.demo.site import OWNER
from comment_service.cli.people import one_time_link
from comment_service.extension import CommentService
from comment_service.storage.db.session import close_connections, session
from comment_service.storage.tables import (
    Batch,
    Comment,
    Decision,
    Model,
    Moderator,
    Report,
    Shield,
    Verdict,
)

pytestmark = pytest.mark.slow
ASSEMBLY = Assembly(create_app, CommentService, prepare, start)
ADDRESS = "http://localhost:5000"
NOW = datetime(2026, 11, 30, 14, 30, tzinfo=UTC)
CHECK_NAMES = {"Wanderer", "Archivist", "Casino Bonus"}
"""Who writes in ``demo --check``."""


class Demo:
    """The seeded demo: its folder, its pages as the owner sees them, its database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blog, self.service = build(ASSEMBLY, folder, ADDRESS, NOW)
        self.service.testing = True  # no worker
        self.service.extensions["comments"].clock = lambda: NOW
        self._client = Client(self.blog)
        self._enter()

    def _enter(self) -> None:
        with self.service.app_context():
            link = one_time_link(f"{ADDRESS}/comments", OWNER).removeprefix(ADDRESS)
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.page(link))
        fields = {"csrf_token": found[1] if found else ""}
        self._client.post(link, data=fields, base_url=ADDRESS)

    def page(self, path: str) -> str:
        answer = self._client.get(path, base_url=ADDRESS)
        assert answer.status_code == 200, path
        return unescape(answer.get_data(as_text=True))

    def thread(self, name: str) -> str:
        post = next(post for post in POSTS if post.name == name)
        return self.page(f"/comments/thread?site=default&url={ADDRESS}{post.path}")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    unfinished = folder.with_name("demo-unfinished")
    unfinished.mkdir()
    (unfinished / "comments.sqlite3").write_text("of a run that was interrupted")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COMMENTS_FOLDER", raising=False)
        found = Demo(folder)
        assert not unfinished.exists()
        yield found
        close_connections(found.service)


@pytest.fixture
def current(demo: Demo) -> Iterator[Session]:
    with demo.service.app_context():
        yield session()


def statuses(service: Flask) -> Counter[tuple[str, str, str]]:
    """Count comments by author, text and status, without those that ``--check`` wrote."""
    with service.app_context():
        rows = session().execute(select(Comment.name, Comment.text, Comment.status)).all()
    return Counter((row[0], row[1], row[2]) for row in rows if row[0] not in CHECK_NAMES)


def first_verdicts(current: Session, *names: str) -> dict[str, str]:
    """Return author → what screening said at first."""
    first = select(func.min(Verdict.id)).group_by(Verdict.comment_id)
    query = select(Comment.name, Verdict.status).join(Verdict, Verdict.comment_id == Comment.id)
    rows = current.execute(query.where(Verdict.id.in_(first), Comment.name.in_(names))).all()
    return {row[0]: row[1] for row in rows}


def test_the_queue_has_comments_held_for_many_reasons(demo: Demo) -> None:
    page = demo.page("/comments/moderation/")
    assert 6 <= page.count('<article class="card"') <= 10
    for reason in (
        "irst comment by this author, with a link",
        "more than the 2 allowed",
        "after opening the form",
        "ses a moderator’s name",
        "network from which a blocked author wrote",
        "3 readers reported it",
        "spam by the model",
    ):
        assert reason in page, reason


def test_counts_of_the_queues(current: Session) -> None:
    count = Counter(current.scalars(select(Comment.status)))
    assert 100 <= count["published"] <= 115
    assert 110 <= count["spam"] <= 130
    assert count["deleted"] == 1
    undecided = select(func.count()).where(
        Comment.status == "spam",
        ~select(Decision).where(Decision.comment_id == Comment.id).exists(),
    )
    assert 3 <= (current.scalar(undecided) or 0) <= 10


def test_two_moderators_decided_and_corrected_themselves(current: Session) -> None:
    decisions = current.scalars(select(Decision).order_by(Decision.id)).all()
    assert len(decisions) >= 200
    by = Counter(one.moderator_id for one in decisions)
    assert len(by) == current.scalar(select(func.count(Moderator.id))) == 2
    assert min(by.values()) >= 50
    assert [one.decision for one in decisions if one.undoes_id] == ["undo"]
    assert current.scalars(select(Batch)).one().decided >= 15
    (first, last) = (one for one in decisions if one.comment.name == "Maureen T.")
    assert (first.decision, last.decision) == ("approve", "spam")
    assert first.moderator_id != last.moderator_id


def test_the_filter_learned_the_campaign(demo: Demo, current: Session) -> None:
    models = current.scalars(select(Model).order_by(Model.created_at)).all()
    assert [one.report["promoted"] for one in models] == [True, True]
    assert [one.state for one in models] == ["retired", "active"]
    assert re.search(
        r"learned from (19\d|2\d\d) decisions", demo.page("/comments/moderation/model/")
    )
    wave = [text.name for text in texts.spam() if "Dennis" in text.text]
    said = first_verdicts(current, *wave)
    assert {said[name] for name in wave[:16]} == {"published"}, "the shipped model lets it through"
    assert sum(said[name] != "published" for name in wave[16:]) >= 10


def test_flood_was_held_and_ended(demo: Demo, current: Session) -> None:
    flood = current.scalars(select(Shield)).one()
    assert flood.until - flood.began_at == timedelta(hours=1)
    assert first_verdicts(current, "Camille")["Camille"] == "pending"
    assert "Camille" in demo.thread("boxing")


def test_readers_reported_two_comments(current: Session) -> None:
    query = select(Comment.name, func.count()).join(Report, Report.comment_id == Comment.id)
    found = {tuple(row) for row in current.execute(query.group_by(Comment.name))}
    assert found == {("Keith", 2), ("Gary Stone", 3)}


def test_threads_show_edits_tombstones_badges_and_three_languages(demo: Demo) -> None:
    kettle, backup, boxing = map(demo.thread, ("kettle", "backup", "boxing"))
    assert "boiling a cliff" in kettle
    assert "edited" in kettle
    assert "not a strategy" not in backup
    assert "It is just a very optimistic one" in backup
    assert "This comment was removed." in backup
    assert ">Owner<" in boxing
    assert "Pinned" in boxing
    assert "Liked by 3 people" in boxing
    for words in ("Selbstverständlich", "La guitarra", "الموسيقى"):
        assert words in boxing


def test_tree_is_several_levels_deep(current: Session) -> None:
    assert (current.scalar(select(func.max(Comment.depth))) or 0) >= 3


def test_times_are_spread_over_eight_weeks(current: Session) -> None:
    rows = current.execute(select(Comment.created_at, Comment.name)).all()
    minutes = [time.replace(second=0) for time, name in rows if not name.startswith("guest")]
    assert len(set(minutes)) == len(minutes)
    weeks = Counter((NOW - time).days // 7 for time, _name in rows)
    assert all(weeks[week] >= 8 for week in range(8))
    assert weeks[0] + weeks[1] > 0.4 * len(rows)


def test_another_port_keeps_the_threads(demo: Demo) -> None:
    before = statuses(demo.service)
    other = "http://localhost:5099"
    try:
        blog, service = build(ASSEMBLY, demo.folder, other, NOW)
        service.testing = True
        assert statuses(service) == before
        thread = Client(blog).get(POSTS[0].path, base_url=other).get_data(as_text=True)
        assert "The ballad in the car!" in thread
        close_connections(service)
    finally:
        build(ASSEMBLY, demo.folder, ADDRESS, NOW)


def test_it_checks_itself_and_is_seeded_alike_each_time(demo: Demo, tmp_path: Path) -> None:
    group = cli.group("comment-service", ASSEMBLY)
    done = CliRunner().invoke(group, ["demo", "--check", "--folder", str(tmp_path / "demo")])
    assert done.exit_code == 0, done.output
    assert "WRONG" not in done.output
    folder = {"COMMENTS_FOLDER": str(tmp_path / "demo-check"), "COMMENTS_ALLOW_VOLATILE": True}
    again = create_app({**folder, "COMMENTS_WORKER": False})
    assert statuses(again) == statuses(demo.service)
    close_connections(again)
