"""Moderators of the demo blog: each signs in with a one-time link and uses the moderation pages."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from flask import Flask
from werkzeug.test import Client, TestResponse

from comment_service.cli.demo.timeline import Timeline
from comment_service.cli.people import one_time_link
from comment_service.errors import SetupError
from comment_service.notify import worker
from comment_service.storage.comments import counts
from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment

_SESSION = timedelta(days=25)
"""After this time a moderator signs in again; a session lasts 30 days."""
_SAMPLE = re.compile(r'/moderation/check/(\d+/\d+)[?"]')
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


class Moderator:
    """One moderator with their own browser."""

    def __init__(self, blog: Flask, address: str, email: str, timeline: Timeline) -> None:
        self._client = Client(blog)
        self._service: Flask = blog.extensions["comments"]
        self._address = address
        self._email = email
        self._timeline = timeline
        self._signed_in: datetime | None = None
        self._csrf = ""

    def decide(self, comment: int, decision: str) -> str:
        """Decide about a comment; return the path of the form that undoes it."""
        answer = self._post(f"comments/{comment}/decide", {"decision": decision})
        return str((answer.get_json() or {})["undo"]).partition("/moderation/")[2]

    def decide_all(self, comments: Sequence[int], decision: str) -> None:
        """Decide about many comments at once."""
        self._post("batches", {"decision": decision, "id": comments})

    def reply(self, comment: int, text: str, key: str) -> int:
        """Reply to a comment; return the reply's id."""
        self._post(f"comments/{comment}/reply", {"text": text, "key": key})
        with self._service.app_context():
            return counts.newest_id(session(), session().get_one(Comment, comment).page)

    def send(self, path: str, **fields: str) -> None:
        """Send another form of the moderation pages."""
        self._post(path, fields)

    def spot_check(self) -> None:
        """Draw this week's sample, and find that the filter was right about all of it."""
        self._post("check/draw", {})
        page = self._get(f"{self._address}/comments/moderation/check/")
        for sample in dict.fromkeys(_SAMPLE.findall(page)):
            self._post(f"check/{sample}", {"right": "1"})

    def retrain(self) -> None:
        """Retrain the filter, and let the worker do it."""
        self._post("model/train", {})
        with self._service.app_context():
            while worker.deliver_due(self._service.extensions["comments"]):
                pass

    def _post(self, path: str, fields: Mapping[str, object]) -> TestResponse:
        """Send a form as a script does, so that no page is rendered.

        Raises:
            SetupError: the service refused it, which never happens to the demo's own moderators.
        """
        if self._signed_in is None or self._timeline.now - self._signed_in > _SESSION:
            self._sign_in()
        answer = self._client.post(
            f"/comments/moderation/{path}",
            data={**fields, "csrf_token": self._csrf},
            headers={"Accept": "application/json"},
            base_url=self._address,
        )
        if answer.status_code >= 400:
            reason = answer.get_data(as_text=True)[:500]
            raise SetupError(f"The demo could not be seeded ({path}): {reason}")
        return answer

    def _sign_in(self) -> None:
        with self._service.app_context():
            link = one_time_link(f"{self._address}/comments", self._email)
        path = link.removeprefix(self._address)
        found = _CSRF.search(self._get(link))
        self._csrf, self._signed_in = found[1] if found else "", self._timeline.now
        self._client.post(path, data={"csrf_token": self._csrf}, base_url=self._address)

    def _get(self, url: str) -> str:
        path = url.removeprefix(self._address)
        return self._client.get(path, base_url=self._address).get_data(as_text=True)
