"""Read a whole export into a temporary file, where parents are resolved and comments sorted.

Exports are not in order: a reply can come before its parent, and a thread after its comments. The
temporary file (SQLite, outside the service's database) keeps memory small whatever the size, and a
broken file is found before anything is imported.
"""

import hashlib
import json
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from comment_service.transfer.records import (
    DELETED,
    PENDING,
    PUBLISHED,
    BrokenFileError,
    CommentRecord,
    Format,
    PageRecord,
    Reading,
    Record,
    SkippedRecord,
    SourceRecord,
)

MAX_ID_LENGTH = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(days=1)
"""A later date is no date; an export without time zones may be ahead by hours."""
_NUMBERED = re.compile(r"comment-(\d{1,12})")
_SCHEMA = """
CREATE TABLE pages (
    key TEXT PRIMARY KEY, url TEXT, title TEXT, closed INTEGER, aliases TEXT, comments_as TEXT
);
CREATE TABLE comments (
    id INTEGER PRIMARY KEY, source_id TEXT NOT NULL UNIQUE, page TEXT NOT NULL,
    parent TEXT NOT NULL, status TEXT NOT NULL, moment INTEGER NOT NULL, digest TEXT NOT NULL,
    level INTEGER, place INTEGER, orphan INTEGER NOT NULL DEFAULT 0, record BLOB
);
CREATE TABLE places (place INTEGER PRIMARY KEY, comment INTEGER NOT NULL);
CREATE INDEX parents ON comments (parent);
CREATE INDEX levels ON comments (level);
CREATE TABLE skipped (reason TEXT, page TEXT, number INTEGER, line INTEGER,
    PRIMARY KEY (reason, page));
"""


@dataclass(frozen=True)
class SpooledComment:
    """A comment in the order of the import; ``parent`` is "" at the top.

    ``orphan`` is True if the comment answers one that is not in the file; ``digest`` tells two
    comments with one id apart.
    """

    place: int
    record: CommentRecord
    parent: str
    orphan: bool
    digest: str


