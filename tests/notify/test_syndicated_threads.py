"""Replies on Mastodon and Bluesky: read, screened, threaded, updated and removed."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service import fetching
from comment_service.actions.admin import rules as rules_action
from comment_service.actions.pages import merge as merge_pages
from comment_service.errors import DoesNotExist, InvalidFields
from comment_service.notify import syndicated_threads
from comment_service.notify.social import bluesky, mastodon
from comment_service.notify.social.thread_api import MAX_BYTES
from comment_service.storage.admin import sites
from comment_service.storage.comments import leases
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import syndicated_threads as stored
from comment_service.storage.tables import (
    Author,
    Comment,
    Identity,
    RuleChange,
    SyndicatedThread,
    Webmention,
)
from tests.elsewhere_threads import (
    BlueskyServer,
    MastodonServer,
    add,
    as_json,
    bluesky_server,
    comments,
    mastodon_server,
    page_id,
    read,
    read_again,
    remove,
    texts,
    thread,
)
from tests.fakes import FakeClock
from tests.notify.locked_tables import locked_tables
from tests.notify.receiver import Received
from tests.people import PAGE, Guest, Moderator, ruled

OTHER = "https://blog.example/other"
SITE_B = "https://b.example/post"


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[MastodonServer]:
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", True)
    with mastodon_server() as found:
        yield found


@pytest.fixture
def sky(monkeypatch: pytest.MonkeyPatch) -> Iterator[BlueskyServer]:
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", True)
    with bluesky_server() as found:
        monkeypatch.setattr(bluesky, "API", found.origin)
        yield found


@pytest.fixture
def blog(lite: Flask) -> Flask:
    ruled(lite, policy="publish")
    return lite


@pytest.fixture
def any_blog(app: Flask) -> Flask:
    ruled(app, policy="publish")
    return app


def second_site(app: Flask) -> None:
    state = app.extensions["comments"]
    with app.app_context(), transaction() as current:
        site = sites.ensure_site(
            current, key="second", name="B", origins=["https://b.example"], now=state.now()
        )
        site.rules = {"policy": "publish"}


def list_entry(app: Flask, kind: str, value: str, status: str = "spam") -> None:
    with app.app_context(), transaction() as current:
        site = sites.find(current, "default")
        assert site is not None
        rules_action.add_list_entries(
            session=current, runtime=app.extensions["comments"], site=site, kind=kind,
            values=[value], status=status, actor="test",
        )  # fmt: skip


def test_replies_become_comments_with_their_origin(any_blog: Flask, there: MastodonServer) -> None:
    post = there.post("1", "New post: https://blog.example/post", by="owner")
    there.post("2", "I <strong>agree</strong> with<br>*this*.", to="1", by="bea")
    there.post("3", "So do I.", to="2", by="cy")
    there.post("4", "Thanks!", to="3", by="owner")
    add(any_blog, post)
    assert read(any_blog) == 1
    first, second, third = comments(any_blog)
    assert (first.name, first.text) == ("Bea", "I agree with\n\\*this\\*.")
    assert first.url == f"{there.origin}/@bea"
    assert [one.parent_id for one in (first, second, third)] == [None, first.id, second.id]
    shown = Guest(any_blog).thread()
    assert f'href="{there.origin}/@bea/2" rel="nofollow ugc noopener">from <bdi>' in shown
    assert 'datetime="2026-11-01T11:00:00Z"' in shown
    assert "<img" not in shown
    row = thread(any_blog)
    assert (row.error, row.attempts, row.read_at is not None) == ("", 0, True)
    assert row.due_at is not None
    assert row.due_at - row.read_at == timedelta(minutes=5)  # type: ignore[operator]
    assert not read(any_blog)


def test_replies_on_bluesky(any_blog: Flask, sky: BlueskyServer) -> None:
    post = sky.post("1", "New post", by="owner")
    sky.post("2", "Well said.", to="1", by="bea")
    sky.post("3", "Indeed.", to="2", by="cy", author={"displayName": ""})
    add(any_blog, post)
    read(any_blog)
    first, second = comments(any_blog)
    assert (first.name, first.text, first.url) == (
        "Bea", "Well said.", "https://bsky.app/profile/did:plc:bea",
    )  # fmt: skip
    assert (second.name, second.parent_id) == ("@cy.example", first.id)
    assert first.source_url == "https://bsky.app/profile/did:plc:bea/post/2"
    assert "from <bdi>bsky.app</bdi>" in Guest(any_blog).thread()
    assert thread(any_blog).post_id == "at://did:plc:owner/app.bsky.feed.post/1"


def test_reading_again_changes_nothing(any_blog: Flask, there: MastodonServer) -> None:
    add(any_blog, there.post("1"))
    there.post("2", "Once.", to="1", by="bea")
    read(any_blog)
    there.posts["2"]["favourites_count"] = 99
    read_again(any_blog)
    (one,) = comments(any_blog)
    assert one.edited_at is None


def test_an_edit_is_screened_again(any_blog: Flask, there: MastodonServer) -> None:
    add(any_blog, there.post("1"))
    there.post("2", "A fine text.", to="1", by="bea")
    read(any_blog)
    there.post("2", "A finer text.", to="1", by="bea", account={"display_name": "Bea B."})
    read_again(any_blog)
    (one,) = comments(any_blog)
    assert (one.text, one.name, one.status) == ("A finer text.", "Bea B.", "published")
    ruled(any_blog, policy="uncertain")
    there.post("2", "Now a casino.", to="1", by="bea")
    read_again(any_blog)
    assert comments(any_blog)[0].status == "spam"


def test_the_first_reply_of_an_author_is_held_as_one_with_a_link(
    blog: Flask, there: MastodonServer, sky: BlueskyServer
) -> None:
    """Neither service vouches for anybody: everybody can have an account, and a server."""
    ruled(blog, policy="uncertain")
    add(blog, there.post("1"))
    add(blog, sky.post("1"))
    there.post("2", "A fine text.", to="1", by="bea")
    sky.post("2", "Another fine text.", to="1", by="cy")
    read(blog)
    assert [one.status for one in comments(blog)] == ["pending", "pending"]


def test_an_edit_does_not_undo_a_decision(blog: Flask, there: MastodonServer) -> None:
    add(blog, there.post("1"))
    there.post("2", "A fine text.", to="1", by="bea")
    read(blog)
    Moderator(blog).decide(comments(blog)[0].id, "reject")
    there.post("2", "Another text.", to="1", by="bea")
    read_again(blog)
    (one,) = comments(blog)
    assert (one.status, one.text) == ("rejected", "A fine text.")


@pytest.mark.parametrize("answer", [404, 410])
def test_what_is_gone_there_goes_here(any_blog: Flask, there: MastodonServer, answer: int) -> None:
    add(any_blog, there.post("1"))
    there.post("2", "For a while.", to="1", by="bea")
    there.post("3", "An answer.", to="2", by="cy")
    read(any_blog)
    kept = there.posts.pop("2")
    there.posts["3"]["in_reply_to_id"] = "1"
    there.fail = lambda got: answer if got.path.endswith("/2") else None
    read_again(any_blog)
    assert [one.status for one in comments(any_blog)] == ["deleted", "published"]
    assert comments(any_blog)[0].source_url == ""
    there.posts["2"], there.fail = kept, lambda _got: None
    read_again(any_blog)
    assert texts(any_blog) == ["An answer.", "For a while."]


def test_a_reply_that_the_answer_lacks_is_looked_up_before_it_goes(
    blog: Flask, there: MastodonServer
) -> None:
    """Servers show visitors a part of a long thread only."""
    there.headers = {"ETag": 'W/"abc"'}
    add(blog, there.post("1"))
    for number in range(2, 7):
        there.post(str(number), f"Number {number}.", to="1", by=f"p{number}")
    read(blog)
    there.limit = 3
    there.posts["5"]["content"] = "<p>Edited meanwhile.</p>"
    read_again(blog)
    assert texts(blog) == ["Number 2.", "Number 3.", "Number 4.", "Edited meanwhile.", "Number 6."]
    assert thread(blog).etag == ""


def test_long_threads_are_looked_up_in_turn(
    blog: Flask, there: MastodonServer, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    monkeypatch.setattr(mastodon, "MAX_LOOKED_UP", 2)
    add(blog, there.post("1"))
    for number in range(2, 8):
        there.post(str(number), f"Number {number}.", to="1", by=f"p{number}")
    read(blog)
    there.limit = 0
    del there.posts["7"]
    for _time in range(3):
        clock.forward(minutes=10)
        read_again(blog)
    assert texts(blog) == [f"Number {number}." for number in range(2, 7)]


def test_each_branch_has_its_turn(
    blog: Flask, there: MastodonServer, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    """A branch whose server counts replies that it never shows keeps no other from its turn."""
    monkeypatch.setattr(mastodon, "MAX_BRANCHES", 1)
    old = "2025-01-01T00:00:00Z"
    add(blog, there.post("1", created_at=old))
    for key in ("2", "3", "4"):
        there.post(key, f"Branch {key}.", to="1", by=f"p{key}", replies_count=9)
    for key in ("5", "6", "7"):
        there.post(key, f"Below {key}.", to=str(int(key) - 3), by=f"p{key}")
    top = [there.posts[key] for key in ("2", "3", "4")]
    there.fail = lambda got: (
        as_json({"descendants": top}) if got.path.endswith("1/context") else None
    )
    for _time in range(60):
        assert read(blog) == 1
        if len(texts(blog)) == 6:
            break
        clock.forward(days=1)
    assert len(texts(blog)) == 6


@pytest.mark.parametrize("exhausted", ["1/context", "2/context", "/6"])
def test_an_exhausted_limit_ends_a_reading(
    blog: Flask, there: MastodonServer, clock: FakeClock, exhausted: str
) -> None:
    add(blog, there.post("1"))
    for key in ("2", "3", "4", "5", "6", "7"):
        there.post(key, f"Number {key}.", to="1", by=f"p{key}", replies_count=0)
    read(blog)
    there.posts["2"]["replies_count"] = 9
    there.limit = 1
    headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": "1800"}

    def limited(got: Any) -> Any:
        there.headers = headers if got.path.endswith(exhausted) else {}

    there.fail = limited
    read_again(blog)
    assert there.receiver.got[-1].path.endswith(exhausted)
    assert thread(blog).due_at == clock() + timedelta(minutes=30)
    there.fail, there.headers = lambda _got: None, {}
    clock.forward(minutes=30)
    assert read(blog) == 1
    assert len(texts(blog)) == 6


def test_an_exhausted_limit_ends_a_reading_on_bluesky(blog: Flask, sky: BlueskyServer) -> None:
    add(blog, sky.post("1"))
    sky.post("2", "Stays for now.", to="1", by="bea")
    read(blog)
    del sky.posts["2"]
    gone = sky.answer(Received("GET", sky.receiver.got[-1].path, {}, ""))
    assert isinstance(gone, tuple)
    limits = {"RateLimit-Remaining": "0", "RateLimit-Reset": "1800"}
    sky.fail = lambda _got: (gone[0], {**gone[1], **limits}, gone[2])
    read_again(blog)
    assert not sky.asked("getPosts")
    assert texts(blog) == ["Stays for now."]


def test_deep_branches_are_asked_for(blog: Flask, there: MastodonServer) -> None:
    there.limit = 2
    add(blog, there.post("1"))
    for number in range(2, 7):
        there.post(str(number), f"Level {number}.", to=str(number - 1), by=f"p{number}")
    read(blog)
    assert texts(blog) == [f"Level {number}." for number in range(2, 7)]


def test_deletion_on_bluesky(blog: Flask, sky: BlueskyServer) -> None:
    add(blog, sky.post("1"))
    sky.post("2", "Stays.", to="1", by="bea")
    sky.post("3", "Goes.", to="1", by="cy")
    read(blog)
    del sky.posts["3"]
    read_again(blog)
    assert texts(blog) == ["Stays."]


def test_a_reply_below_a_held_one_waits_for_the_decision(
    any_blog: Flask, there: MastodonServer, clock: FakeClock
) -> None:
    add(any_blog, there.post("1"))
    there.post("2", "This is maybe spam.", to="1", by="bea")
    there.post("3", "I do not think so.", to="2", by="cy")
    there.post("4", "Nor do I.", to="3", by="di")
    ruled(any_blog, policy="uncertain", approved_before=0)
    with any_blog.app_context(), transaction() as current:
        for name in ("cy", "di"):
            assert current.get_one(SyndicatedThread, 1).host
            _trust(current, any_blog, there, name)
    read(any_blog)
    (held,) = comments(any_blog)
    assert held.status == "pending"
    Moderator(any_blog).decide(held.id, "approve")
    clock.forward(minutes=5)
    assert read(any_blog) == 1
    found = comments(any_blog)
    assert [one.text for one in found[1:]] == ["I do not think so.", "Nor do I."]
    assert [one.parent_id for one in found] == [None, found[0].id, found[1].id]


def _trust(current: Any, app: Flask, there: MastodonServer, name: str) -> None:
    state = app.extensions["comments"]
    site = sites.find(current, "default")
    assert site is not None
    author = Author(site_id=site.id, name="", created_at=state.now(), trusted_at=state.now())
    current.add(author)
    current.flush()
    subject = f"127.0.0.1:{there.receiver.port} 7{len(name)}{name}"
    row = Identity(site_id=site.id, author_id=author.id, subject=subject, created_at=state.now())
    row.provider = row.issuer = "mastodon_thread"
    current.add(row)


@pytest.mark.parametrize("decision", ["spam", "reject"])
def test_a_reply_below_a_refused_one_takes_its_place(
    blog: Flask, there: MastodonServer, decision: str
) -> None:
    add(blog, there.post("1"))
    there.post("2", "The first.", to="1", by="aa")
    there.post("3", "A middle text.", to="2", by="bea")
    read(blog)
    first, middle = comments(blog)
    Moderator(blog).decide(middle.id, decision)
    there.post("4", "The last.", to="3", by="cy")
    read_again(blog)
    assert comments(blog)[-1].parent_id == first.id


def test_an_old_thread_with_a_waiting_reply_is_read_once_a_day(
    blog: Flask, there: MastodonServer
) -> None:
    old = "2025-01-01T00:00:00Z"
    ruled(blog, policy="uncertain")
    add(blog, there.post("1", created_at=old))
    there.post("2", "maybe", to="1", by="bea", created_at=old)
    there.post("3", "Hm.", to="2", by="cy", created_at=old)
    read(blog)
    row = thread(blog)
    assert row.due_at is not None
    assert row.read_at is not None
    assert row.due_at - row.read_at == timedelta(days=1)


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [(1, 5), (7, 30), (24 * 3, 240), (24 * 20, 24 * 60), (24 * 61, None)],
)
def test_the_older_the_post_the_less_often_it_is_read(
    blog: Flask, there: MastodonServer, clock: FakeClock, hours: int, minutes: int | None
) -> None:
    written = (clock() - timedelta(hours=hours)).isoformat()
    add(blog, there.post("1", created_at=written))
    read(blog)
    due = thread(blog).due_at
    assert due == (clock() + timedelta(minutes=minutes) if minutes else None)


def test_an_old_thread_is_no_flood(blog: Flask, there: MastodonServer, clock: FakeClock) -> None:
    add(blog, there.post("1", created_at="2025-01-01T00:00:00Z"))
    for number in range(2, 40):
        there.post(str(number), f"Number {number}.", to="1", by=f"p{number}")
    counts = []
    for _time in range(6):
        read(blog)
        counts.append(len(comments(blog)))
        clock.forward(minutes=5)
    assert counts == [7, 14, 21, 28, 35, 38]
    assert {one.status for one in comments(blog)} == {"published"}
    assert thread(blog).due_at is None


def test_a_strict_flood_rule_slows_the_reading(blog: Flask, there: MastodonServer) -> None:
    ruled(blog, policy="publish", burst_comments=6)
    add(blog, there.post("1"))
    for number in range(2, 9):
        there.post(str(number), f"Number {number}.", to="1", by=f"p{number}")
    read(blog)
    assert len(comments(blog)) == 1


def test_a_busy_server_is_left_alone(blog: Flask, there: MastodonServer, clock: FakeClock) -> None:
    add(blog, there.post("1"))
    there.post("2", "Later.", to="1", by="bea")
    there.fail = lambda _got: (429, {"Retry-After": "1200"}, b"")
    read(blog)
    other = add(blog, there.post("5", by="owner"), OTHER)
    row = thread(blog)
    assert row.due_at == clock() + timedelta(minutes=20)
    assert "429" in row.error
    assert thread(blog, other).due_at == row.due_at  # the same server
    asked = there.asked()
    clock.forward(minutes=19)
    read_again_refused(blog)
    assert there.asked() == asked
    there.fail = lambda _got: None
    clock.forward(minutes=2)
    assert read(blog) == 2
    assert texts(blog) == ["Later."]
    assert (thread(blog).error, thread(blog).attempts) == ("", 0)


def read_again_refused(app: Flask) -> None:
    """Ask for a reading; the server's own time to wait counts."""
    with pytest.raises(AssertionError):
        read_again(app)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-11-01T12:30:00.000Z"},
        {"RateLimit-Remaining": "0", "RateLimit-Reset": "1793536200"},
    ],
)
def test_an_exhausted_limit_is_respected_before_it_is_refused(
    blog: Flask, there: MastodonServer, clock: FakeClock, headers: dict[str, str]
) -> None:
    there.headers = headers
    add(blog, there.post("1"))
    read(blog)
    assert thread(blog).due_at == clock() + timedelta(minutes=30)
    assert thread(blog).error == ""


