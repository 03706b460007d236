"""Isso: its SQLite database (schema versions 3 to 5)."""

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

_STATUSES = {1: PUBLISHED, 2: PENDING, 4: DELETED}
_EVERY = 1000


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the threads and comments of a database."""
    with open_sqlite(path) as base:
        for thread in base.execute("SELECT id, uri, title FROM threads ORDER BY id"):
            yield PageRecord(
                str(thread["id"]), values.text(thread["uri"]), values.text(thread["title"])
            )
        reading.total = base.execute("SELECT count(*) FROM comments").fetchone()[0]
        names = columns_of(base, "comments")
        wanted = [
            name if name in names else f"NULL AS {name}"
            for name in (
                "tid", "id", "parent", "created", "modified", "mode", "remote_addr", "text",
                "author", "email", "website", "likes",
            )
        ]  # fmt: skip
        rows = base.execute(f"SELECT {', '.join(wanted)} FROM comments ORDER BY id")  # noqa: S608
        for number, row in enumerate(rows, start=1):
            if number % _EVERY == 0:
                reading.at(number)
            yield CommentRecord(
                source_id=str(row["id"]),
                page=str(row["tid"]),
                parent=str(row["parent"] or ""),
                body=row["text"] or "",
                markup=MARKDOWN,
                created=values.moment(row["created"]),
                edited=values.moment(row["modified"]),
                name=values.text(row["author"]),
                email=values.text(row["email"]),
                website=values.text(row["website"]),
                status=_STATUSES.get(row["mode"], PENDING),
                likes=values.likes(row["likes"]),
                fragment=f"isso-{row['id']}",
            )


def recognise(path: Path, head: bytes) -> bool:
    """Return True for a database with Isso's tables."""
    return has_columns(path, head, "comments", {"tid", "remote_addr", "voters"})


FORMAT = Format(
    name="isso",
    label="Isso",
    source="isso",
    read=read,
    recognise=recognise,
    where=staff_sentence(
        "Isso keeps everything in one SQLite file: the value of dbpath in isso.cfg, such as"
        " /var/lib/isso/comments.db. Stop Isso, or copy the file with"
        ' sqlite3 comments.db ".backup copy.db", and import the copy.'
    ),
    limits=staff_sentence(
        "Who voted cannot be recovered, only how many liked a comment. Dislikes are left out."
    ),
)
