"""Merging and splitting threads, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service import events
from comment_service.actions.pages import merge as merge_pages
from comment_service.actions.pages import split as split_page
from comment_service.actions.readers import subscription_link
from comment_service.errors import DoesNotExist, InvalidFields, OriginUnknown
from comment_service.runtime import Runtime
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import pages
from comment_service.storage.tables import (
    Comment,
    Page,
    PageAlias,
    PageLike,
    RuleChange,
    Shield,
    Site,
    Subscription,
)
from comment_service.text.addresses import page_key
from tests.people import Guest, Moderator

OLD, NEW = "https://blog.example/old", "https://blog.example/new"


def guest_at(app: Flask, url: str, name: str = "Ada") -> Guest:
    guest = Guest(app, name)
    guest.page = {"site": "default", "url": url, "title": f"Post at {url[-3:]}"}
    return guest


def said(app: Flask, url: str, text: str, **more: Any) -> int:
    answer = guest_at(app, url).say(text, **more)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return int(answer.get_json()["id"])


def page_at(url: str) -> Page:
    site = session().scalars(select(Site)).first()
    found = pages.find(session(), site.id if site else 0, url)
    assert found is not None
    return found


@pytest.fixture
def threads(app: Flask) -> dict[str, int]:
    """Return comments of two threads: a question with its reply, a pending one; and a third."""
    question = said(app, OLD, "A question")
    found = {
        "question": question,
        "answer": said(app, OLD, "An answer", parent=question),
        "held": said(app, OLD, "maybe it waits"),
        "new": said(app, NEW, "Said at the new one"),
    }
    with app.app_context(), transaction() as current:
        page_at(OLD).pinned_id = question
        page_at(OLD).revision = 40
        current.flush()
    return found


def merge(app: Flask, gone: str = OLD, into: str = NEW, **more: Any) -> None:
    with app.app_context(), transaction() as current:
        ids = {"page_id": page_at(gone).id, "into_id": page_at(into).id}
        merge_pages.merge(
            session=current, runtime=app.extensions["comments"], actor="Olive", **ids, **more
        )


def split(app: Flask, ids: list[int], url: str = OLD, page: str = NEW, **more: Any) -> None:
    with app.app_context(), transaction() as current:
        split_page.split(
            session=current, runtime=app.extensions["comments"], page_id=page_at(page).id,
            comment_ids=ids, url=url, actor="Olive", **more,
        )  # fmt: skip


def test_a_merge_moves_every_comment_with_its_place(app: Flask, threads: dict[str, int]) -> None:
    merge(app)
    with app.app_context():
        page = session().scalars(select(Page)).one()
        assert (page.url, page.comment_count, page.pinned_id) == (NEW, 3, None)
        assert page.revision > 40
        answer = session().get_one(Comment, threads["answer"])
        assert (answer.page_id, answer.parent_id) == (page.id, threads["question"])
        assert session().get_one(Comment, threads["held"]).page_id == page.id
    for url in (OLD, NEW, f"{OLD}/index.html"):
        thread = guest_at(app, url).thread()
        for text in ("A question", "An answer", "Said at the new one"):
            assert text in thread
    assert said(app, OLD, "Said at the old address")
    with app.app_context():
        assert session().scalars(select(Page)).one().comment_count == 4


def test_a_merge_is_audited_and_announced(app: Flask, threads: dict[str, int]) -> None:
    heard: list[dict[str, Any]] = []

    def listen(_sender: str, **told: Any) -> None:
        heard.append(told)

    with events.pages_merged.connected_to(listen):
        merge(app)
    with app.app_context():
        row = session().scalars(select(RuleChange)).one()
        assert (row.page_url, row.actor) == (NEW, "Olive")
        assert row.after == {"merged": OLD, "comments": 3}
        assert [told["gone_url"] for told in heard] == [OLD]
        assert heard[0]["page_id"] == session().scalars(select(Page.id)).one()


def test_likes_of_both_pages_count_once(app: Flask, threads: dict[str, int]) -> None:
    both, old_only = guest_at(app, OLD), guest_at(app, OLD)
    both.like()
    old_only.like()
    both.page["url"] = NEW
    both.like()
    guest_at(app, NEW).like()
    with app.app_context():
        ids = {"page_id": page_at(OLD).id, "into_id": page_at(NEW).id}
        told = merge_pages.preview(session=session(), moderator_id=None, **ids)
        assert (told.comments, told.published, told.likes, told.likes_twice) == (3, 2, 2, 1)
        assert told.unpins
    merge(app)
    with app.app_context():
        assert len(session().scalars(select(PageLike)).all()) == 3
        assert session().scalars(select(Page)).one().like_count == 3


def subscribe(app: Flask, url: str, address: str, hour: int, **more: Any) -> int:
    with app.app_context(), transaction() as current:
        page, now = page_at(url), app.extensions["comments"].now()
        at = now + timedelta(hours=hour)
        row = Subscription(site_id=page.site_id, page_id=page.id, kind="page", asked_at=at)
        row.email = row.address = address
        row.confirmed_at = at
        for name, value in more.items():
            setattr(row, name, value)
        current.add(row)
        current.flush()
        return row.id


def test_newer_of_two_subscriptions_stays(app: Flask, threads: dict[str, int]) -> None:
    runtime: Runtime = app.extensions["comments"]
    subscribe(app, OLD, "a@x.example", 1)
    later = subscribe(app, NEW, "a@x.example", 2, ended_at=runtime.now() + timedelta(hours=3))
    proven = subscribe(app, OLD, "b@x.example", 1)
    subscribe(app, NEW, "b@x.example", 5, confirmed_at=None)
    alone = subscribe(app, OLD, "c@x.example", 1)
    with app.app_context():
        row = session().get_one(Subscription, alone)
        link = subscription_link.sign(runtime, subscription_link.UNSUBSCRIBE, row)
        ids = {"page_id": page_at(OLD).id, "into_id": page_at(NEW).id}
        told = merge_pages.preview(session=session(), moderator_id=None, **ids)
        assert (told.subscriptions, told.subscriptions_twice) == (3, 2)
    merge(app)
    with app.app_context():
        rows = session().scalars(select(Subscription)).all()
        assert {row.id for row in rows} == {later, proven, alone}
        assert {row.page_id for row in rows} == {page_at(NEW).id}
        purpose = {"purpose": subscription_link.UNSUBSCRIBE, "token": link}
        opened = subscription_link.find_subscription(session=session(), runtime=runtime, **purpose)
        assert opened is not None
        assert opened.id == alone, "a link that was sent before leads on"


def test_aliases_and_floods_move(app: Flask, threads: dict[str, int]) -> None:
    with app.app_context(), transaction() as current:
        page, now = page_at(OLD), app.extensions["comments"].now()
        at = "https://blog.example/older"
        current.add(
            PageAlias(
                site_id=page.site_id, page_id=page.id, url=at, key=page_key(at), created_at=now
            )
        )
        times = dict.fromkeys(("since", "began_at", "until"), now)
        current.add(Shield(site_id=page.site_id, page_id=page.id, comments=9, **times))
        page.shield_until = now
    merge(app)
    with app.app_context():
        page = session().scalars(select(Page)).one()
        assert page_at("https://blog.example/older").id == page.id
        assert session().scalars(select(Shield.page_id)).one() == page.id
        assert page.shield_until is not None


def test_comment_during_a_merge_is_not_lost(app: Flask, threads: dict[str, int]) -> None:
    guest = guest_at(app, OLD)
    fields = guest.fields("Sent while they are merged")
    with ThreadPoolExecutor(1) as pool:
        with app.app_context(), transaction() as current:
            ids = {"page_id": page_at(OLD).id, "into_id": page_at(NEW).id}
            state = app.extensions["comments"]
            merge_pages.merge(session=current, runtime=state, actor="Olive", **ids)
            sent = pool.submit(guest.post, "/comments", fields)
            with pytest.raises(TimeoutError):
                sent.result(0.5)
        assert sent.result(20).status_code == 201
    with app.app_context():
        page = session().scalars(select(Page)).one()
        assert (page.url, page.comment_count) == (NEW, 4)


def test_invalid_merges_are_refused(app: Flask, threads: dict[str, int]) -> None:
    with pytest.raises(InvalidFields):
        merge(app, OLD, OLD)
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        site = sites.ensure_site(current, key="b", name="B", origins=["https://b.example"], now=now)
        at = "https://b.example/"
        far = sites.ensure_page(current, site_id=site.id, url=at, title="", now=now).id
        ids = {"page_id": page_at(OLD).id, "into_id": far}
    by = Moderator(app, "Far", "moderator", "b").id
    for moderator in (None, by):
        with pytest.raises(DoesNotExist), app.app_context(), transaction() as current:
            merge_pages.merge(
                session=current, runtime=app.extensions["comments"], actor="", **ids,
                moderator_id=moderator,
            )  # fmt: skip


def test_split_reverses_a_merge(app: Flask, threads: dict[str, int]) -> None:
    merge(app)
    before = guest_at(app, OLD).get("/thread")
    split(app, [threads["question"], threads["held"]])
    with app.app_context():
        old, new = page_at(OLD), page_at(NEW)
        assert old.id != new.id
        assert (old.comment_count, new.comment_count) == (2, 1)
        assert session().get_one(Comment, threads["answer"]).page_id == old.id
        assert old.revision > 40, "nothing that was kept of the thread before is shown again"
        assert not session().scalars(select(PageAlias)).all()
        row = session().scalars(select(RuleChange).order_by(RuleChange.id.desc())).first()
        assert row is not None
        assert row.after == {"moved_to": OLD, "comments": 3}
    thread = guest_at(app, OLD).get("/thread")
    assert thread.headers["ETag"] != before.headers["ETag"]
    assert "Said at the new one" not in thread.get_data(as_text=True)
    assert "An answer" not in guest_at(app, NEW).thread()


def test_comments_move_to_an_existing_page(app: Flask, threads: dict[str, int]) -> None:
    with app.app_context(), transaction():
        page_at(OLD).pinned_id = threads["question"]
    split(app, [threads["question"], threads["answer"]], NEW, OLD)
    with app.app_context():
        assert (page_at(OLD).comment_count, page_at(NEW).comment_count) == (0, 3)
        assert page_at(OLD).pinned_id is None


def test_reply_subscriptions_move_with_their_comments(app: Flask, threads: dict[str, int]) -> None:
    with app.app_context():
        asker = session().get_one(Comment, threads["question"]).author_id
        other = session().get_one(Comment, threads["held"]).author_id
    moved = subscribe(app, OLD, "a@x.example", 1, kind="replies", author_id=asker)
    stays = subscribe(app, OLD, "b@x.example", 1, kind="replies", author_id=other)
    split(app, [threads["question"]], "https://blog.example/third", OLD)
    with app.app_context():
        third = page_at("https://blog.example/third").id
        assert session().get_one(Subscription, moved).page_id == third
        assert session().get_one(Subscription, stays).page_id == page_at(OLD).id


def test_invalid_splits_are_refused(app: Flask, threads: dict[str, int]) -> None:
    with pytest.raises(InvalidFields) as nothing:
        split(app, [threads["answer"], 999], NEW, OLD)
    assert "comment" in nothing.value.fields
    for url in (f"{OLD}/", "nowhere"):
        with pytest.raises(InvalidFields) as same:
            split(app, [threads["question"]], url, OLD)
        assert "url" in same.value.fields
    with pytest.raises(OriginUnknown):
        split(app, [threads["question"]], "https://other.example/", OLD)


@pytest.mark.parametrize(
    ("by_moderator", "title"), [(OLD, "Post at old"), (NEW, "Post at new"), ("", "Post at new")]
)
def test_a_moderator_s_title_survives_a_merge(
    app: Flask, threads: dict[str, int], by_moderator: str, title: str
) -> None:
    if by_moderator:
        with app.app_context(), transaction():
            page_at(by_moderator).title_by_moderator = True
    merge(app)
    with app.app_context():
        page = page_at(NEW)
        assert (page.title, page.title_by_moderator) == (title, bool(by_moderator))
