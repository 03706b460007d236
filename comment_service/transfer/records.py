"""The records into which every format is read, and what a format must offer.

A reader yields records in the order of the file. It never loads the whole file, it never raises for
one odd comment, and it raises ``BrokenFileError`` for a file that it cannot read to the end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

PUBLISHED, PENDING, SPAM, REJECTED, DELETED = (
    "published",
    "pending",
    "spam",
    "rejected",
    "deleted",
)

MARKDOWN, HTML, LINES, PLAIN = "markdown", "html", "lines", "plain"
"""Kinds of text: Markdown; HTML; HTML in which a line break is one; text without any markup."""


class BrokenFileError(ValueError):
    """A file that cannot be read to the end; ``line`` is where, 0 if unknown."""

    def __init__(self, reason: str, line: int = 0) -> None:
        self.reason, self.line = reason, line
        super().__init__(f"line {line:,}: {reason}" if line else reason)

    @property
    def sentence(self) -> str:
        """Return what is wrong as a sentence."""
        words = str(self).rstrip(".")
        return f"{words[:1].upper()}{words[1:]}."


@dataclass(frozen=True)
class SourceRecord:
    """Where the comments come from, such as a host; ids are unique within it."""

    name: str


@dataclass(frozen=True)
class PageRecord:
    """A page with a thread.

    ``key`` is the name by which comments of the file refer to it. ``url`` is absolute, or a path
    that begins with ``/``; "" if the file does not say. ``comments_as`` is the status of comments
    that would be published: ``PENDING`` if the page is not public, ``DELETED`` if it was deleted.
    """

    key: str
    url: str
    title: str = ""
    closed: bool = False
    aliases: tuple[str, ...] = ()
    comments_as: str = PUBLISHED


@dataclass(frozen=True)
class CommentRecord:
    """A comment as it was at its source.

    ``source_id`` is "" if the file gives none; page, date, name and text stand in for it then.
    ``parent`` is the source id of the comment that it answers, "" at the top. ``author_id`` is the
    source's own id of the author, "" for a guest. ``created`` is None if the source does not say.
    ``decision`` is a moderator's recorded judgement (``ham`` or ``spam``), "" if there is none.
    ``avatar`` is the address of the author's picture; an IP address is not read.
    """

    source_id: str
    page: str
    body: str
    markup: str = HTML
    created: datetime | None = None
    edited: datetime | None = None
    parent: str = ""
    author_id: str = ""
    name: str = ""
    email: str = ""
    website: str = ""
    avatar: str = ""
    status: str = PUBLISHED
    decision: str = ""
    likes: int = 0
    fragment: str = ""
    line: int = 0


@dataclass(frozen=True)
class SkippedRecord:
    """Something in the file that is not a comment, such as a pingback, with the reason.

    ``number`` is how many there are.
    """

    reason: str
    page: str = ""
    line: int = 0
    number: int = 1


Record = SourceRecord | PageRecord | CommentRecord | SkippedRecord


@dataclass
class Reading:
    """How far a reader has come; ``total`` is 0 if it is unknown.

    ``report`` is called with (done, total) now and then, in bytes of the file.
    """

    report: Callable[[int, int], None] = lambda _done, _total: None
    total: int = 0

    def at(self, done: int) -> None:
        """Report the number of bytes read."""
        self.report(min(done, self.total) if self.total else done, self.total)


@dataclass(frozen=True)
class Format:
    """A format that can be imported.

    Attributes:
        name: the value of ``--format``.
        label: the system's name for people.
        source: the namespace of its comments' ids; formats of one system share it.
        read: yields the records of a file or folder.
        recognise: returns True for a file or folder of this format, given its first bytes.
        where: one paragraph: where a blog's owner finds the export.
    """

    name: str
    label: str
    source: str
    read: Callable[[Path, Reading], Iterator[Record]]
    recognise: Callable[[Path, bytes], bool]
    where: str
    limits: str = field(default="", kw_only=True)


def utc(moment: datetime) -> datetime:
    """Return a time in UTC; a naive one is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