@pytest.mark.parametrize(
    ("value", "minutes"),
    [("Sun, 01 Nov 2026 12:45:00 GMT", 45), ("nonsense", 5), ("9" * 40, 5), ("999999", 24 * 60)],
)
def test_every_form_of_retry_after(
    blog: Flask, there: MastodonServer, clock: FakeClock, value: str, minutes: int
) -> None:
    add(blog, there.post("1"))
    there.fail = lambda _got: (503, {"Retry-After": value}, b"")
    read(blog)
    assert thread(blog).due_at == clock() + timedelta(minutes=minutes)


def test_failures_are_tried_again_less_and_less_often_and_lose_nothing(
    blog: Flask, there: MastodonServer, clock: FakeClock
) -> None:
    add(blog, there.post("1"))
    there.post("2", "Here.", to="1", by="bea")
    read(blog)
    there.fail = lambda _got: 500
    waits = []
    while (due := thread(blog).due_at) is not None:
        clock.now = due
        assert read(blog) == 1
        again = thread(blog).due_at
        waits.append((again - clock()).total_seconds() / 60 if again else None)
    assert waits[:4] == [5, 10, 20, 40]
    assert waits[-2:] == [1440, None]
    assert len(waits) == stored.MAX_ATTEMPTS
    assert thread(blog).error == "The server answers with 500."
    assert texts(blog) == ["Here."]
    there.fail = lambda _got: None
    read_again(blog)
    assert thread(blog).error == ""


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_shows_replies_to_members_only(
    blog: Flask, there: MastodonServer, status: int
) -> None:
    add(blog, there.post("1"))
    there.fail = lambda _got: status
    read(blog)
    assert "signed in" in thread(blog).error


