"""What an exporter reads: a site, its pages, and the comments of each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class ExportedSite:
    """A site; ``origin`` is its first one, such as ``https://blog.example``, "" without any."""

    key: str
    name: str
    origin: str
    exported_at: datetime


class ExportedPage(Protocol):
    """A page with its thread."""

    id: int
    url: str
    title: str
    created_at: datetime
    closed_at: datetime | None


class ExportedComment(Protocol):
    """A comment; ``html`` is sanitised, ``status`` is one of the service's own."""

    id: int
    parent_id: int | None
    depth: int
    status: str
    name: str
    email: str
    url: str
    text: str
    html: str
    created_at: datetime
    edited_at: datetime | None
    like_count: int


class Source(Protocol):
    """Reads a site, a bounded number of rows at a time."""

    def pages(self) -> Iterator[ExportedPage]:
        """Yield the pages, oldest first."""

    def comments(self, page_id: int) -> Iterator[ExportedComment]:
        """Yield all comments of a page, oldest first; a reply comes after its parent."""

    def thread(self, page_id: int) -> Iterator[ExportedComment]:
        """Yield the public comments of a page in reading order, with deleted parents."""


def cdata(text: str) -> str:
    """Return a text as CDATA, without characters that XML 1.0 does not allow."""
    clean = _NOT_XML.sub("", text).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{clean}]]>"


def xml_text(text: str) -> str:
    """Return a text escaped for an element or a quoted attribute."""
    clean = _NOT_XML.sub("", text).replace("&", "&amp;").replace("<", "&lt;")
    return clean.replace(">", "&gt;").replace('"', "&quot;")