class Spool:
    """The sorted records of one export; delete it with ``close``.

    The file has no name while it is used, so that a killed import leaves no copy of the comments.
    """

    def __init__(self, path: Path, undated: datetime = _EPOCH, now: datetime | None = None) -> None:
        path.unlink(missing_ok=True)
        self.path, self.source = path, ""
        self.notes: dict[str, int] = {}
        self.highest = 0  # number in an old address, as in "comment-7"
        self._previous = undated  # the time of comments without one
        self._latest = (now or datetime.now(UTC)) + _CLOCKS_DIFFER
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-8000;"
            "PRAGMA temp_store=FILE;" + _SCHEMA
        )
        with suppress(OSError):  # Windows keeps the name of an open file, until ``close``
            path.unlink()

    def close(self) -> None:
        """Close and delete the temporary file."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def fill(self, found: Iterator[Record], label: str) -> None:
        """Take all records, then resolve parents and the order; ``label`` is the system's name.

        Raises:
            BrokenFileError: the file cannot be read to its end, or holds nothing.
        """
        self._file.execute("BEGIN")
        for record in found:
            if isinstance(record, CommentRecord):
                self._add(record)
            elif isinstance(record, PageRecord):
                self._add_page(record)
            elif isinstance(record, SourceRecord):
                self.source = self.source or record.name[:100]
            else:
                self._skip(record)
        self._file.execute("COMMIT")
        self._resolve()
        if not self.total() and not self.skipped() and not any(self.pages()):
            raise BrokenFileError(f"no comment was found; is this an export of {label}?")

    def _add_page(self, page: PageRecord) -> None:
        self._file.execute(
            "INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
            "title = CASE WHEN title = '' THEN excluded.title ELSE title END, "
            "closed = max(closed, excluded.closed)",
            (
                page.key,
                page.url,
                page.title,
                page.closed,
                json.dumps(page.aliases),
                page.comments_as,
            ),
        )

    def _skip(self, record: SkippedRecord) -> None:
        self._file.execute(
            "INSERT INTO skipped VALUES (?, ?, ?, ?) "
            "ON CONFLICT (reason, page) DO UPDATE SET number = number + excluded.number",
            (record.reason, record.page, record.number, record.line),
        )

    def _add(self, record: CommentRecord) -> None:
        """Add a comment.

        A second one with the same id and content is left out; with other content it gets an id of
        its own, because nothing may be lost.
        """
        digest = _digest(record)
        if not record.source_id:
            if not record.body.strip():
                self._skip(SkippedRecord("no_id", record.page, record.line))
                return
            record = replace(record, source_id=f"text:{record.page}:{digest}", fragment="")
        record = replace(
            record, source_id=short_id(record.source_id), parent=short_id(record.parent)
        )
        if record.parent == record.source_id:
            record = replace(record, parent="")
        query = "SELECT digest FROM comments WHERE source_id = ?"
        known = self._file.execute(query, (record.source_id,)).fetchone()
        if known is not None:
            other = short_id(f"{record.source_id}~{digest[:8]}")
            again = self._file.execute(query, (other,)).fetchone()
            if known[0] == digest or again is not None:
                self._skip(SkippedRecord("repeated", record.page, record.line))
                return
            self._note("id_used_twice")
            record = replace(record, source_id=other)
        numbered = _NUMBERED.fullmatch(record.fragment)
        self.highest = max(self.highest, int(numbered[1]) if numbered else 0)
        if record.created is not None and record.created > self._latest:
            record = replace(record, created=None)
        if record.created is None:
            self._note("date_unknown")
        moment = record.created or self._previous
        self._previous = moment
        self._file.execute(
            "INSERT INTO comments (source_id, page, parent, status, moment, digest, record) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                record.source_id,
                record.page,
                record.parent,
                record.status,
                int((moment - _EPOCH).total_seconds() * 1_000_000),
                digest,
                _packed(record),
            ),
        )

    def _note(self, reason: str) -> None:
        self.notes[reason] = self.notes.get(reason, 0) + 1

    def _resolve(self) -> None:
        """Find each comment's level, so that parents come first; drop what nobody answers."""
        run = self._file.execute
        run("BEGIN")
        self._hide_comments()
        run(
            "UPDATE comments SET orphan = 1 WHERE parent <> '' AND NOT EXISTS "
            "(SELECT 1 FROM comments AS p WHERE p.source_id = comments.parent)"
        )
        run("UPDATE comments SET level = 0, place = moment WHERE parent = '' OR orphan")
        level = 0
        while True:
            changed = run(
                "UPDATE comments SET level = p.level + 1, place = max(comments.moment, p.place) "
                "FROM comments AS p WHERE p.level = ? AND comments.parent = p.source_id "
                "AND comments.level IS NULL",
                (level,),
            ).rowcount
            if not changed:
                break
            level += 1
        loops = run("UPDATE comments SET level = 0, place = moment, parent = '' "
                    "WHERE level IS NULL").rowcount  # fmt: skip
        if loops > 0:
            self.notes["parent_loop"] = loops
        self._drop_unanswered(level)
        run("INSERT INTO places (comment) SELECT id FROM comments ORDER BY place, level, id")
        run("COMMIT")

    def _hide_comments(self) -> None:
        """Publish nothing that was not public, because its page was not."""
        for status in (PENDING, DELETED):
            hidden = self._file.execute(
                "UPDATE comments SET status = ? WHERE status = ? AND page IN "
                "(SELECT key FROM pages WHERE comments_as = ?)",
                (status, PUBLISHED, status),
            ).rowcount
            if hidden > 0 and status == PENDING:
                self.notes["page_not_public"] = hidden

    def _drop_unanswered(self, deepest: int) -> None:
        """Leave out deleted comments without a text that nothing kept answers."""
        for level in range(deepest, -1, -1):
            gone = self._file.execute(
                "SELECT c.id, c.page FROM comments AS c WHERE c.level = ? AND c.status = ? AND "
                "NOT EXISTS (SELECT 1 FROM comments AS r WHERE r.parent = c.source_id "
                "AND NOT r.orphan)",
                (level, DELETED),
            ).fetchall()
            for number, page in gone:
                self._skip(SkippedRecord("deleted", page))
                self._file.execute("DELETE FROM comments WHERE id = ?", (number,))

    def pages(self) -> Iterator[PageRecord]:
        """Yield the pages."""
        for row in self._file.execute("SELECT * FROM pages ORDER BY rowid"):
            key, url, title, closed, aliases, shown = row
            yield PageRecord(key, url, title, bool(closed), tuple(json.loads(aliases)), shown)

    def page_counts(self) -> Mapping[str, int]:
        """Return page key → number of comments that can be imported."""
        return dict(self._file.execute("SELECT page, count(*) FROM comments GROUP BY page"))

    def oldest(self) -> Mapping[str, datetime]:
        """Return page key → the time of its oldest comment."""
        query = "SELECT page, min(moment) FROM comments GROUP BY page"
        return {
            page: datetime.fromtimestamp(moment / 1_000_000, UTC)
            for page, moment in self._file.execute(query)
        }

    def skipped(self) -> Sequence[tuple[str, str, int, int]]:
        """Return (reason, page key, number, first line) of what is left out."""
        return list(self._file.execute("SELECT * FROM skipped ORDER BY reason, page"))

    def total(self) -> int:
        """Return the number of comments."""
        return int(self._file.execute("SELECT count(*) FROM comments").fetchone()[0])

    def batch(self, after: int, limit: int) -> Sequence[SpooledComment]:
        """Return the next comments, oldest first and parents before replies.

        ``after`` is the number of comments that came before.
        """
        rows = self._file.execute(
            "SELECT places.place, source_id, parent, orphan, moment, digest, record, status "
            "FROM places "
            "JOIN comments ON comments.id = places.comment WHERE places.place > ? "
            "ORDER BY places.place LIMIT ?",
            (after, limit),
        )
        return [_unpacked(row) for row in rows]


