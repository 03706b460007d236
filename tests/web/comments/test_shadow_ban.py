"""A shadow-ban cannot be noticed: three sites with one story, in which Eve is banned, or is not.

On the first site nobody is banned, on the second one Eve is. What Eve sees must be equal, to the
byte. On the third one Eve is banned and says nothing any more: what others see there must be equal
to what they see on the second.
"""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import Guest, Moderator, ruled
from tests.readers import ORIGIN, Reader

Look = Callable[["Story"], str]
KEYS = {"SECRET_KEY": "k" * 32, "SMTP_URL": "smtp://mail.example", "MAIL_FROM": "c@blog.example"}
PUBLIC = {"PUBLIC_URL": "http://localhost", **KEYS}


@dataclass
class Story:
    """One site: what Bob and Eve do there, and all that Eve is told meanwhile."""

    app: Flask
    banned: bool
    silent: bool = False
    told: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ruled(self.app, reactions="👍", burst_comments=0)
        self.bob = Guest(self.app, "Bob", network="198.51.100.2")
        self.reader = Reader(self.app, "Eve", guest=None, email="eve@reader.example")
        self.eve = self.reader.guest
        self.eve.network = "198.51.100.3"
        self.ids["bob"] = self.bob.say("Bob speaks first").get_json()["id"]
        self.ids["early"] = self.eve.say("Eve says hello").get_json()["id"]
        moderator = Moderator(self.app)
        if self.banned:
            moderator.post(f"/moderation/comments/{self.ids['early']}/author", mark="shadow")
        if not self.silent:
            self._eve_acts()

    def note(self, name: str, answer: TestResponse) -> TestResponse:
        """Keep an answer that Eve got: status, place and body."""
        body = answer.get_data(as_text=True)
        self.told[name] = f"{answer.status_code} {answer.headers.get('Location')} {plain(body)}"
        return answer

    def _eve_acts(self) -> None:
        eve, bob = self.eve, self.ids["bob"]
        comment = self.note("comment", eve.say("Eve is back", notify="replies"))
        mine = self.ids["mine"] = comment.get_json()["id"]
        self.note("the same again", eve.say("Eve is back"))
        reply = self.note("reply to oneself", eve.say("And one thing more", parent=mine))
        self.ids["reply"] = reply.get_json()["id"]
        answer = self.note("reply to Bob", eve.say("Good point, Bob", parent=bob))
        self.ids["reply to Bob"] = answer.get_json()["id"]
        for name, comment_id in (("Bob", bob), ("oneself", mine), ("the page", None)):
            self.note(f"like {name}", eve.like(comment_id))
            self.note(f"like {name} again", eve.like(comment_id))
        self.note("withdraw", eve.like(self.ids["early"]))
        self.note("withdraw it", eve.like(self.ids["early"], liked=False))
        for comment_id in (bob, mine):
            body = {**eve.page, "reaction": f"{comment_id} 👍", "given": "1"}
            self.note(f"react {comment_id}", eve.post("/reactions", body))
        self.note("edit form", eve.get(f"/comments/{mine}/edit", part="1"))
        text = {"token": eve.form_token(), "text": "Eve is really back", "expected": 0}
        self.note("edit", eve.post(f"/comments/{mine}/edit", text))
        gone = self.note("comment to delete", eve.say("This was a mistake")).get_json()["id"]
        self.note("delete", eve.post(f"/comments/{gone}/delete", {"token": eve.form_token()}))
        self.note("without a text", eve.say(""))
        self.note("a parent that is gone", eve.say("Hello?", parent=9999))
        self.note("rename", self.reader.post("profile", name="Eve Two", website=""))
        self._eve_posts_a_form()

    def _send(self, path: str, **fields: Any) -> TestResponse:
        """Send a form of Eve's browser without a script."""
        place = {"REMOTE_ADDR": self.eve.network}
        return self.reader.client.post(
            path, data=fields, headers={"Origin": ORIGIN}, environ_overrides=place
        )

    def _eve_posts_a_form(self) -> None:
        """Write, reply and like without a script."""
        for name, fields in (
            ("form", {"text": "Sent by a form"}),
            ("form of a reply", {"text": "Also sent by a form", "parent": self.ids["mine"]}),
            ("form on the blog's page", {"text": "And this from the blog"}),
        ):
            sent = {**self.eve.fields("x"), **fields}
            path = "/comments?back=page" if "blog" in name else "/comments"
            self.note(name, self._send(path, **sent))
        liked = {**self.eve.page, "comment": self.ids["reply"], "liked": "toggle"}
        self.note("like form", self._send("/likes", **liked))

    def page(self, path: str = "/thread.html", **query: Any) -> str:
        """Return a page of the service in Eve's browser without a script."""
        query = {**self.eve.page, **query}
        return plain(self.reader.client.get(path, query_string=query).get_data(as_text=True))


