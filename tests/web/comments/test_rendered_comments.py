"""Comments that were rendered before are not rendered again, and no change is missed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.storage.db.session import transaction
from comment_service.storage.tables import (
    Author,
    Comment,
    Page,
    PageLike,
    Reaction,
    Site,
)
from comment_service.web.comments import presenters, rendered_comments
from comment_service.web.comments.rendered_comments import RenderedComments
from tests.conftest import MakeApp
from tests.people import Guest, ruled

Change = Callable[[Session, Page, Comment], None]
LATER = datetime(2031, 2, 3, 4, 5, tzinfo=UTC)


def discussed(app: Flask) -> Guest:
    """Return a reader on a page with a comment, a reply to it and another comment."""
    ruled(app, burst_comments=0, reactions="👍")
    reader = Guest(app)
    first = reader.say("The first text").get_json()["id"]
    Guest(app, "Bob").say("A reply to it", parent=first)
    Guest(app, "Cy").say("Something else")
    return reader


def memory(app: Flask) -> RenderedComments:
    found = app.extensions["comments"].rendered_comments
    assert isinstance(found, RenderedComments)
    return found


def change(app: Flask, make: Change) -> None:
    with app.app_context(), transaction() as current:
        page = current.scalars(select(Page)).one()
        first = current.scalars(select(Comment).order_by(Comment.id)).first()
        assert first is not None
        make(current, page, first)
        page.revision += 1


def read(app: Flask, reader: Guest, **query: Any) -> str:
    """Read a thread past the front, which keeps whole answers."""
    app.extensions["comments_front"].clear()
    return reader.thread(**query)


def reacted(current: Session, _page: Page, first: Comment) -> None:
    values = {"emoji": "👍", "created_at": LATER}
    current.add(Reaction(comment_id=first.id, author_id=first.author_id, **values))


def to_site(**values: Any) -> Change:
    def make(current: Session, _page: Page, _first: Comment) -> None:
        site = current.scalars(select(Site)).one()
        site.rules = {**site.rules, **values}

    return make


def to_comment(**values: Any) -> Change:
    def make(_current: Session, _page: Page, first: Comment) -> None:
        for name, value in values.items():
            setattr(first, name, value)

    return make


def picture(_current: Session, _page: Page, first: Comment) -> None:
    first.author.picture = "abcdef"


def pinned(_current: Session, page: Page, first: Comment) -> None:
    page.pinned_id = first.id


def closed(_current: Session, page: Page, _first: Comment) -> None:
    page.closed_at = LATER


CHANGES: dict[str, tuple[Change, str]] = {
    "text": (to_comment(html="<p>Quite another text</p>"), "Quite another text"),
    "edited": (to_comment(edited_at=LATER), "Feb 3, 2031"),
    "name": (to_comment(name="Ada Lovelace"), "in reply to Ada Lovelace"),
    "website": (to_comment(url="https://ada.example/"), 'href="https://ada.example/"'),
    "source": (to_comment(source_url="https://else.example/x"), "https://else.example/x"),
    "written": (to_comment(written_at=LATER), "Feb 3, 2031"),
    "likes": (to_comment(like_count=7), "Liked by 7 people"),
    "moderator": (to_comment(by_moderator=True), ">Moderator<"),
    "owner": (to_comment(by_moderator=True, by_owner=True), ">Owner<"),
    "writer": (to_comment(writer=True), ">Author<"),
    "old address": (to_comment(fragment="isso-7"), 'id="isso-7"'),
    "removed": (to_comment(status="deleted"), "This comment was removed."),
    "picture": (picture, "abcdef"),
    "pinned": (pinned, ">Pinned<"),
    "reaction": (reacted, "Thumbs up: 1"),
    "reactions off": (to_site(reactions=""), "!comments-react"),
    "other reactions": (to_site(reactions="❤"), "Heart: 0"),
    "likes off": (to_site(likes=False), '!data-act="likers"'),
    "likers hidden": (to_site(likers="nobody"), "!likers"),
    "closed": (closed, '!data-act="reply"'),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_shown_value_is_seen_at_once(lite: Flask, name: str) -> None:
    reader, (make, sign) = discussed(lite), CHANGES[name]
    seen = read(lite, reader)
    if name == "removed":
        assert seen.count("<article") == 3
    assert (sign[1:] in seen) if sign[0] == "!" else (sign not in seen)
    change(lite, make)
    after = read(lite, reader)
    assert (sign[1:] not in after) if sign[0] == "!" else (sign in after)
    lite.extensions["comments"].rendered_comments = None
    assert read(lite, reader) == after


@pytest.mark.parametrize(
    ("query", "sign"),
    [({"lang": "de"}, "Antworten"), ({"level": 4}, "<h5"), ({"number": 3}, "comments-likes-3")],
)
def test_each_request_gets_its_own(lite: Flask, query: dict[str, Any], sign: str) -> None:
    reader = discussed(lite)
    usual = read(lite, reader)
    own = read(lite, reader, **query)
    assert sign in own
    assert sign not in usual
    assert read(lite, reader) == usual


def test_each_mount_has_its_own_addresses(lite: Flask) -> None:
    reader = discussed(lite)
    usual = read(lite, reader)
    lite.extensions["comments_front"].clear()
    client = lite.test_client()
    found = client.get("/thread", query_string=reader.page, base_url="http://localhost/talk")
    mounted = found.get_data(as_text=True)
    assert mounted.count('href="/talk/report') == usual.count('href="/report') == 3
    assert 'href="/thread' not in mounted


def test_another_site_and_page_with_the_same_texts_has_its_own_links(lite: Flask) -> None:
    reader = discussed(lite)
    read(lite, reader)
    other = Guest(lite, "Dan")
    own = other.say("The first text", url="https://blog.example/other").get_json()["id"]
    found = read(lite, other)
    assert re.findall(r"\?focus=(\d+)#comment-(\d+)", found) == [(str(own), str(own))]
    assert "https://blog.example/post&" not in found


def test_one_change_presents_and_renders_one_comment(
    lite: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, presented = discussed(lite), []

    def counted(at: Any, comment: Comment, **more: Any) -> Any:
        presented.append(comment.id)
        return presenters.comment_view(at, comment, **more)

    monkeypatch.setattr(rendered_comments, "comment_view", counted)
    read(lite, reader)
    assert len(presented) == 3
    change(lite, to_comment(like_count=9))
    presented.clear()
    assert "Liked by 9 people" in read(lite, reader)
    assert len(presented) == 1


@pytest.mark.parametrize(
    ("query", "sign"),
    [({"lang": "de"}, "Kommentar abschicken"), ({"level": 4}, "<h5"), ({"number": 3}, "respond-3")],
)
def test_each_request_gets_its_own_form(lite: Flask, query: dict[str, Any], sign: str) -> None:
    reader = Guest(lite)
    usual, own = read(lite, reader), read(lite, reader, **query)
    assert sign in own
    assert sign not in usual
    assert read(lite, reader) == usual
    lite.extensions["comments"].rendered_comments = None
    assert read(lite, reader, **query) == own


def test_form_shows_every_rule_and_page_at_once(lite: Flask) -> None:
    reader = Guest(lite)
    assert "RSS" not in read(lite, reader)
    reader.say("The first comment brings a feed")
    assert "RSS" in read(lite, reader)
    for rule in ({"privacy_notice": True}, {"guests": False}):
        before = read(lite, reader)
        ruled(lite, **rule)
        after = read(lite, reader)
        assert after != before
        lite.extensions["comments"].rendered_comments = None
        assert read(lite, reader) == after
    assert 'name="privacy"' in after
    reader.page["url"] = "https://blog.example/second"
    assert 'value="https://blog.example/second"' in read(lite, reader)
    assert "https://blog.example/post" not in read(lite, reader)


def test_what_is_kept_has_a_size(make_app: MakeApp, sqlite_url: str) -> None:
    kept = RenderedComments(100)
    for number in range(5):
        kept.put((number,), f"value {number}", 40)
    assert [kept.get((number,)) for number in range(5)] == [None, None, None, "value 3", "value 4"]
    assert kept.bytes == 80
    kept.get((3,))
    kept.put((5,), "new", 40)
    assert kept.get((3,)) == "value 3"
    assert kept.get((4,)) is None
    kept.put((6,), "too large", 101)
    assert kept.get((6,)) is None
    nothing = make_app(sqlite_url, CACHE_MEGABYTES=0)
    assert read(nothing, discussed(nothing)).count("<article") == 3
    assert memory(nothing).bytes == 0


def test_nothing_personal_is_kept(lite: Flask) -> None:
    reader = discussed(lite)
    read(lite, reader)
    before = memory(lite).bytes
    own = reader.get("/thread.html").get_data(as_text=True)
    assert 'data-act="edit"' in own
    assert memory(lite).bytes == before
    assert 'data-act="edit"' not in read(lite, reader)


def test_page_likes_are_beside_kept_comments(lite: Flask) -> None:
    reader = discussed(lite)
    read(lite, reader)

    def like(current: Session, page: Page, first: Comment) -> None:
        liker = current.get_one(Author, first.author_id)
        current.add(PageLike(page_id=page.id, author_id=liker.id, created_at=LATER))

    change(lite, like)
    assert "1 person likes this" in read(lite, reader)


def test_child_of_a_fork_has_a_memory_of_its_own(lite: Flask) -> None:
    reader = discussed(lite)
    read(lite, reader)
    before = memory(lite)
    lite.extensions["comments_lifecycle"].renew_in_child()
    assert read(lite, reader).count("<article") == 3
    assert memory(lite) is not before