def test_a_post_that_is_gone_is_read_no_more(blog: Flask, there: MastodonServer) -> None:
    add(blog, there.post("1"))
    there.post("2", "Here.", to="1", by="bea")
    read(blog)
    del there.posts["1"]
    read_again(blog)
    row = thread(blog)
    assert (row.due_at, row.leased_until) == (None, None)
    assert "gone" in row.error
    assert texts(blog) == ["Here."]


def test_a_post_that_is_gone_on_bluesky(blog: Flask, sky: BlueskyServer) -> None:
    add(blog, sky.post("1"))
    add(blog, "https://bsky.app/profile/nobody.example/post/1")
    add(blog, "at://did:plc:abc/app.bsky.feed.post/77")
    read(blog)
    assert thread(blog, 1).error == ""
    assert "400" in thread(blog, 2).error
    assert thread(blog, 2).due_at is not None
    assert "gone" in thread(blog, 3).error
    assert thread(blog, 3).due_at is None


def test_an_account_that_moved(blog: Flask, there: MastodonServer, sky: BlueskyServer) -> None:
    """A new handle on Bluesky is the same author; on Mastodon the old posts stay as they are."""
    add(blog, sky.post("1", by="owner"))
    sky.post("2", "First.", to="1", by="bea")
    add(blog, there.post("1", by="owner", account={"moved": {"acct": "owner@new.example"}}), OTHER)
    there.post("2", "Moved since.", to="1", by="cy", account={"moved": {"acct": "cy@b.example"}})
    read(blog)
    for one in sky.posts.values():
        one["author"]["handle"] = "new." + one["author"]["handle"]
    sky.post("3", "Second.", to="1", by="bea", author={"handle": "new.bea.example"})
    read_again(blog)
    first, second = comments(blog)
    assert first.author_id == second.author_id
    assert texts(blog, OTHER) == ["Moved since."]


