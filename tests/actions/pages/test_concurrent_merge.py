"""A thread is merged while another transaction waits for its lock: nothing is lost.

The other transaction's changes are written past the session, as PostgreSQL shows them after the
wait.
"""

from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from comment_service.actions.comments import permissions, undo_like
from comment_service.actions.moderation import decide, trust_author
from comment_service.identity.viewer import Viewer
from comment_service.runtime import Runtime
from comment_service.storage.db import locks, prepared
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Author, Comment, Moderator, Page, PageLike, Site
from tests.people import Guest
from tests.people import Moderator as Person

OLD, NEW = "https://blog.example/old", "https://blog.example/new"
MOVED = "UPDATE comments_comments SET page_id = 2 WHERE page_id = 1"
MERGED = (
    MOVED,
    "UPDATE comments_page_likes SET page_id = 2 WHERE page_id = 1",
    "DELETE FROM comments_pages WHERE id = 1",
    "INSERT INTO comments_page_aliases (site_id, page_id, url, key, created_at)"
    " VALUES (1, 2, 'https://blog.example/old', 'blog.example/old', '2026-01-01 00:00:00')",
)


@pytest.fixture
def said(lite: Flask) -> int:
    """Return a liked comment on the first of two pages."""
    ids = []
    for name, url in (("Ada", OLD), ("Bob", NEW)):
        guest = Guest(lite, name)
        guest.page = {"site": "default", "url": url, "title": "A post"}
        ids.append(int(guest.say(f"What {name} has to say").get_json()["id"]))
        if url == OLD:
            guest.like()
    Person(lite)
    return ids[0]


def meanwhile(monkeypatch: pytest.MonkeyPatch, *statements: str) -> None:
    """Make another transaction commit these statements while the first lock is awaited."""
    together, waiting = locks.lock_pages, list(statements)

    def commit(current: Session) -> None:
        while waiting:
            current.connection().execute(text(waiting.pop(0)))

    def pages(current: Session, page_ids: Sequence[int]) -> None:
        commit(current)
        together(current, page_ids)

    def there(current: Session, page_id: int) -> bool:
        commit(current)
        return prepared.first(current, locks._LOCK_PAGE, page_id=page_id) is not None

    monkeypatch.setattr(locks, "lock_pages", pages)
    monkeypatch.setattr(locks, "_lock_existing", there)


def runtime(app: Flask) -> Runtime:
    found: Runtime = app.extensions["comments"]
    return found


@pytest.mark.parametrize("statements", [(MOVED,), MERGED])
def test_comment_is_pinned_on_its_new_page(
    lite: Flask, said: int, monkeypatch: pytest.MonkeyPatch, statements: tuple[str, ...]
) -> None:
    meanwhile(monkeypatch, *statements)
    with lite.app_context(), transaction() as current:
        moderator = current.scalars(select(Moderator)).one()
        trust_author.pin(session=current, moderator_id=moderator.id, comment_id=said, pinned=True)
    with lite.app_context():
        pinned = {page.id: page.pinned_id for page in session().scalars(select(Page))}
    assert pinned.pop(2) == said
    assert set(pinned.values()) <= {None}


def test_moved_pinned_comment_is_not_on_the_old_page(lite: Flask, said: int) -> None:
    with lite.app_context(), transaction() as current:
        current.get_one(Page, 1).pinned_id = said
        current.flush()
        current.connection().execute(text(MOVED))
    thread = lite.test_client().get("/thread", query_string={"site": "default", "url": OLD})
    assert "What Ada has to say" not in thread.get_data(as_text=True)


def test_merged_page_is_closed(lite: Flask, said: int, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, *MERGED)
    with lite.app_context(), transaction() as current:
        page = trust_author.close_page(
            session=current, runtime=runtime(lite), site_id=1, url=OLD, closed=True
        )
        assert page.id == 2
    with lite.app_context():
        assert session().get_one(Page, 2).closed_at is not None


def test_like_is_withdrawn_on_the_merged_page(
    lite: Flask, said: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lite.app_context(), transaction() as current:
        like = current.scalars(select(PageLike)).one()
        author, site = current.get_one(Author, like.author_id), current.get_one(Site, 1)
        meanwhile(monkeypatch, *MERGED)
        undo_like.undo_like(
            session=current,
            runtime=runtime(lite),
            site=site,
            author=author,
            kind="pages",
            like_id=like.id,
        )
    with lite.app_context():
        assert session().scalars(select(PageLike)).all() == []
        assert session().get_one(Page, 2).like_count == 0


def test_decision_counts_on_the_comments_new_page(
    lite: Flask, said: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, *MERGED)
    with lite.app_context(), transaction() as current:
        moderator = current.scalars(select(Moderator)).one()
        decide.decide(
            session=current,
            runtime=runtime(lite),
            moderator_id=moderator.id,
            comment_id=said,
            decision="spam",
        )
    with lite.app_context():
        assert session().get_one(Page, 2).comment_count == 1


def test_edit_applies_on_the_comments_new_page(
    lite: Flask, said: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, *MERGED)
    with lite.app_context(), transaction() as current:
        author = current.get_one(Comment, said).author_id
        found = permissions.require_own(
            session=current, viewer=Viewer(author_id=author), comment_id=said, lock=True
        )
        assert found.page_id == found.page.id == 2
