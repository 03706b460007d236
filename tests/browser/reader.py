"""A person with a real browser: their actions, and checks that always apply."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Route, expect

READING = "document.querySelector('comment-thread').reading"
"""True once a thread is there and looks for new comments."""


COMPLETE = """(() => {
  const reply = document.querySelector("comment-thread")?.box?.reply;
  return !reply || reply.writing || !navigator.onLine;
})()"""
"""True once the form has its toolbar, which moves what is below it."""


class Reader:
    """A person with a separate browser; records its console and its requests."""

    def __init__(self, browser: Browser, **options: Any) -> None:
        wanted = {"locale": "en-US", "timezone_id": "UTC", **options}
        self.context = browser.new_context(**wanted)
        self.context.set_default_timeout(10_000)
        self.context.on("console", self._heard)
        self.context.on("weberror", lambda error: self.troubles.append(str(error.error)))
        self.context.on("request", self._asked)
        self.page: Page = self.context.new_page()
        self.troubles: list[str] = []
        self.asked: list[str] = []

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(message.text)

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.netloc:
            self.asked.append(f"{parts.scheme}://{parts.netloc}")

    def expects(self, pattern: str) -> None:
        """Discard the console lines that a refusal or a lost connection causes."""
        found = [line for line in self.troubles if re.search(pattern, line)]
        assert found, f"the console has no {pattern!r}: {self.troubles}"
        self.troubles = [line for line in self.troubles if line not in found]

    def leave(self) -> None:
        self.context.close()

    # ---- reading ----

    def open(self, url: str) -> "Reader":
        self.page.goto(url)
        expect(self.title).to_be_visible()
        return self

    def reload(self) -> None:
        self.page.reload()
        expect(self.title).to_be_visible()

    def until(self, condition: str | Callable[[], object]) -> None:
        """Wait until a script's expression, or a function of the test, is true.

        Playwright's own waiting evaluates text inside the page, which a page's policy forbids
        unless the expression is true at once.
        """
        for _ in range(200):
            found = self.page.evaluate(condition) if isinstance(condition, str) else condition()
            if found:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"it never came true: {condition}")

    def at(self, ending: str) -> None:
        """Wait until the thread of a page is displayed, after the page around has changed."""
        thread = "document.querySelector('comment-thread')"
        self.until(f"{thread}.section && {thread}.about.url.endsWith({json.dumps(ending)})")

    def come_back(self) -> None:
        """Return to the tab, once the thread looks for new comments then."""
        self.until(READING)
        self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    @property
    def title(self) -> Locator:
        return self.page.locator(".comments-title").first

    @property
    def toast(self) -> Locator:
        return self.page.locator(".comments-toast")

    @property
    def comments(self) -> Locator:
        return self.page.locator(".comments-one")

    def comment(self, text: str) -> Locator:
        return self.comments.filter(has_text=text)

    def texts(self) -> list[str]:
        """Return the texts of the comments, from top to bottom."""
        said = self.page.locator(".comments-one .comments-text").all_text_contents()
        return [text.strip() for text in said]

    def likes(self, within: Locator | None = None) -> tuple[Locator, Locator]:
        """Return the like button of a comment or of the post, and its label."""
        here = within if within is not None else self.page.locator(".comments-head")
        return here.get_by_role("button", name="Like"), here.locator('[data-act="likers"]')

    # ---- writing ----

    def field(self, name: str) -> Locator:
        return self.page.locator(f"#comments-{name}")

    def problem(self, name: str) -> Locator:
        return self.page.locator(f"#comments-{name}-error")

    @property
    def outcome(self) -> Locator:
        return self.page.locator(".comments-status")

    @property
    def send_button(self) -> Locator:
        return self.page.locator(".comments-send button")

    def write(self, text: str, name: str = "Ada") -> None:
        self.field("text").fill(text)
        self.field("name").fill(name)
        self.until(COMPLETE)

    def say(self, text: str, name: str = "Ada") -> Locator:
        """Write and send a comment; return it as it appears."""
        self.write(text, name)
        self.send_button.click()
        expect(self.comment(text)).to_be_visible()
        return self.comment(text)

    def reply_to(self, text: str) -> Locator:
        return self.comment(text).get_by_role("link", name="Reply", exact=True)

    def reply(self, text: str, *, key: str | None = None) -> None:
        """Open the reply form of a comment and wait until it is there."""
        link = self.reply_to(text)
        _ = link.press(key) if key else link.click()
        expect(self.page.locator(".comments-item .comments-respond")).to_be_visible()
        focused(self.field("text"))

    def stored(self) -> str:
        """Return the content of the page's storage."""
        return str(self.page.evaluate("JSON.stringify(localStorage)"))


def focused(target: Locator) -> None:
    """Check that an element has the focus, also inside a shadow tree."""
    expect(target).to_be_focused()


def hold(held: list[Route]) -> Callable[[Route], None]:
    """Return a handler that keeps a request until the test continues it."""

    def keep(route: Route) -> None:
        held.append(route)

    return keep