def test_a_private_address_is_never_asked(
    blog: Flask, there: MastodonServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", False)
    add(blog, there.post("1"))
    read(blog)
    assert not there.receiver.got
    assert "private network" in thread(blog).error


def test_a_redirect_to_a_private_address_is_refused(blog: Flask, there: MastodonServer) -> None:
    add(blog, there.post("1"))
    there.fail = lambda _got: (302, {"Location": "http://10.0.0.1/api/v1/statuses/1"}, b"")
    read(blog)
    assert "private network" in thread(blog).error
    assert there.asked() == 1


def test_a_server_that_has_moved_is_followed(blog: Flask, there: MastodonServer) -> None:
    with mastodon_server() as new:
        new.post("1")
        new.post("2", "From the new server.", to="1", by="bea")
        there.fail = lambda got: (301, {"Location": f"{new.origin}{got.path}"}, b"")
        add(blog, there.post("1"))
        read(blog)
    assert texts(blog) == ["From the new server."]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000, b"nonsense", b"[]", b'{"descendants": 5}', b"{" + b'"a":{' * 50_000,
        b'{"descendants": [1, null, {}, {"id": 5}, {"id": "../x"}, {"id": "9", "account": 3}]}',
        b" " * (MAX_BYTES + 1), b'{"descendants": [{"id": "2", "visibility": ["public"]}]}',
    ],
    ids=range(8),
)  # fmt: skip
def test_hostile_answers_are_bounded(blog: Flask, there: MastodonServer, body: bytes) -> None:
    add(blog, there.post("1"))
    there.fail = lambda got: (200, {}, body) if got.path.endswith("context") else None
    assert read(blog) == 1
    assert not comments(blog)


@pytest.mark.parametrize(
    "thread_view",
    [5, {}, {"post": 3}, {"post": {"uri": "at://x"}, "replies": [3, None, {"post": {"uri": 5}}]},
     {"post": {"uri": "at://x"}, "replies": [{"post": {"uri": "at://did:plc:a/other/1"}}]},
     {"post": {"uri": "at://x"}, "replies": [
         {"post": {"uri": "at://did:plc:a/app.bsky.feed.post/1", "author": {"did": "did:plc:b"}}}
     ]}],
)  # fmt: skip
def test_hostile_answers_of_bluesky(blog: Flask, sky: BlueskyServer, thread_view: Any) -> None:
    add(blog, sky.post("1"))
    sky.fail = lambda got: as_json({"thread": thread_view}) if "getPostThread" in got.path else None
    assert read(blog) == 1
    assert not comments(blog)


@pytest.mark.parametrize(
    "answer",
    [{}, {"id": "2"}, {"id": "2", "visibility": "private"}, {"visibility": "private"},
     {"id": 2, "visibility": "private", "account": {"acct": "bea"}}],
)  # fmt: skip
def test_an_unusable_answer_removes_nothing(
    blog: Flask, there: MastodonServer, answer: dict[str, Any]
) -> None:
    add(blog, there.post("1"))
    there.post("2", "Stays.", to="1", by="bea")
    read(blog)
    there.limit = 0
    there.fail = lambda got: as_json(answer) if got.path.endswith("/2") else None
    read_again(blog)
    assert "could not be used" in thread(blog).error
    assert texts(blog) == ["Stays."]


@pytest.mark.parametrize("posts", [{}, {"posts": []}, {"posts": 5}, {"posts": [{}, None]}])
def test_an_unusable_answer_of_bluesky_removes_nothing(
    blog: Flask, sky: BlueskyServer, posts: dict[str, Any]
) -> None:
    add(blog, sky.post("1"))
    sky.post("2", "Stays.", to="1", by="bea")
    read(blog)
    sky.posts["2"]["to"] = "elsewhere"
    sky.fail = lambda got: as_json(posts) if "getPosts" in got.path else None
    read_again(blog)
    assert "could not be used" in thread(blog).error
    assert texts(blog) == ["Stays."]


def test_many_replies_are_looked_up_within_what_bluesky_returns(
    blog: Flask, sky: BlueskyServer, clock: FakeClock
) -> None:
    add(blog, sky.post("1"))
    for number in range(2, 32):
        sky.post(str(number), f"Number {number}.", to="1", by=f"p{number}")
    for _time in range(5):
        clock.forward(minutes=10)
        read_again(blog)
    assert len(texts(blog)) == 30
    sky.posts = {"1": sky.posts["1"]}
    for _time in range(2):
        clock.forward(minutes=10)
        read_again(blog)
    assert texts(blog) == []
    asked = [one.path.count("uris=") for one in sky.receiver.got if "getPosts" in one.path]
    assert asked == [25, 7]


