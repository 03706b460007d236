"""Cusdis: its SQLite database (Cusdis itself has no export)."""

from collections.abc import Iterator
from pathlib import Path

from comment_service.text.sentences import staff_sentence
from comment_service.transfer import values
from comment_service.transfer.foreign_sqlite import columns_of, has_columns, open_sqlite
from comment_service.transfer.records import (
    DELETED,
    MARKDOWN,
    PENDING,
    PUBLISHED,
    CommentRecord,
    Format,
    PageRecord,
    Reading,
    Record,
)

_EVERY = 1000


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the pages and comments of a database."""
    with open_sqlite(path) as base:
        for page in base.execute("SELECT id, slug, url, title FROM pages ORDER BY id"):
            url, slug = values.text(page["url"]), values.text(page["slug"])
            spelt = slug if slug.startswith(("/", "http://", "https://")) else ""
            yield PageRecord(str(page["id"]), url or spelt, values.text(page["title"]))
        reading.total = base.execute("SELECT count(*) FROM comments").fetchone()[0]
        names = columns_of(base, "comments")
        gone = "deletedAt" if "deletedAt" in names else "deleted_at"
        rows = base.execute(
            "SELECT id, pageId, parentId, content, by_email, by_nickname, approved, "  # noqa: S608
            f"created_at, {gone} AS gone FROM comments ORDER BY created_at, id"
        )
        for number, row in enumerate(rows, start=1):
            if number % _EVERY == 0:
                reading.at(number)
            status = PUBLISHED if values.truth(row["approved"]) else PENDING
            yield CommentRecord(
                source_id=str(row["id"]),
                page=str(row["pageId"]),
                parent=str(row["parentId"] or ""),
                body=values.text(row["content"]),
                markup=MARKDOWN,
                created=values.moment(row["created_at"]),
                name=values.text(row["by_nickname"]),
                email=values.text(row["by_email"]),
                status=DELETED if row["gone"] else status,
            )


def recognise(path: Path, head: bytes) -> bool:
    """Return True for a database with Cusdis' tables."""
    return has_columns(path, head, "comments", {"pageId", "by_nickname", "approved"})


FORMAT = Format(
    name="cusdis",
    label="Cusdis",
    source="cusdis",
    read=read,
    recognise=recognise,
    where=staff_sentence(
        "Cusdis has no export. A server of your own keeps its data in a SQLite file, the value of"
        " DB_URL (file:/data/db.sqlite in the Docker image): import a copy of that file. From a"
        " PostgreSQL database, copy the tables pages and comments into a SQLite file first."
    ),
    limits=staff_sentence("Comments that nobody approved there come to the queue."),
)
