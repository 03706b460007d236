"""Two sites, two pages, two authors, two moderators: no query returns what belongs to the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import func, select

from comment_service.storage.admin import people
from comment_service.storage.comments import author_history, counts, likes
from comment_service.storage.db import outbox
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import context, examples, labels, sources, versions
from comment_service.storage.readers import activity, subscriptions
from comment_service.storage.tables import (
    DELETED,
    PENDING,
    PUBLISHED,
    SPAM,
    Author,
    Comment,
    CommentLike,
    Label,
    LinkedDomain,
    Moderator,
    OutboxRow,
    Page,
    PageLike,
    Site,
    Subscription,
)

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
TEXT = "the same text on both sites"
NUMBERS = count()


@dataclass
class Half:
    """What belongs to one of the two sites."""

    site: Site
    pages: list[Page]
    authors: list[Author]
    comments: list[Comment]


def comment(page: Page, author: Author, status: str = PUBLISHED, **more: object) -> Comment:
    fields: dict[str, object] = {
        "site_id": page.site_id, "page_id": page.id, "author": author, "status": status,
        "text": TEXT, "html": TEXT, "name": author.name, "email": f"{author.name}@x.example",
        "url": "", "depth": 0, "created_at": NOON, "text_hash": "same", "likeness": "same",
        "network": "one network", "idempotency_key": f"comment {next(NUMBERS)}",
        "identity": "guest", "shown": status == PUBLISHED,
    }  # fmt: skip
    row = Comment(**{**fields, **more})
    session().add(row)
    session().flush()
    row.root_id = row.root_id or row.id
    row.campaign_id = row.campaign_id or row.id
    session().flush()
    return row


def half(key: str) -> Half:
    db = session()
    site = Site(key=key, name=key, origins=[f"https://{key}.example"], created_at=NOON, rules={})
    db.add(site)
    db.flush()
    pages = []
    for number in (1, 2):
        url = f"https://{key}.example/{number}"
        page = Page(site_id=site.id, url=url, key=url, title=url, created_at=NOON)
        page.revision = page.comment_count = page.like_count = 0
        pages.append(page)
    authors = [Author(site_id=site.id, name=f"{key}{n}", email="", created_at=NOON) for n in (1, 2)]
    db.add_all([*pages, *authors])
    db.flush()
    comments = [comment(page, author) for page in pages for author in authors]
    for row in comments:
        db.add(LinkedDomain(comment_id=row.id, site_id=site.id, domain="shared.example"))
        db.add(
            Label(
                site_id=site.id, comment_id=row.id, label="spam", text=TEXT, author="", email="",
                url="", source="decision", actor="Ann", weight=1.0, created_at=NOON,
            )
        )  # fmt: skip
    db.flush()
    return Half(site, pages, authors, comments)


@dataclass
class World:
    one: Half
    other: Half


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    with app.app_context(), transaction():
        yield World(half("one"), half("other"))


def ids(rows: object) -> set[int]:
    return {row.id for row in rows}  # type: ignore[attr-defined]


def test_the_same_text_on_another_site_is_not_found(world: World) -> None:
    for mine in (world.one, world.other):
        found = author_history.same_text(session(), mine.site.id, "same")
        assert ids(found) == ids(mine.comments)


def test_counts_of_an_author_are_the_author_s_own(world: World) -> None:
    author = world.one.authors[0]
    comment(world.one.pages[0], author, SPAM)
    assert author_history.has_published(session(), author.id)
    silent = Author(site_id=author.site_id, name="Silent", created_at=NOON)
    session().add(silent)
    session().flush()
    comment(world.one.pages[0], silent, SPAM)
    assert not author_history.has_published(session(), silent.id)
    assert context.author_counts(session(), author.id) == {PUBLISHED: 2, SPAM: 1}
    assert context.author_counts(session(), world.one.authors[1].id) == {PUBLISHED: 2}


def test_a_block_concerns_its_site_its_network_and_its_time(world: World) -> None:
    troll, fan = world.one.authors
    comment(world.one.pages[0], troll, network="theirs")
    comment(world.one.pages[0], fan, network="another")
    troll.blocked_at = NOON

    def held(half: Half, network: str, **hours: int) -> bool:
        now = NOON + timedelta(**hours)
        return author_history.network_of_blocked(
            session(), half.site.id, network, since=NOON - timedelta(days=7), now=now
        )

    session().flush()
    assert held(world.one, "theirs")
    assert not held(world.one, "another")
    assert not held(world.other, "theirs")
    troll.blocked_until = NOON + timedelta(hours=2)
    session().flush()
    assert held(world.one, "theirs", hours=1)
    assert not held(world.one, "theirs", hours=3)


def test_labels_by_id_are_those_of_the_site(world: World) -> None:
    every = session().scalars(select(Label.id)).all()
    for half in (world.one, world.other):
        found = examples.labels_by_id(session(), half.site.id, every)
        assert {label.comment_id for label in found} == ids(half.comments)
        assert ids(examples.labels_by_id(session(), half.site.id, [found[0].id])) == {found[0].id}


def test_unlabelled_comments_are_the_site_s_published_ones(world: World) -> None:
    assert labels.count_unlabelled(session(), world.one.site.id) == 0
    page, author = world.one.pages[0], world.one.authors[0]
    for status in (PUBLISHED, PUBLISHED, PENDING, SPAM):
        comment(page, author, status)
    assert labels.count_unlabelled(session(), world.one.site.id) == 2
    assert labels.count_unlabelled(session(), world.other.site.id) == 0


def test_a_rollback_follows_the_switches_of_its_site(world: World) -> None:
    for half, model_id in ((world.one, "a"), (world.other, "b"), (world.other, "c")):
        versions.activate(session(), half.site.id, model_id, actor="Ann", reason="", now=NOON)
    assert versions.formerly_active(session(), world.one.site.id) == [None]
    assert versions.formerly_active(session(), world.other.site.id) == ["b", None]


def test_links_and_texts_of_another_site_count_nothing(world: World) -> None:
    comment(world.other.pages[0], world.other.authors[0], SPAM, text="only there")
    for mine in (world.one, world.other):
        domains = context.domain_counts(session(), mine.site.id, "shared.example")
        assert domains == {PUBLISHED: 4}
    texts = context.public_texts(session(), world.one.site.id)
    assert len(texts) == 4
    campaign = world.other.comments[0].campaign_id
    assert context.campaign_counts(session(), world.one.site.id, campaign) == {}
    assert context.campaign_counts(session(), world.other.site.id, campaign) == {PUBLISHED: 1}
    world.other.comments[0].url = "https://there.example"
    session().flush()
    name = world.other.comments[0].name
    assert context.websites_of(session(), world.one.site.id, name) == set()
    assert context.websites_of(session(), world.other.site.id, name) == {"https://there.example"}


def test_texts_of_another_page_are_no_context(world: World) -> None:
    comment(world.one.pages[1], world.one.authors[0], text="on page two")
    texts = context.thread_texts(session(), world.one.pages[0].id, None)
    assert "on page two" not in texts
    assert len(texts) == 2


def test_labels_belong_to_a_site(world: World) -> None:
    first, second = world.one.site.id, world.other.site.id
    newest = session().scalar(select(func.max(Label.id)).where(Label.site_id == first))
    assert labels.newest_id(session(), first) == newest
    assert labels.newest_id(session(), second) != newest
    assert labels.count(session(), first) == labels.count(session(), second)
    assert {row.id for row in labels.training_rows(session(), first)} <= {
        label.id for label in session().scalars(select(Label).where(Label.site_id == first))
    }
    assert sources.count(session(), first, "decision", "Ann") == (4, 4)
    assert sources.count(session(), first, "decision", "Bob") == (0, 0)
    assert versions.active_id(session(), first) is None


def test_replies_to_an_author_are_public_and_others(world: World) -> None:
    page, (ada, bob) = world.one.pages[0], world.one.authors
    parent = world.one.comments[0]
    assert parent.author_id == ada.id
    seen = comment(page, bob, parent_id=parent.id, depth=1)
    comment(page, bob, PENDING, parent_id=parent.id, depth=1)
    comment(page, bob, SPAM, parent_id=parent.id, depth=1)
    comment(page, ada, parent_id=parent.id, depth=1)
    comment(page, ada, parent_id=world.one.comments[1].id, depth=1)
    assert ids(counts.replies_to(session(), ada.id, 10)) == {seen.id}


def test_counts_of_pages_are_their_own(world: World) -> None:
    page, other = world.one.pages
    last = comment(page, world.one.authors[0])
    later = comment(other, world.one.authors[0])
    assert counts.newest_id(session(), page) == last.id
    assert counts.count_newer(session(), page, last.id, 9) == 0
    assert counts.count_newer(session(), other, last.id, 9) == 1
    assert (
        counts.count_newer(session(), other, 0, 9) > 1 == counts.count_newer(session(), other, 0, 1)
    )
    assert ids(counts.newer_comments(session(), other, last.id, 10)) == {later.id}
    urls = [one.url for one in (*world.one.pages, *world.other.pages)]
    found = counts.of_pages(session(), world.one.site.id, urls)
    assert not any(found.get(one.url) for one in world.other.pages)


def test_likes_belong_to_a_page_an_author_and_a_comment(world: World) -> None:
    (ada, bob), (page, other) = world.one.authors, world.one.pages
    first, second = world.one.comments[0], world.one.comments[1]
    session().add_all([
        CommentLike(comment_id=first.id, author_id=ada.id, created_at=NOON, guest_network=None),
        CommentLike(comment_id=second.id, author_id=bob.id, created_at=NOON, guest_network=None),
        PageLike(page_id=page.id, author_id=ada.id, created_at=NOON, guest_network=None),
        PageLike(page_id=other.id, author_id=bob.id, created_at=NOON, guest_network=None),
    ])  # fmt: skip
    session().flush()
    assert likes.liked_by(session(), page, ada.id) == ({first.id: 1}, 1)
    assert likes.liked_by(session(), page, bob.id) == ({second.id: 1}, None)
    assert likes.liked_by(session(), other, ada.id) == ({}, None)
    named, _count = likes.likers(session(), page, first, 10, NOON)
    assert ids(named) == {ada.id}
    assert ids(likes.likers(session(), other, None, 10, NOON)[0]) == {bob.id}
    ada.blocked_at = NOON
    session().flush()
    assert likes.likers(session(), page, first, 10, NOON)[0] == []
    ada.blocked_until = NOON - timedelta(hours=1)
    session().flush()
    assert ids(likes.likers(session(), page, first, 10, NOON)[0]) == {ada.id}


def subscription(page: Page, address: str, **more: object) -> Subscription:
    fields: dict[str, object] = {
        "site_id": page.site_id, "page_id": page.id, "kind": "page", "address": address,
        "email": address, "pace": "each", "lang": "", "network": "", "asks": 0,
        "asked_at": NOON, "confirmed_at": NOON,
    }  # fmt: skip
    row = Subscription(**{**fields, **more})
    session().add(row)
    session().flush()
    return row


def test_subscriptions_of_an_address_are_those_of_its_site(world: World) -> None:
    mine = [subscription(page, "ada@x.example") for page in world.one.pages]
    elsewhere = subscription(world.other.pages[0], "ada@x.example")
    somebody = subscription(world.one.pages[0], "bob@x.example")
    which = subscriptions.of_address(mine[0])
    assert ids(session().scalars(select(Subscription).where(*which))) == ids(mine)
    assert subscriptions.end(session(), *which, now=NOON) == 2
    session().expire_all()
    assert elsewhere.ended_at is None
    assert somebody.ended_at is None


def test_a_verified_address_shows_subscriptions_of_its_own_site(world: World) -> None:
    ada = world.one.authors[0]
    ada.proven_email = "ada@x.example"
    mine = subscription(world.one.pages[0], "ada@x.example")
    elsewhere = subscription(world.other.pages[0], "ada@x.example")
    found = session().scalars(select(Subscription).where(subscriptions.visible_to(ada)))
    assert ids(found) == ids([mine])
    assert subscriptions.belongs_to(session(), mine, ada)
    assert not subscriptions.belongs_to(session(), elsewhere, ada)


def test_deleting_an_author_s_subscriptions_spares_other_sites(world: World) -> None:
    ada = world.one.authors[0]
    subscription(world.one.pages[0], "ada@x.example")
    subscription(world.one.pages[1], "other@x.example", author_id=ada.id)
    kept = [
        subscription(world.other.pages[0], "ada@x.example"),
        subscription(world.one.pages[0], "bob@x.example"),
    ]
    assert subscriptions.delete_of(session(), ada, "ada@x.example") == 2
    assert ids(session().scalars(select(Subscription))) == ids(kept)


def test_a_comment_notifies_its_page_and_never_its_own_author(world: World) -> None:
    page, other = world.one.pages
    ada, bob = world.one.authors
    ada.proven_email = "proven@x.example"
    row = comment(page, ada, email="Ada@x.example")
    told = subscription(page, "reader@x.example")
    subscription(page, "ada@x.example")  # the address of this very comment
    subscription(page, "proven@x.example")
    subscription(page, "third@x.example", author_id=ada.id)
    subscription(other, "elsewhere@x.example")
    subscription(page, "muted@x.example", muted_at=NOON)
    subscription(page, "ended@x.example", ended_at=NOON)
    subscription(page, "unconfirmed@x.example", confirmed_at=None)
    by_bob = subscription(page, "bob@x.example", author_id=bob.id)
    found = subscriptions.to_notify(session(), row, after=0, limit=50)
    assert ids(found) == {told.id, by_bob.id}
    assert ids(subscriptions.to_notify(session(), row, after=told.id, limit=50)) == {by_bob.id}


def test_a_session_is_ended_by_its_own_moderator_alone(world: World) -> None:
    ann, olive = (
        Moderator(name=name, email=f"{name}@x.example", created_at=NOON, failed_count=0)
        for name in ("Ann", "Olive")
    )
    session().add_all([ann, olive])
    session().flush()
    token = people.open_session(session(), now=NOON, days=1, author=None, moderator=ann)
    session().flush()
    found = people.find_session(session(), token, NOON)
    assert found is not None
    assert not people.end_session(session(), olive.id, found.id, NOON)
    assert people.find_session(session(), token, NOON) is not None
    assert people.end_session(session(), ann.id, found.id, NOON)
    session().expire_all()
    assert people.find_session(session(), token, NOON) is None


def test_the_lists_of_an_account_are_its_own(world: World) -> None:
    ada = world.one.authors[0]
    found, _next = activity.comments(session(), ada.id, before=None, limit=10)
    assert {row.author_id for row in found} == {ada.id}
    assert len(found) == 2
    comment(world.one.pages[0], ada, DELETED)


def test_delivered_rows_are_deleted_by_kind_and_age_and_the_newest_stays(world: World) -> None:
    def row(kind: str, done_at: datetime | None) -> OutboxRow:
        found = OutboxRow(kind=kind, payload={}, created_at=NOON, due_at=NOON, attempts=0)
        found.done_at = done_at
        session().add(found)
        session().flush()
        return found

    old, recent = NOON - timedelta(days=9), NOON
    gone = row("mail", old)
    kept = [row("mail", recent), row("mail", None), row("training", old)]
    newest = row("mail", old)
    outbox.delete_delivered(session(), ("mail",), NOON - timedelta(days=1), 99)
    left = ids(session().scalars(select(OutboxRow)))
    assert gone.id not in left
    assert {one.id for one in (*kept, newest)} <= left