VOLATILE = (
    r'name="(token|key|csrf_token)" value="[^"]*"',
    r'"(token|key|visitor)": ?"[^"]*"',
    r"answers=\d+-[^\"&]*",
    r"link=[0-9a-f]{32}",
)
"""What differs from one request to the next."""


def plain(text: str) -> str:
    """Return a body without what is random, and without the revision of the page."""
    for pattern in (*VOLATILE, r'data-revision="\d+"'):
        text = re.sub(pattern, "", text)
    return text


MakeStory = Callable[..., Story]


@pytest.fixture
def make_story(migrated: Path, tmp_path: Path, make_app: MakeApp) -> MakeStory:
    def make(name: str, **how: bool) -> Story:
        url = f"sqlite:///{shutil.copy(migrated, tmp_path / f'{name}.sqlite3')}"
        return Story(make_app(url, **PUBLIC), **how)

    return make


def own_data(it: Story) -> str:
    """Return what the script is told; the comments themselves come with it or with the thread."""
    found = it.eve.get("/me").get_json()
    assert not it.banned or found["pending"]
    return plain(json.dumps({**found, "pending": []}))


def likers(it: Story, name: str) -> str:
    return plain(it.eve.get("/likers", comment=it.ids[name]).get_data(as_text=True))


def in_page(page: str, words: str) -> str:
    return f"{words}: {page.count(words)}"


LOOKS: Mapping[str, Look] = {
    "thread without a script": lambda it: it.page(),
    "newest first": lambda it: it.page(sort="newest"),
    "own data": own_data,
    "likers of the page": lambda it: plain(it.eve.get("/likers").get_data(as_text=True)),
    "likers of Bob": lambda it: likers(it, "bob"),
    "likers of oneself": lambda it: likers(it, "mine"),
    "link to one's comment": lambda it: in_page(it.page(focus=it.ids["mine"]), "Eve is really"),
    "account": lambda it: plain(it.reader.text()),
    "list of comments": lambda it: plain(it.reader.text("comments")),
    "list of likes": lambda it: plain(it.reader.text("likes", kind="comments")),
    "list of liked pages": lambda it: plain(it.reader.text("likes", kind="pages")),
    "list of reactions": lambda it: plain(it.reader.text("likes", kind="reactions")),
    "subscriptions": lambda it: plain(it.reader.text("mails")),
    "export": lambda it: plain(it.reader.text("data.json")),
    "form to reply to oneself": lambda it: it.page(reply=it.ids["mine"]),
    "form to report oneself": lambda it: it.page("/reports", comment=it.ids["mine"]),
    "edit page": lambda it: it.page(f"/comments/{it.ids['mine']}/edit"),
}


@pytest.fixture
def stories(make_story: MakeStory) -> tuple[Story, Story]:
    return make_story("free", banned=False), make_story("banned", banned=True)


def test_everything_that_a_banned_author_is_told(stories: tuple[Story, Story]) -> None:
    free, banned = stories
    assert list(free.told) == list(banned.told)
    for name, answer in free.told.items():
        assert banned.told[name] == answer, name


def test_all_that_a_banned_author_looks_at(stories: tuple[Story, Story]) -> None:
    free, banned = stories
    for name, look in LOOKS.items():
        assert look(banned) == look(free), name


PUBLIC_PATHS: Mapping[str, Mapping[str, str]] = {
    "/thread": {},
    "/thread.html": {},
    "/thread?newest": {"sort": "newest"},
    "/feed.atom": {},
    "/feed.rss": {},
    "/latest": {},
    "/counts": {},
    "/news": {"after": "0"},
    "/likers": {},
    "/likers?comment": {"comment": "1"},
}


