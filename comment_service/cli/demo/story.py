"""State and requests shared by the steps of ``demo --check``."""

import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from comment_service.cli.demo.browser import Answer, Browser
from comment_service.cli.demo.posts import POSTS

POST = POSTS[3]


@dataclass
class Story:
    """What the steps remember about the visitor and the moderator."""

    address: str
    link: str
    visitor: Browser = field(default_factory=Browser)
    moderator: Browser = field(default_factory=Browser)
    ids: dict[str, int] = field(default_factory=dict)

    @property
    def page(self) -> dict[str, str]:
        """Return the parameters that identify the post's page."""
        return {"site": "default", "url": self.address + POST.path, "title": POST.title}

    def get(self, path: str, **headers: str) -> Answer:
        """Send a GET request to the service as the visitor."""
        return self.visitor.get(f"{self.address}/comments/{path}", self.page, headers)

    def thread(self) -> str:
        """Return the thread as an anonymous reader sees it."""
        return Browser().get(f"{self.address}/comments/thread", self.page).text

    def post(self, text: str, **more: Any) -> Answer:
        """Open a form, wait for the writing time and submit as a guest without e-mail."""
        token = self.get("form-token").json()["token"]
        time.sleep(2.1)
        body = {"token": token, "key": secrets.token_hex(16), "name": "Wanderer", "text": text}
        return self.visitor.post_json(
            f"{self.address}/comments/comments", {**self.page, **body, **more}
        )

    def decide(self, what: str, path: str, **fields: str) -> Answer:
        """Submit one of the moderation page's forms."""
        queue = self.moderator.get(f"{self.address}/comments/moderation/{what}").text
        form = {"csrf_token": csrf(queue), "next": f"/comments/moderation/{what}", **fields}
        return self.moderator.post_form(f"{self.address}/comments/moderation/{path}", form)


def csrf(html: str) -> str:
    """Return the CSRF token of a moderation page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    return found[1] if found else ""


def require(holds: bool, otherwise: str) -> None:
    """Fail the step unless a condition holds."""
    if not holds:
        raise AssertionError(otherwise)
