"""One server on a fresh database, its readers and its owner; and what a case returns."""

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.deploy import installation
from tests.deploy.user_actions import OWNER, Browser, Walk
from tests.faults import kill_nine

ORIGIN = "https://blog.example"


class Result(NamedTuple):
    """One line of the table: what was played, what is wanted, what came."""

    what: str
    wanted: str
    got: str
    ok: bool


def equal(what: str, wanted: object, got: object) -> Result:
    """Return a result that is as wanted if both are equal."""
    return Result(what, str(wanted), str(got), wanted == got)


Case = Callable[[Path, Path], Iterator[Result]]
"""Plays a file of the folder in an empty folder of its own."""


@dataclass
class Service:
    """A running ``comment-service serve``."""

    address: str
    folder: Path  # of its data
    origin: str

    def command(self, *arguments: str) -> str:
        """Run a command on the same data; return what it printed."""
        return installation.run(*arguments, COMMENTS_FOLDER=str(self.folder))

    def log(self) -> str:
        """Return what the server logged."""
        return (self.folder.parent / "server.log").read_text(encoding="utf-8", errors="replace")

    def owner_link(self) -> str:
        """Return a one-time link that signs the owner in."""
        self.command("moderator", "add", "Mod", OWNER, "--password", "a password of 24 letters")
        printed = self.command("moderator", "link", OWNER)
        found = re.search(r"/moderation/enter/\S+", printed)
        assert found is not None, printed
        return self.address + found[0]

    def walk(self, url: str = "") -> Walk:
        """Return the people of the service, or of a proxy in front of it at another URL."""
        return Walk(url or self.address, self.origin, self.owner_link, lambda _address: "")

    def reader(self, number: int = 1) -> Browser:
        """Return a reader with a new browser; the number is in the address that they send."""
        return Browser(self.walk(), f"198.51.100.{number}")

    def owner(self) -> Browser:
        """Return the owner, signed in."""
        browser = self.reader()
        entering = browser.get(self.owner_link())
        browser.send(entering, "/moderation/enter/")
        return browser

    def count(self, url: str) -> int:
        """Return the number of public comments of a page."""
        found = self.reader().get("/counts", url=url).json()["counts"]
        return int(found[url]["count"])


@contextlib.contextmanager
def serving(folder: Path, origin: str = ORIGIN, **keys: str) -> Iterator[Service]:
    """Run the server on a fresh database; keys are ``COMMENTS_*`` without the prefix."""
    prefixed = {
        "COMMENTS_ALLOW_VOLATILE": "1",
        "COMMENTS_ORIGINS": origin,
        "COMMENTS_MIN_SECONDS": "0",
        **{f"COMMENTS_{key}": value for key, value in keys.items()},
    }
    with kill_nine.server(folder / "data", prefixed) as (address, _process):
        installation.wait_for(f"{address}/readyz", verify=True)
        yield Service(address, folder / "data", origin)


ROOMY = {"RATE_MINUTE": "1000", "RATE_HOUR": "1000"}
"""Limits for cases that are not about them."""
