"""Read an export as an import does."""

from pathlib import Path

from comment_service.transfer.recognise import recognise
from comment_service.transfer.records import CommentRecord, PageRecord
from comment_service.transfer.spool import Spool, SpooledComment, read_all


class Read:
    """Everything that was read from an export."""

    def __init__(self, spool: Spool, name: str) -> None:
        self.format, self.source, self.notes = name, spool.source, dict(spool.notes)
        self.pages: dict[str, PageRecord] = {page.key: page for page in spool.pages()}
        self.spooled: list[SpooledComment] = list(spool.batch(0, 10_000))
        self.comments: dict[str, CommentRecord] = {
            one.record.source_id: one.record for one in self.spooled
        }
        self.parents = {one.record.source_id: one.parent for one in self.spooled}
        self.skipped = {reason: number for reason, _page, number, _line in spool.skipped()}

    @property
    def order(self) -> list[str]:
        return [one.record.source_id for one in self.spooled]


def read(path: Path, content: str | bytes | None = None, name: str = "") -> Read:
    """Write a file if there is a content, and read it."""
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    elif content is not None:
        path.write_bytes(content)
    kind = recognise(path, name)
    with read_all(kind, path, path.parent / "test.spool") as spool:
        found = Read(spool, kind.name)
    assert not (path.parent / "test.spool").exists()
    return found