@pytest.mark.parametrize("name", PUBLIC_PATHS)
def test_nothing_of_it_reaches_anybody_else(make_story: MakeStory, name: str) -> None:
    """Compare what Bob and a stranger get with a site on which Eve says nothing after the ban."""
    acting = make_story("acting", banned=True)
    silent = make_story("silent", banned=True, silent=True)
    path = name.partition("?")[0]
    for who in (lambda it: it.bob, lambda it: Guest(it.app, "Nobody")):
        seen, wanted = (
            plain(who(it).get(path, **PUBLIC_PATHS[name]).get_data(as_text=True))
            for it in (acting, silent)
        )
        assert seen == wanted
        assert "Eve is" not in seen


def test_answer_for_a_banned_reader_is_kept_by_no_cache(stories: tuple[Story, Story]) -> None:
    free, banned = stories
    for it, kept in ((free, True), (banned, False)):
        answer = it.eve.get("/likers", comment=it.ids["bob"])
        assert ("public" in answer.headers["Cache-Control"]) is kept
    assert "no-store" in banned.eve.get("/likers", comment=1).headers["Cache-Control"]


@pytest.mark.parametrize("whose", ["bob", "mine"])
def test_reports_are_answered_alike(stories: tuple[Story, Story], whose: str) -> None:
    free, banned = (it.eve.report(it.ids[whose]) for it in stories)
    assert free.status_code == banned.status_code == 201
    assert free.get_json()["message"] == banned.get_json()["message"]


def test_like_of_a_banned_reader_leaves_room_for_one_of_the_network(
    stories: tuple[Story, Story],
) -> None:
    _free, banned = stories
    neighbour = Guest(banned.app, "Fay", network=banned.eve.network)
    assert neighbour.like(banned.ids["bob"]).get_json()["count"] == 1
    assert banned.eve.like(banned.ids["bob"]).get_json()["count"] == 2
    assert banned.bob.get("/me").get_json()["counts"] == {}


def test_counts_of_likes_given_are_in_own_data(lite: Flask) -> None:
    ruled(lite, reactions="👍")
    ada, bob = Guest(lite, "Ada"), Guest(lite, "Bob")
    comment = ada.say("Two people like this").get_json()["id"]
    for guest in (ada, bob):
        guest.like(comment)
        guest.like()
    bob.post("/reactions", {**bob.page, "reaction": f"{comment} 👍", "given": "1"})
    assert bob.get("/me").get_json()["counts"] == {
        f"comment {comment}": {"count": 2, "label": "Liked by 2 people"},
        "comment ": {"count": 2, "label": "2 people like this"},
        f"reaction {comment} 👍": {"count": 1, "label": "Thumbs up: 1"},
    }
    assert set(ada.get("/me").get_json()["counts"]) == {f"comment {comment}", "comment "}


def test_after_the_ban_the_numbers_are_those_of_everybody(stories: tuple[Story, Story]) -> None:
    _free, banned = stories
    assert banned.eve.get("/me").get_json()["counts"]
    mark = f"/moderation/comments/{banned.ids['early']}/author"
    Moderator(banned.app, "Second").post(mark, mark="clear")
    for known in banned.eve.get("/me").get_json()["counts"].values():
        assert known["count"] == 0, known


def test_likers_of_a_comment_that_only_its_author_sees_are_kept_by_no_cache(
    stories: tuple[Story, Story],
) -> None:
    free, banned = stories
    for one, kept in ((free, "public"), (banned, "no-store")):
        answer = one.eve.get("/likers", comment=one.ids["reply to Bob"])
        assert answer.status_code == 200
        assert kept in answer.headers["Cache-Control"]


def test_a_reply_after_the_ban_gives_its_hidden_parent_a_place(
    lite: Flask, clock: FakeClock
) -> None:
    eve = Guest(lite, "Eve")
    first = eve.say("Eve says hello").get_json()["id"]
    form = {"mark": "shadow", "until": (clock.now + timedelta(days=1)).date().isoformat()}
    assert Moderator(lite).post(f"/moderation/comments/{first}/author", **form).status_code == 303
    with lite.app_context():
        assert session().get_one(Comment, first).author.blocked_until is not None
    clock.forward(hours=1)
    hidden = eve.say("During the ban").get_json()["id"]
    clock.forward(days=3)
    assert eve.say("After the ban", parent=hidden).status_code == 201
    thread = Guest(lite, "Bob").thread()
    assert "After the ban" in thread
    assert "During the ban" not in thread
