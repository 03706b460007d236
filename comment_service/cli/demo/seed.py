"""Seed the demo by posting: every comment goes through the same views as a reader's."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import Client

from comment_service.cli.demo.posts import POSTS
from comment_service.errors import SetupError
from comment_service.storage.tables import PUBLISHED


@dataclass(frozen=True)
class SeedComment:
    """One comment to post: the post, the author, and the index of the comment it answers."""

    post: int
    name: str
    text: str
    answers: int | None = None
    website: str = ""
    likes: int = 0


_SOUNDTRACK = (
    SeedComment(0, "Marlene", "The ballad in the car! I thought I was the only one.", likes=2),
    SeedComment(
        0,
        "Tom Okafor",
        "I have never seen any of the films, but my father played this record every Saturday "
        "while he washed the car. I know all the words and none of the plot.",
        likes=3,
    ),
    SeedComment(
        0, "Marlene", "Then please never watch them. The record is better.", answers=1, likes=1
    ),
    SeedComment(0, "Tom Okafor", "That is what he says too.", answers=2),
    SeedComment(
        0,
        "Agnieszka",
        "> skip the second side\n\nI must protest. The instrumental with the *terrible* saxophone "
        "is the heart of the whole thing. 🎷",
        likes=1,
    ),
    SeedComment(0, "حسين", "مقال جميل، شكراً لك. الموسيقى فعلاً أفضل من الفيلم."),
    SeedComment(
        0,
        "Best Casino Bonus",
        "CONGRATULATIONS!!! You won a free $500 casino bonus, click here to claim your cash prize "
        "now http://casino-bonus-win.example/claim http://free-cash.example/now",
        website="http://casino-bonus-win.example",
    ),
    SeedComment(
        0,
        "Jen",
        "There is a good interview with the composer about the drum machine: "
        "https://musicpaper.example/interviews/drum-machine",
    ),
)
_KETTLE = (
    SeedComment(1, "Ruth", "Eleven minutes is one side of a record, nearly.", likes=2),
    SeedComment(
        1,
        "Ilse",
        "I made the ginger cake. Two notes: my oven needed ten minutes more, and you should "
        "double everything because there are other people in the house.",
        likes=2,
    ),
    SeedComment(
        1, "Ruth", "Mine as well, nine minutes more. And it is better on the third day.", 1
    ),
    SeedComment(
        1,
        "free followers",
        "Check out my channel guys!! Subscribe to my channel and I will subscribe back, "
        "get free followers and make money from home fast http://free-followers.example",
    ),
)
_BACKUP = (
    SeedComment(
        2,
        "Dmitri",
        "I would leave out everything that can be downloaded again. My list of what to keep is "
        "shorter than my list of what I thought I had to keep:\n\n```\nletters/\nphotos/\n"
        "accounts.ods\n```",
        likes=2,
    ),
    SeedComment(
        2, "Sister", "The dessert is the actual price. You still owe me for October.", likes=3
    ),
    SeedComment(
        2, "Noor", "Do you ever try to *restore* from the disk? That is where mine failed.", 0
    ),
    SeedComment(
        2,
        "SEO Expert",
        "Great post! We offer cheap viagra pills online without prescription, buy now with "
        "discount http://cheap-pills.example/viagra http://cheap-pills.example/cialis "
        "http://cheap-pills.example/order",
        website="http://cheap-pills.example",
    ),
)
COMMENTS = (*_SOUNDTRACK, *_KETTLE, *_BACKUP)
_PEOPLE = ("Ruth", "Ilse", "Agnieszka", "Dmitri", "Noor", "Marlene")
_WRITING_SECONDS = 2.2
"""All forms are opened first, and sent after the minimum writing time."""

PAGE_LIKES = {0: ("Marlene", "Agnieszka", "Ruth"), 1: ("Ilse",)}


class Visitor:
    """One reader with their own network and browser."""

    def __init__(self, app: Flask, address: str, number: int) -> None:
        self._client = Client(app)
        self._address = address
        self._environ = {"REMOTE_ADDR": f"198.51.100.{number}"}
        self._token = ""

    def page(self, number: int) -> dict[str, str]:
        """Return the parameters that identify a post's page."""
        post = POSTS[number]
        return {"site": "default", "url": self._address + post.path, "title": post.title}

    def open_form(self, number: int) -> str:
        """Open the comment form of a post; return the form's token."""
        page = self.page(number)
        answer = self._client.get("/comments/form-token", query_string=page, base_url=self._address)
        return str((answer.get_json() or {}).get("token"))

    def post_comment(self, comment: SeedComment, token: str, parent: object) -> dict[str, Any]:
        """Post a comment with a form that was opened before."""
        words = {"text": comment.text, "name": comment.name, "website": comment.website}
        place = {"token": token, "key": secrets.token_hex(16), "parent": parent}
        return self._send("comments", {**self.page(comment.post), **words, **place})

    def like(self, number: int, comment: object = None) -> None:
        """Like a comment, or the post if there is none."""
        self._send("likes", {**self.page(number), "comment": comment, "liked": True})

    def _send(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Post JSON and return the response.

        Raises:
            SetupError: the service refused it, which never happens to the demo's own comments.
        """
        answer = self._client.post(
            f"/comments/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._token}"} if self._token else {},
            base_url=self._address,
            environ_overrides=self._environ,
        )
        response = answer.get_json()
        if answer.status_code >= 400 or not isinstance(response, dict):
            raise SetupError(f"The demo could not be seeded: {answer.get_data(as_text=True)[:500]}")
        self._token = str(response.get("visitor") or self._token)
        return response


def seed(app: Flask, address: str) -> None:
    """Post all comments, their likes and the posts' likes."""
    readers = {
        name: Visitor(app, address, number)
        for number, name in enumerate(dict.fromkeys(comment.name for comment in COMMENTS), start=1)
    }
    tokens = [readers[comment.name].open_form(comment.post) for comment in COMMENTS]
    time.sleep(_WRITING_SECONDS)
    ids: dict[int, list[object]] = {}
    for comment, token in zip(COMMENTS, tokens, strict=True):
        here = ids.setdefault(comment.post, [])
        parent = None if comment.answers is None else here[comment.answers]
        response = readers[comment.name].post_comment(comment, token, parent)
        here.append(response["id"])
        if response["status"] == PUBLISHED:
            for reader in _others(readers, comment)[: comment.likes]:
                reader.like(comment.post, response["id"])
    for number, names in PAGE_LIKES.items():
        for name in names:
            readers[name].like(number)


def _others(readers: dict[str, Visitor], comment: SeedComment) -> list[Visitor]:
    """Return all people except the comment's author."""
    return [readers[name] for name in _PEOPLE if name != comment.name]