@pytest.mark.parametrize(
    ("view", "is_gone"),
    [({}, False), ({"post": {}}, False), ({"$type": "app.bsky.feed.defs#notFoundPost"}, True),
     ({"$type": "app.bsky.feed.defs#blockedPost"}, True)],
)  # fmt: skip
def test_only_a_post_that_is_said_to_be_gone_stops_a_thread(
    blog: Flask, sky: BlueskyServer, view: dict[str, Any], is_gone: bool
) -> None:
    add(blog, sky.post("1"))
    sky.fail = lambda got: as_json({"thread": view}) if "getPostThread" in got.path else None
    read(blog)
    assert (thread(blog).due_at is None) == is_gone


def test_a_thread_is_bounded(
    blog: Flask, there: MastodonServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mastodon, "MAX_REPLIES", 3)
    there.limit = 2
    add(blog, there.post("1"))
    for number in range(2, 9):
        there.post(str(number), f"Number {number}.", to=str(number - 1), by=f"p{number}")
    read(blog)
    assert len(comments(blog)) == 3


def test_an_answer_that_is_too_long_is_not_read(blog: Flask, there: MastodonServer) -> None:
    add(blog, there.post("1"))
    there.post("2", "Hello.", to="1", by="bea")
    fine = there.answer(Received("GET", "/api/v1/statuses/1/context", {}, ""))
    assert isinstance(fine, tuple)
    for size, found in ((MAX_BYTES + 1, []), (MAX_BYTES, ["Hello."])):
        body = fine[2] + b" " * (size - len(fine[2]))
        there.fail = lambda got, body=body: (  # type: ignore[misc]
            (200, {}, body) if got.path.endswith("context") else None
        )
        read_again(blog)
        assert texts(blog) == found
    assert thread(blog).error == ""


def test_a_reply_to_a_comment_that_was_moved_stays_on_its_page(
    blog: Flask, there: MastodonServer
) -> None:
    add(blog, there.post("1"))
    there.post("2", "Moved.", to="1", by="bea")
    read(blog)
    number = page_id(blog, OTHER)
    with blog.app_context(), transaction() as current:
        current.get_one(Comment, comments(blog)[0].id).page_id = number
    there.post("3", "Later.", to="2", by="cy")
    there.post("2", "Moved and edited.", to="1", by="bea")
    read_again(blog)
    assert texts(blog) == ["Later."]
    assert comments(blog)[0].parent_id is None
    assert texts(blog, OTHER) == ["Moved and edited."]


def test_replies_in_a_circle_are_left_out(blog: Flask, there: MastodonServer) -> None:
    add(blog, there.post("1"))
    there.post("2", "A.", to="3", by="bea")
    there.post("3", "B.", to="2", by="cy")
    circle = [there.posts["2"], there.posts["3"]]
    there.fail = lambda got: (
        as_json({"descendants": circle}) if got.path.endswith("1/context") else None
    )
    read(blog)
    assert not comments(blog)


def test_markup_of_a_reply_is_text_here(blog: Flask, there: MastodonServer) -> None:
    add(blog, there.post("1"))
    there.post(
        "2", '<script>alert(1)</script><img src=x onerror=alert(1)>&lt;b&gt; '
        '<a href="javascript:alert(1)">click</a> <span class="h-card"><a class="u-url mention" '
        'href="https://m.example/@cy">@<span>cy</span></a></span> :blob: '
        '<a href="https://long.example/p"><span class="invisible">https://</span>'
        '<span class="ellipsis">long.example/p</span></a>',
        to="1", by="bea", spoiler_text="Spoiler <i>for</i> the film",
        url="javascript:alert(1)",
        account={
            "display_name": "<b>Bea</b> :blob: \u202e:own:", "url": "data:text/html,x",
            "emojis": [{"shortcode": "blob", "url": "https://evil.example/x.png"}],
        },
    )  # fmt: skip
    read(blog)
    (one,) = comments(blog)
    assert one.name == "<b>Bea</b> :own:"
    assert one.url == f"{there.origin}/@bea"
    assert one.source_url == f"{there.origin}/@bea/2"
    assert "<script" not in one.html
    assert "<img" not in one.html
    assert "alert" not in one.html
    assert one.html.startswith("<p>Spoiler &lt;i&gt;for&lt;/i&gt; the film</p>")
    assert "&lt;b&gt; click @cy :blob:" in one.html
    assert 'href="https://long.example/p"' in one.html
    assert one.html.count("<a ") == 1
    assert "<b>Bea" not in Guest(blog).thread()


def test_links_on_bluesky_have_their_whole_address(blog: Flask, sky: BlueskyServer) -> None:
    add(blog, sky.post("1"))
    text = "Ü see long.example/a... and"
    start = len("Ü see ".encode())
    facet = {
        "index": {"byteStart": start, "byteEnd": start + len("long.example/a...")},
        "features": [{"uri": "https://long.example/a/b/c"}],
    }
    broken = [
        *(
            {"index": {"byteStart": start, "byteEnd": end}, "features": [{"uri": uri}]}
            for start, end, uri in ((0, 10**9, "https://x.y"), (0, 1, "javascript:x"))
        ),
        {"index": {"byteStart": "a", "byteEnd": 2}, "features": [{"uri": "https://x.y"}]},
        5,
    ]
    card = {"external": {"uri": "https://card.example/"}}
    sky.post("2", text, to="1", by="bea", record={"facets": [facet, *broken], "embed": card})
    pictures = {"images": [{"alt": "A cat"}, {"alt": "A dog"}]}
    sky.post("3", "", to="1", by="cy", record={"embed": pictures})
    read(blog)
    assert texts(blog) == [
        "Ü see https://long.example/a/b/c and\n\nhttps://card.example/", "A cat\nA dog",
    ]  # fmt: skip


def test_unpaired_surrogates_do_not_stop_a_thread(
    any_blog: Flask, there: MastodonServer, sky: BlueskyServer
) -> None:
    """JSON can name half of a pair, which is no text."""
    add(any_blog, there.post("1"))
    add(any_blog, sky.post("1"))
    account = {"display_name": "Bea \ud800", "acct": "bea\udfff", "url": "https://m.example/\ud800"}
    there.post("2", "A \ud800 b.", to="1", by="bea", account=account, spoiler_text="\udfff")
    there.post("3", "Fine \U0001f600.", to="1", by="cy")
    facet = {
        "index": {"byteStart": 0, "byteEnd": 1},
        "features": [{"uri": "https://long.example/\ud800"}],
    }
    author = {"displayName": "Di \ud800", "handle": "\ud800"}
    sky.post("4", "C \ud800 d.", to="1", by="di", author=author, record={"facets": [facet]})
    sky.post("5", "Fine too.", to="1", by="ed")
    assert read(any_blog) == 2
    assert (thread(any_blog).error, thread(any_blog, 2).error) == ("", "")
    found = texts(any_blog)
    assert len(found) == 4
    assert found[0].endswith("A ? b.")
    assert "Fine \U0001f600." in found


