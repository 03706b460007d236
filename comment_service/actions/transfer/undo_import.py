"""Take an import back: its comments, labels, authors, pages and closed threads.

It runs in short transactions and can be continued. A comment that has replies which came later
stays as a deleted one, because a reader's reply must not be lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service.actions.comments import resolve_author, wipe
from comment_service.actions.readers.picture import PICTURE
from comment_service.actions.transfer.run_import import Begin, Report
from comment_service.actions.transfer.store_batch import BATCH_SIZE, issuer_of
from comment_service.errors import AlreadyDone, DoesNotExist
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.comments import threads
from comment_service.storage.db import locks
from comment_service.storage.db.session import serialise
from comment_service.storage.tables.base import MAX_ID
from comment_service.storage.transfer import imports

UNDOABLE = (imports.FINISHED, imports.FAILED, imports.RUNNING, imports.UNDOING)


@dataclass
class UndoCounts:
    """What was taken back; ``kept`` comments have later replies and stay as deleted ones."""

    comments: int = 0
    kept: int = 0
    pages: int = 0
    reopened: int = 0


def begin_undo(
    *, session: Session, runtime: Runtime, site_id: int, import_id: int, actor: str
) -> t.Import:
    """Mark an import as being undone; from now on nothing more is added.

    Raises:
        DoesNotExist: the site has no such import.
        AlreadyDone: it was undone, or added nothing yet.
    """
    row = imports.find(session, site_id, import_id)
    if row is None:
        raise DoesNotExist(f"There is no import {import_id}; `import list` prints all.")
    serialise(session, f"import {site_id}")
    session.refresh(row)
    if row.state not in UNDOABLE:
        raise AlreadyDone(f"Import {import_id} is {row.state}; there is nothing to undo.")
    row.state, row.undone_by = imports.UNDOING, actor[:200]
    return row


def undo_import(
    *,
    begin: Begin,
    runtime: Runtime,
    site_id: int,
    import_id: int,
    report: Report = lambda _done, _total: None,
) -> UndoCounts:
    """Take back everything that an import added; see ``begin_undo``, which comes first."""
    counts, before = UndoCounts(), MAX_ID
    with begin() as session:
        total = imports.count_added(session, import_id)
    while True:
        with begin() as session:
            ids = imports.added_before(session, import_id, before=before, limit=BATCH_SIZE)
            if not ids:
                break
            _take_back(session, import_id, ids, counts)
            before = ids[-1]
        report(counts.comments + counts.kept, total)
    with begin() as session:
        row = imports.find(session, site_id, import_id)
        if row is None:
            raise DoesNotExist(f"There is no import {import_id}.")
        _restore_pages(session, row, counts)
        imports.forget_import(session, import_id)
        imports.delete_unused_authors(session, site_id, issuer_of(row.source))
        imports.forget_pictures(session, PICTURE)
        row.state, row.undone_at = imports.UNDONE, runtime.now()
        row.result = {**row.result, "undone": vars(counts)}
    return counts


def _take_back(session: Session, import_id: int, ids: Sequence[int], counts: UndoCounts) -> None:
    """Delete comments, newest first; wipe those with replies that stay."""
    locks.lock_pages_of(session, ids)
    touched = set(imports.pages_of(session, ids).values())
    kept = _kept(session, ids)
    for comment_id in sorted(kept):
        comment = session.get_one(t.Comment, comment_id)
        wipe.wipe_comment(session, comment)
        resolve_author.publish_author_name(session, comment)
        threads.refresh_counts(session, comment)
    gone = [number for number in ids if number not in kept]
    above = {parent for parent in imports.parents_of(session, gone).values() if parent} - set(gone)
    imports.unpin(session, gone)
    wipe.forget_deliveries(session, gone)
    imports.delete_comments(session, gone)
    imports.forget_comments(session, import_id, ids)
    session.expire_all()
    for parent_id in sorted(above):
        parent = session.get(t.Comment, parent_id)
        if parent is not None:
            threads.refresh_counts(session, parent)
    for page_id in sorted(touched):
        threads.bump_revision(session, page_id)
    counts.comments += len(gone)
    counts.kept += len(kept)


def _kept(session: Session, ids: Sequence[int]) -> set[int]:
    """Return those comments that stay: with replies from elsewhere, and what these answer."""
    kept = imports.with_replies(session, ids)
    parents = imports.parents_of(session, ids)
    pending = list(kept)
    while pending:
        parent = parents.get(pending.pop())
        if parent is not None and parent in parents and parent not in kept:
            kept.add(parent)
            pending.append(parent)
    return kept


def _restore_pages(session: Session, row: t.Import, counts: UndoCounts) -> None:
    """Reopen threads that the import closed; delete pages that it created and nobody uses."""
    for note, page in imports.pages_of_import(session, row.id):
        if note.created and imports.is_unused(session, page.id):
            session.delete(page)
            counts.pages += 1
        elif note.closed and page.closed_at is not None:
            page.closed_at = None
            session.flush()
            threads.bump_revision(session, page.id)
            counts.reopened += 1
        session.delete(note)
    session.flush()
