"""Write CSV that spreadsheets open: UTF-8 with a byte-order mark, and no cell is a formula."""

import csv
import io
from collections.abc import Iterator

from comment_service.transfer.exported import ExportedComment, ExportedPage, ExportedSite, Source

MEDIA_TYPE = "text/csv"
SUFFIX = "csv"
COLUMNS = (
    "id", "page", "page title", "in reply to", "status", "name", "email", "website", "text",
    "likes", "created", "edited",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Beginnings that spreadsheets read as a formula, in full width too."""


def write(_site: ExportedSite, source: Source) -> Iterator[bytes]:
    """Yield the parts of the file: a row for each comment, page by page."""
    yield b"\xef\xbb\xbf" + _row(COLUMNS)
    for page in source.pages():
        for comment in source.comments(page.id):
            yield _row(_cells(page, comment))


def _cells(page: ExportedPage, comment: ExportedComment) -> tuple[object, ...]:
    edited = comment.edited_at.isoformat(timespec="seconds") if comment.edited_at else ""
    texts = (comment.name, comment.email, comment.url, comment.text)
    return (
        comment.id, safe_cell(page.url), safe_cell(page.title), comment.parent_id or "",
        comment.status, *map(safe_cell, texts), comment.like_count,
        comment.created_at.isoformat(timespec="seconds"), edited,
    )  # fmt: skip


def safe_cell(text: str) -> str:
    """Return a text with an apostrophe before it if a spreadsheet would run it as a formula."""
    clean = text.replace("\0", "")
    return f"'{clean}" if clean.lstrip(" ").startswith(_FORMULA) else clean


def _row(cells: tuple[object, ...]) -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target).writerow(cells)
    return target.getvalue().encode()