def test_replies_have_no_network_whose_rate_is_limited(blog: Flask, there: MastodonServer) -> None:
    ruled(blog, policy="publish", rate_minute=1, rate_hour=1)
    add(blog, there.post("1"))
    for number in range(2, 7):
        there.post(str(number), f"Number {number}.", to="1", by="bea")
    read(blog)
    assert len(texts(blog)) == 5
    there.post("2", "Edited.", to="1", by="bea")
    read_again(blog)
    assert texts(blog)[0] == "Edited."


def test_only_public_replies_are_shown(blog: Flask, there: MastodonServer) -> None:
    add(blog, there.post("1"))
    for number, kind in enumerate(["public", "unlisted", "private", "direct", "", "limited"]):
        there.post(str(number + 2), f"It is {kind}.", to="1", by=f"p{number}", visibility=kind)
    read(blog)
    assert texts(blog) == ["It is public.", "It is unlisted."]
    there.posts["3"]["visibility"] = "private"
    read_again(blog)
    assert texts(blog) == ["It is public."]


@pytest.mark.parametrize("label", ["!no-unauthenticated", "!hide", "!takedown"])
def test_authors_who_hide_from_visitors_are_left_out(
    blog: Flask, sky: BlueskyServer, label: str
) -> None:
    add(blog, sky.post("1"))
    sky.post("2", "Here.", to="1", by="bea")
    sky.post("3", "Not here.", to="1", by="cy", author={"labels": [{"val": label}]})
    read(blog)
    assert texts(blog) == ["Here."]
    sky.posts["2"]["labels"] = [{"val": label}]
    read_again(blog)
    assert texts(blog) == []


def test_spam_is_filed_and_lists_hold(blog: Flask, there: MastodonServer) -> None:
    ruled(blog, policy="uncertain")
    list_entry(blog, "word", "gadget", "pending")
    list_entry(blog, "domain", "127.0.0.1", "spam")
    add(blog, there.post("1"))
    there.post("2", "A casino.", to="1", by="bea", url="https://m.example/@bea/2")
    there.post("3", "Fine words.", to="1", by="cy")
    fine = {"url": "https://m.example/@di"}
    there.post("4", "A gadget.", to="1", by="di", url="https://m.example/@di/4", account=fine)
    read(blog)
    assert [one.status for one in comments(blog)] == ["spam", "spam", "pending"]


def test_a_blocked_author_stays_blocked(blog: Flask, there: MastodonServer) -> None:
    add(blog, there.post("1"))
    there.post("2", "Rude.", to="1", by="bea")
    read(blog)
    with blog.app_context(), transaction() as current:
        author = current.get_one(Author, comments(blog)[0].author_id)
        author.blocked_at = blog.extensions["comments"].now()
    there.post("3", "Rude again.", to="1", by="bea", account={"display_name": "Someone else"})
    there.post("4", "Kind.", to="1", by="cy")
    read_again(blog)
    assert [one.status for one in comments(blog)] == ["published", "rejected", "published"]


def test_a_server_vouches_for_its_own_word_only(blog: Flask, there: MastodonServer) -> None:
    """Another server that names the same author is not believed."""
    add(blog, there.post("1"))
    there.post("2", "One.", to="1", by="bea", account={"url": "https://m.example/@bea"})
    with mastodon_server() as evil:
        add(blog, evil.post("1"))
        evil.post("2", "Two.", to="1", by="bea", account={"url": "https://m.example/@bea"},
                  url=f"{there.origin}/@bea/2")  # fmt: skip
        read(blog)
    one, two = comments(blog)
    assert one.author_id != two.author_id
    assert one.text == "One."


def test_a_closed_thread_takes_none_until_it_is_asked_again(
    blog: Flask, there: MastodonServer, clock: FakeClock
) -> None:
    ruled(blog, policy="publish", close_after_days=5)
    Guest(blog).say("The first.")
    clock.forward(days=6)
    add(blog, there.post("1"))
    there.post("2", "Too late.", to="1", by="bea")
    read(blog)
    assert texts(blog) == ["The first."]
    ruled(blog, policy="publish", close_after_days=0)
    clock.forward(days=1)
    read(blog)
    assert texts(blog) == ["The first."]
    read_again(blog)
    assert texts(blog) == ["The first.", "Too late."]


def test_two_sites_have_the_same_thread_apart(blog: Flask, there: MastodonServer) -> None:
    second_site(blog)
    post = there.post("1")
    there.post("2", "For both.", to="1", by="bea")
    add(blog, post)
    second = add(blog, post, SITE_B, "second")
    assert read(blog) == 2
    one, other = comments(blog)[0], comments(blog, SITE_B)[0]
    assert (one.text, other.text) == ("For both.", "For both.")
    assert one.site_id != other.site_id
    assert one.author_id != other.author_id
    with blog.app_context(), transaction() as current, pytest.raises(DoesNotExist):
        wrong_page(current, blog, second)
    remove(blog, second, keep=False)
    read(blog)
    assert (texts(blog), texts(blog, SITE_B)) == (["For both."], [])


def wrong_page(current: Any, app: Flask, thread_id: int) -> None:
    from comment_service.actions.pages import syndicate

    syndicate.remove(
        session=current, runtime=app.extensions["comments"], page_id=1, thread_id=thread_id,
        keep_replies=False, actor="test",
    )  # fmt: skip


def test_two_pages_have_the_same_thread_apart(blog: Flask, there: MastodonServer) -> None:
    post = there.post("1")
    there.post("2", "For both.", to="1", by="bea")
    add(blog, post)
    add(blog, post, OTHER)
    assert read(blog) == 2
    assert (texts(blog), texts(blog, OTHER)) == (["For both."], ["For both."])