def short_id(source_id: str) -> str:
    """Return an id that fits into the database; a long one is replaced by its hash."""
    if len(source_id) <= MAX_ID_LENGTH:
        return source_id
    return "sha256:" + hashlib.sha256(source_id.encode()).hexdigest()


def _digest(record: CommentRecord) -> str:
    """Return a hash of what identifies a comment besides its id."""
    when = record.created.isoformat() if record.created else ""
    parts = "\0".join((when, record.name, record.body))
    return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()


def _packed(record: CommentRecord) -> bytes:
    values = {key: value for key, value in asdict(record).items() if value}
    for key in ("created", "edited"):
        if key in values:
            values[key] = values[key].isoformat()
    return zlib.compress(json.dumps(values, ensure_ascii=False).encode(), 1)


def _unpacked(row: tuple[Any, ...]) -> SpooledComment:
    place, source_id, parent, orphan, moment, digest, record, status = row
    values: dict[str, Any] = json.loads(zlib.decompress(record))
    values["created"] = datetime.fromtimestamp(moment / 1_000_000, UTC)
    if "edited" in values:
        values["edited"] = datetime.fromisoformat(values["edited"])
    found = CommentRecord(**{"body": "", "page": "", **values, "source_id": source_id,
                               "status": status})  # fmt: skip
    return SpooledComment(place, found, parent, bool(orphan), digest)


def read_all(
    kind: Format,
    path: Path,
    into: Path,
    report: Callable[[int, int], None] | None = None,
    now: datetime | None = None,
) -> Spool:
    """Read a whole export; a date after ``now`` (default: the clock's) counts as unknown.

    Raises:
        BrokenFileError: with the line and the reason; nothing is left behind.
    """
    reading = Reading(report) if report is not None else Reading()
    spool = Spool(into, datetime.fromtimestamp(path.stat().st_mtime, UTC), now)
    try:
        spool.fill(kind.read(path, reading), kind.label)
    except BaseException:
        with suppress(OSError):
            spool.close()
        raise
    return spool
