"""Readers of the demo blog: each has a browser and a network, and uses the service's own views."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask
from werkzeug.test import Client

from comment_service.cli.demo.posts import POSTS
from comment_service.cli.demo.texts import Text
from comment_service.errors import SetupError


class Reader:
    """One reader with their own network and browser."""

    def __init__(self, app: Flask, address: str, number: int) -> None:
        self._client = Client(app)
        self._address = address
        self._network = {"REMOTE_ADDR": f"198.51.100.{number}"}
        self._token = ""

    def open_form(self, post: int) -> str:
        """Open a form on a post; return the form's token."""
        answer = self._client.get(
            "/comments/form-token", query_string=self._page(post), base_url=self._address
        )
        return str((answer.get_json() or {}).get("token"))

    def post_comment(
        self, comment: Text, token: str, key: str, parent: int | None
    ) -> dict[str, Any]:
        """Post a comment with a form that was opened before; return the response."""
        words = {"text": comment.text, "name": comment.name, "website": comment.website}
        place = {"token": token, "key": key, "parent": parent}
        return self._send("comments", {**self._page(comment.post), **words, **place})

    def like(self, post: int, comment: int | None = None) -> None:
        """Like a comment, or the post if there is none."""
        self._send("likes", {**self._page(post), "comment": comment, "liked": True})

    def react(self, post: int, comment: int, emoji: str) -> None:
        """Give a comment an emoji."""
        reaction = {"reaction": f"{comment} {emoji}", "given": True}
        self._send("reactions", {**self._page(post), **reaction})

    def report(self, post: int, comment: int, kind: str, words: str) -> None:
        """Report a comment."""
        about = {"comment": comment, "kind": kind, "words": words, "token": self.open_form(post)}
        self._send("reports", about)

    def edit(self, post: int, comment: int, text: str) -> None:
        """Change one's own comment."""
        change = {"text": text, "token": self.open_form(post), "expected": 0}
        self._send(f"comments/{comment}/edit", change)

    def delete(self, post: int, comment: int) -> None:
        """Delete one's own comment."""
        self._send(f"comments/{comment}/delete", {"token": self.open_form(post)})

    def _page(self, post: int) -> dict[str, str]:
        url = self._address + POSTS[post].path
        return {"site": "default", "url": url, "title": POSTS[post].title}

    def _send(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post JSON and return the response.

        Raises:
            SetupError: the service refused it, which never happens to the demo's own requests.
        """
        answer = self._client.post(
            f"/comments/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._token}"} if self._token else {},
            base_url=self._address,
            environ_overrides=self._network,
        )
        response = answer.get_json()
        if answer.status_code >= 400 or not isinstance(response, dict):
            reason = answer.get_data(as_text=True)[:500]
            raise SetupError(f"The demo could not be seeded ({path}): {reason}")
        self._token = str(response.get("visitor") or self._token)
        return response


class Crowd:
    """Everybody who comes to the blog, by name; a name is a person."""

    def __init__(self, app: Flask, address: str, regulars: Sequence[str]) -> None:
        self._app = app
        self._address = address
        self._regulars = regulars
        self._readers: dict[str, Reader] = {}
        self._numbers: dict[str, int] = {}

    def reader(self, name: str, network: str = "") -> Reader:
        """Return a reader; ``network`` is the name of somebody whose network they share."""
        number = self._numbers.setdefault(network or name, len(self._numbers) + 1)
        if name not in self._readers:
            self._readers[name] = Reader(self._app, self._address, number)
        return self._readers[name]

    def others(self, name: str, first: int, count: int) -> list[Reader]:
        """Return some of the regular readers other than ``name``, from the ``first`` one on."""
        others = [regular for regular in self._regulars if regular != name]
        return [self.reader(others[(first + number) % len(others)]) for number in range(count)]
