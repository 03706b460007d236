"""Seed the demo with eight weeks of life, through the same views as readers and moderators use."""

import secrets
from datetime import datetime, timedelta
from functools import partial

from flask import Flask

from comment_service.cli.demo import texts
from comment_service.cli.demo.moderation import Moderation
from comment_service.cli.demo.posts import POSTS
from comment_service.cli.demo.readers import Crowd
from comment_service.cli.demo.site import COLLEAGUE, OWNER
from comment_service.cli.demo.staff import Moderator
from comment_service.cli.demo.texts import Text
from comment_service.cli.demo.timeline import Timeline
from comment_service.runtime import Runtime
from comment_service.storage.tables import PUBLISHED

PAGE_LIKES = {"boxing": ("40 10:00", 11), "kettle": ("28 09:00", 8), "backup": ("14 09:30", 5),
              "railway": ("0 09:00", 6)}  # fmt: skip
"""Post → when readers begin to like it, and how many do."""
REPORTS = (
    ("Keith", "38 08:20", "Priya", "spam", "Third time this week that I read about Dennis."),
    ("Keith", "38 10:55", "Walter P.", "spam", ""),
    ("insult", "55 11:10", "Fiona Mackay", "abuse", "There is no need to be rude about it."),
    ("insult", "55 13:32", "Agnieszka", "abuse", "And I like the second side!"),
    ("insult", "55 16:48", "Marlene", "abuse", ""),
)
"""Which comment is reported (its id or author), when, by whom, why, and in which words."""
_EDITED_AFTER = timedelta(minutes=5)
_APPROVED_AFTER = timedelta(days=1)
_FLOOD_PACE = timedelta(seconds=17)
_FLOOD_SEEN = timedelta(minutes=85)


def seed(blog: Flask, address: str, now: datetime) -> None:
    """Let eight weeks happen.

    Args:
        blog: the blog with the service mounted, without a worker.
        address: the blog's origin.
        now: the end of the eight weeks.
    """
    state: Runtime = blog.extensions["comments"].extensions["comments"]
    timeline, real = Timeline(now), state.clock
    state.clock = timeline.clock
    try:
        _Weeks(blog, address, timeline).plan()
        timeline.run()
    finally:
        state.clock = real


class _Weeks:
    """The plan of the eight weeks, and what it must remember."""

    def __init__(self, blog: Flask, address: str, timeline: Timeline) -> None:
        self._timeline = timeline
        self._honest = texts.honest()
        names = dict.fromkeys(text.name for text in self._honest if text.likes)
        self._crowd = Crowd(blog, address, [name for name in names if name])
        moderators = {
            email: Moderator(blog, address, email, timeline) for email in (OWNER, COLLEAGUE)
        }
        self._owner = moderators[OWNER]
        self._ids: dict[str, int] = {}  # key in the texts, or author → comment
        self._moderation = Moderation(timeline, moderators, self._ids)

    def plan(self) -> None:
        """Add everything to the timeline."""
        for number, text in enumerate(self._honest):
            submit = self._reply if text.by_owner else self._comment
            self._timeline.add(text.at, partial(submit, text, number))
        for number, text in enumerate(texts.spam()):
            self._timeline.add(text.at, partial(self._comment, text, number))
        self._plan_flood()
        self._plan_page_likes()
        for about, at, name, kind, words in REPORTS:
            self._timeline.add(at, partial(self._report, about, name, kind, words))
        self._moderation.plan()

    def _plan_flood(self) -> None:
        flood: list[int] = []

        def submit(text: Text, number: int) -> None:
            self._comment(text, number)
            flood.append(self._ids["flood"])

        found = texts.flood()
        for number, line in enumerate(found.texts):
            name = f"guest{4100 + 37 * number}"
            text = Text(found.post, found.at, line, name, key="flood", spam=True)
            self._timeline.add(found.at, partial(submit, text, number), number * _FLOOD_PACE)
        self._timeline.add(found.at, partial(self._moderation.clear_flood, flood), _FLOOD_SEEN)

    def _plan_page_likes(self) -> None:
        for number, post in enumerate(POSTS):
            at, count = PAGE_LIKES[post.name]
            for place, reader in enumerate(self._crowd.others("", 5 * number, count)):
                self._timeline.add(at, partial(reader.like, number), _spread(place))

    def _comment(self, text: Text, number: int) -> None:
        """Post a reader's comment, and plan what happens to it."""
        reader = self._crowd.reader(text.name, text.network)
        posted = self._timeline.now
        self._timeline.now = posted - timedelta(seconds=text.seconds)
        token = reader.open_form(text.post)
        self._timeline.now = posted
        parent = self._ids[text.reply] if text.reply else None
        answer = reader.post_comment(text, token, secrets.token_hex(16), parent)
        comment = int(answer["id"])
        self._remember(text, comment)
        published = answer["status"] == PUBLISHED
        if not text.deleted:
            self._moderation.notice(comment, spam=text.spam, published=published)
        if text.edited:
            self._timeline.after(
                _EDITED_AFTER, partial(reader.edit, text.post, comment, text.edited)
            )
        if text.deleted:
            delay = timedelta(minutes=text.deleted)
            self._timeline.after(delay, partial(reader.delete, text.post, comment))
        else:
            wait = timedelta() if published else _APPROVED_AFTER
            self._timeline.after(wait, partial(self._plan_applause, text, comment, number))

    def _reply(self, text: Text, number: int) -> None:
        """Let the owner reply on the moderation pages."""
        comment = self._owner.reply(self._ids[text.reply], text.text, secrets.token_hex(16))
        self._remember(text, comment)
        self._plan_applause(text, comment, number)

    def _remember(self, text: Text, comment: int) -> None:
        self._ids[text.key or text.name] = comment

    def _plan_applause(self, text: Text, comment: int, number: int) -> None:
        """Plan likes and reactions, most of them soon."""
        for place, reader in enumerate(self._crowd.others(text.name, 7 * number, text.likes)):
            self._timeline.after(_spread(place), partial(reader.like, text.post, comment))
        fans = self._crowd.others(text.name, 3 * number + 1, len(text.reactions))
        for place, (reader, emoji) in enumerate(zip(fans, text.reactions, strict=True)):
            react = partial(reader.react, text.post, comment, emoji)
            self._timeline.after(_spread(place), react)

    def _report(self, about: str, name: str, kind: str, words: str) -> None:
        written = (*self._honest, *texts.spam())
        post = next(text.post for text in written if about in (text.key, text.name))
        self._crowd.reader(name).report(post, self._ids[about], kind, words)


def _spread(place: int) -> timedelta:
    """Return how long after a comment the readers in order react to it."""
    return timedelta(minutes=17 * (place + 1) ** 2)