def test_what_is_erased_while_its_thread_is_read_stays_erased(
    blog: Flask, there: MastodonServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(blog, there.post("1"))
    there.post("2", "Delete me.", to="1", by="bea")
    read(blog)
    (one,) = comments(blog)
    there.post("2", "Edited.", to="1", by="bea")
    plain = syndicated_threads._source

    def erase(*given: Any) -> Any:
        Moderator(blog).post(f"/moderation/comments/{one.id}/erase")
        return plain(*given)

    monkeypatch.setattr(syndicated_threads, "_source", erase)
    read_again(blog)
    with blog.app_context():
        row = session().scalars(select(Webmention)).one()
    assert (row.state, row.remote_id, row.source) == ("erased", "", "")


def test_two_threads_on_one_page(blog: Flask, there: MastodonServer, sky: BlueskyServer) -> None:
    add(blog, there.post("1"))
    add(blog, sky.post("1"))
    there.post("2", "From Mastodon.", to="1", by="bea")
    sky.post("2", "From Bluesky.", to="1", by="bea")
    assert read(blog) == 2
    assert sorted(texts(blog)) == ["From Bluesky.", "From Mastodon."]
    assert len({one.author_id for one in comments(blog)}) == 2
    del there.posts["2"]
    read_again(blog, 1)
    assert texts(blog) == ["From Bluesky."]


def test_two_threads_with_the_same_reply_have_one_comment(
    blog: Flask, there: MastodonServer
) -> None:
    first = add(blog, there.post("1"))
    below = there.post("2", "In both.", to="1", by="bea")
    there.post("3", "Below.", to="2", by="cy")
    second = add(blog, below)
    read(blog)
    assert sorted(texts(blog)) == ["Below.", "In both."]
    remove(blog, first, keep=False)
    read(blog)
    assert texts(blog) == ["Below."]
    del there.posts["3"]
    read_again(blog, second)
    assert texts(blog) == []


def test_removed_with_its_replies_and_added_again(any_blog: Flask, there: MastodonServer) -> None:
    post = there.post("1")
    number = add(any_blog, post)
    there.post("2", "Comes back.", to="1", by="bea")
    there.post("3", "Stays away.", to="1", by="cy")
    read(any_blog)
    Moderator(any_blog).post(f"/moderation/comments/{comments(any_blog)[1].id}/erase")
    remove(any_blog, number, keep=False)
    assert read(any_blog) == 1
    assert texts(any_blog) == []
    assert not read(any_blog)
    assert add(any_blog, post) == number
    read(any_blog)
    assert texts(any_blog) == ["Comes back."]


def test_removed_without_its_replies_and_added_again(blog: Flask, there: MastodonServer) -> None:
    post = there.post("1")
    number = add(blog, post)
    there.post("2", "Stays.", to="1", by="bea")
    read(blog)
    remove(blog, number, keep=True)
    assert not read(blog)
    del there.posts["2"]
    assert texts(blog) == ["Stays."]
    add(blog, post)
    read(blog)
    assert texts(blog) == []


def test_erasing_an_author_erases_what_is_known_of_the_reply(
    blog: Flask, there: MastodonServer
) -> None:
    from comment_service.actions.readers.erase_author import erase_author

    add(blog, there.post("1"))
    there.post("2", "Words.", to="1", by="bea")
    there.post("3", "Others.", to="1", by="cy")
    read(blog)
    with blog.app_context(), transaction() as current:
        author = current.get_one(Author, comments(blog)[0].author_id)
        erase_author(session=current, runtime=blog.extensions["comments"], author=author, name="-")
    read_again(blog)
    with blog.app_context():
        rows = session().scalars(select(Webmention).order_by(Webmention.id)).all()
        erased, other = rows
        assert (erased.remote_id, erased.source, erased.host) == ("", "", "")
        assert (erased.state, other.state) == ("erased", "accepted")
    assert texts(blog)[-1] == "Others."
    assert len(comments(blog)) == 2


@pytest.mark.parametrize(
    "url", ["", "nonsense", "https://m.example/", "https://m.example/@bea",
            "https://x.com/bea/status/1", "https://bsky.app/@bea/1", "ftp://m.example/@bea/1",
            "https://m.example/@bea/1/../../x", "https://m.example/@bea/" + "1" * 65],
)  # fmt: skip
def test_other_addresses_are_refused(blog: Flask, url: str) -> None:
    with pytest.raises(InvalidFields):
        add(blog, url)


def test_a_page_has_a_limited_number_of_threads(
    blog: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MAX_THREADS", 2)
    for number in (1, 2, 2):
        add(blog, f"https://m.example/@a/{number}")
    with pytest.raises(InvalidFields, match="."):
        add(blog, "https://m.example/@a/3")
    add(blog, "https://m.example/@a/3", OTHER)


def test_every_change_is_in_the_log(blog: Flask, there: MastodonServer) -> None:
    post = there.post("1")
    number = add(blog, post)
    add(blog, post)
    read_again(blog)
    remove(blog, number, keep=True)
    with blog.app_context():
        changes = session().scalars(select(RuleChange).order_by(RuleChange.id))
        found = [one.after for one in changes if "policy" not in one.after]
    names = ("replies_from", "replies_from_read", "replies_from_removed")
    assert found == [{name: post} for name in names]


@pytest.mark.parametrize("spelling", ["/@", "/web/@"])
def test_merged_pages_keep_their_threads(
    any_blog: Flask, there: MastodonServer, clock: FakeClock, spelling: str
) -> None:
    both, only = there.post("1"), there.post("5")
    there.post("2", "In both.", to="1", by="bea")
    there.post("6", "In one.", to="5", by="cy")
    for url, page in ((both.replace("/@", spelling), PAGE), (both, OTHER), (only, PAGE)):
        add(any_blog, url, page)
    read(any_blog)
    with any_blog.app_context(), transaction() as current:
        merge_pages.merge(
            session=current, runtime=any_blog.extensions["comments"], page_id=1, into_id=2,
            actor="test",
        )  # fmt: skip
    clock.forward(hours=1)
    read(any_blog)
    assert sorted(texts(any_blog, OTHER)) == ["In both.", "In one."]
    add(any_blog, both, OTHER)
    there.post("7", "Later.", to="6", by="di")
    clock.forward(hours=1)
    read(any_blog)
    assert comments(any_blog, OTHER)[-1].text == "Later."
    assert sorted(texts(any_blog, OTHER)) == ["In both.", "In one.", "Later."]
    with any_blog.app_context():
        assert sorted(row.url for row in stored.of_page(session(), 2)) == sorted([both, only])


def test_an_unchanged_answer_is_not_read_again(blog: Flask, there: MastodonServer) -> None:
    there.headers = {"ETag": 'W/"abc"'}
    add(blog, there.post("1"))
    there.post("2", "Once.", to="1", by="bea")
    read(blog)
    assert thread(blog).etag == 'W/"abc"'
    there.fail = lambda got: (
        (304, {}, b"") if got.headers.get("If-None-Match") == 'W/"abc"' else None
    )
    with blog.app_context(), transaction() as current:
        current.get_one(SyndicatedThread, 1).due_at = blog.extensions["comments"].now()
    assert read(blog) == 1
    assert (thread(blog).error, thread(blog).etag) == ("", 'W/"abc"')
    assert texts(blog) == ["Once."]


def test_each_request_renews_the_lease(
    blog: Flask, there: MastodonServer, clock: FakeClock
) -> None:
    """A reading that asks for many branches takes longer than a lease."""
    there.limit = 1
    add(blog, there.post("1"))
    for number in range(2, 7):
        there.post(str(number), f"Level {number}.", to=str(number - 1), by=f"p{number}")
    second: list[int] = []

    def slow(_got: object) -> None:
        clock.forward(minutes=4)
        second.append(other_worker(blog))

    there.fail = slow
    read(blog)
    assert len(second) > 3
    assert set(second) == {0}


def other_worker(app: Flask) -> int:
    found: list[int] = []

    def work() -> None:
        with app.app_context(), transaction() as current:
            now = app.extensions["comments"].now()
            found.append(leases.lease_next(current, SyndicatedThread, now) is not None)

    thread_of_it = threading.Thread(target=work)
    thread_of_it.start()
    thread_of_it.join()
    return found[0]


def test_pages_are_locked_before_threads_and_replies(blog: Flask, there: MastodonServer) -> None:
    """Moderators do so too; on PostgreSQL, another order ends in a deadlock."""
    add(blog, there.post("1"))
    number = add(blog, there.post("5"), OTHER)
    for key, to in (("2", "1"), ("3", "1"), ("6", "5")):
        there.post(key, "Words.", to=to, by=f"p{key}")

    def work() -> None:
        read(blog)
        moved, to = comments(blog)[0].id, page_id(blog, OTHER)
        with blog.app_context(), transaction() as current:
            current.get_one(Comment, moved).page_id = to
        there.post("2", "Edited.", to="1", by="p2")
        del there.posts["3"]
        read_again(blog)
        remove(blog, number, keep=False)
        read(blog)

    found = locked_tables(blog, work)
    with_pages = [tables for tables in found if "pages" in tables and len(set(tables)) > 1]
    assert len([one for one in with_pages if "webmentions" in one]) == 6
    assert {tables[0] for tables in with_pages} == {"pages"}
    assert texts(blog) == []
    assert texts(blog, OTHER) == ["Edited."]


def test_a_thread_removed_while_it_is_read(blog: Flask, there: MastodonServer) -> None:
    number = add(blog, there.post("1"))
    there.post("2", "Never.", to="1", by="bea")

    def removed(got: Any) -> None:
        if got.path.endswith("context"):
            done = threading.Thread(target=lambda: remove(blog, number, keep=False))
            done.start()
            done.join()

    there.fail = removed
    read(blog)
    assert not comments(blog)
    assert thread(blog).due_at is None


def test_a_stopped_worker_leaves_the_rest(blog: Flask, there: MastodonServer) -> None:
    add(blog, there.post("1"))
    there.post("2", "Later.", to="1", by="bea")
    stop = threading.Event()
    stop.set()
    with blog.app_context():
        assert syndicated_threads.deliver_due(blog.extensions["comments"], stop) == 0
    assert not comments(blog)


def test_a_worker_that_is_stopped_makes_no_more_requests(
    blog: Flask, there: MastodonServer, clock: FakeClock
) -> None:
    """A reading with branches and look-ups makes some thirty, of up to 20 seconds each."""
    add(blog, there.post("1"))
    for number in range(2, 8):
        there.post(str(number), f"Number {number}.", to="1", by=f"p{number}")
    read(blog)
    there.limit = 0
    stop = threading.Event()

    for path in ("context", "/4"):
        stop.clear()
        there.fail = lambda got, path=path: stop.set() if got.path.endswith(path) else None  # type: ignore[misc]
        with blog.app_context(), transaction() as current:
            current.get_one(SyndicatedThread, 1).due_at = clock()
        with blog.app_context():
            assert syndicated_threads.deliver_due(blog.extensions["comments"], stop) == 1
        assert there.receiver.got[-1].path.endswith(path)
        assert thread(blog).error == ""
        clock.forward(minutes=6)
    there.fail = lambda _got: None
    assert read(blog) == 1
    assert len(texts(blog)) == 6


def test_a_removal_that_fails_is_put_off_and_starves_no_other_thread(
    blog: Flask, there: MastodonServer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = add(blog, there.post("1"))
    there.post("2", "Cannot go.", to="1", by="bea")
    read(blog)

    def broken(**_options: object) -> None:
        raise RuntimeError("a bug")

    clock.forward(minutes=1)
    remove(blog, number, keep=False)
    add(blog, there.post("5"), OTHER)
    there.post("6", "Is read.", to="5", by="cy")
    with monkeypatch.context() as patch:
        patch.setattr(syndicated_threads.take_copy, "remove", broken)
        assert read(blog) == 2
        assert texts(blog, OTHER) == ["Is read."]
        assert thread(blog).due_at == clock() + timedelta(minutes=5)
        for _time in range(stored.MAX_ATTEMPTS + 3):
            clock.forward(days=1)
            read(blog)
        assert thread(blog).due_at == clock() + timedelta(days=1)
    clock.forward(days=1)
    read(blog)
    assert texts(blog) == []
    assert thread(blog).due_at is None


def test_a_thread_added_again_while_its_removal_fails_is_read(
    blog: Flask, there: MastodonServer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = there.post("1")
    number = add(blog, post)
    there.post("2", "Stays.", to="1", by="bea")
    read(blog)
    remove(blog, number, keep=False)
    clock.forward(minutes=1)

    def added_again(*_given: object) -> None:
        again = threading.Thread(target=lambda: add(blog, post))
        again.start()
        again.join()
        raise RuntimeError("a bug")

    monkeypatch.setattr(syndicated_threads, "_withdraw_all", added_again)
    assert read(blog) == 2
    assert (thread(blog).removal, thread(blog).error) == ("", "")
    assert texts(blog) == ["Stays."]


def test_a_bug_is_stored_and_tried_again(
    blog: Flask, there: MastodonServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(blog, there.post("1"))
    there.post("2", "Later.", to="1", by="bea")

    def broken(*_given: object, **_options: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(syndicated_threads.take_copy, "accept", broken)
    read(blog)
    row = thread(blog)
    assert "a bug" in row.error
    assert row.due_at is not None
    assert page_id(blog) == row.page_id
