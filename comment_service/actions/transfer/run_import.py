"""Run an import from the first page to the proof, in many short transactions.

An import that was interrupted, even by ``kill -9``, is run again from the beginning of the file:
what is there already is recognised by its source id, so the result is the same.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from comment_service.actions.transfer.addresses import Addresses
from comment_service.actions.transfer.place_pages import batches, place_pages, plan_pages
from comment_service.actions.transfer.plan import make_plan
from comment_service.actions.transfer.prepare import Prepared, prepare
from comment_service.actions.transfer.proof import make_proof
from comment_service.actions.transfer.store_batch import (
    BATCH_SIZE,
    left_out,
    look_up,
    store_batch,
)
from comment_service.errors import AlreadyDone
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import seats
from comment_service.storage.db.session import serialise
from comment_service.storage.transfer import imports
from comment_service.text.same_name import imitates, is_role
from comment_service.transfer.records import Format
from comment_service.transfer.spool import Spool

Begin = Callable[[], AbstractContextManager[Session]]
"""Begins a transaction that commits at its end."""
Report = Callable[[int, int], None]
_CHUNK = 1 << 20
_REMEMBERED_NAMES = 10_000


class Interrupted(Exception):  # noqa: N818 - a stop of the server is no error
    """The import was asked to stop; the next run continues it."""


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of all names and contents in a folder."""
    found = hashlib.sha256()
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    for one in files:
        if path.is_dir():
            found.update(f"{one.relative_to(path)}\0{one.stat().st_size}\0".encode())
        with one.open("rb") as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
    return found.hexdigest()


def source_of(kind: Format, spool: Spool, named: str = "") -> str:
    """Return the namespace of an export's ids: the system and, if the file says so, the blog."""
    within = named or spool.source
    return (f"{kind.source}:{within}" if within else kind.source)[:128]


def new_import(
    *,
    runtime: Runtime,
    site_id: int,
    kind: Format,
    source: str,
    file_name: str,
    sha256: str,
    options: Mapping[str, Any],
    actor: str,
) -> t.Import:
    """Return the row of a new import, not yet stored; a dry run never stores it."""
    return t.Import(
        site_id=site_id, format=kind.name, source=source, file_name=file_name[-255:],
        sha256=sha256, options=dict(options), state=imports.RUNNING, actor=actor[:200],
        created_at=runtime.now(), done=0, total=0, plan={}, result={}, error="", stored="",
        undone_by="",
    )  # fmt: skip


def start(*, session: Session, row: t.Import) -> t.Import:
    """Store a new import, or return the interrupted one of the same file, to continue it."""
    serialise(session, f"import {row.site_id}")
    earlier = imports.interrupted(session, row.site_id, row.sha256, row.format)
    if earlier is not None and earlier.source == row.source:
        earlier.options = row.options
        return earlier
    session.add(row)
    session.flush()
    return row


def dry_run(
    *, session: Session, runtime: Runtime, row: t.Import, spool: Spool, where: Addresses
) -> Mapping[str, Any]:
    """Return what an import would do; see ``plan.make_plan``."""
    return make_plan(session=session, runtime=runtime, row=row, spool=spool, where=where)


def run_import(
    *,
    begin: Begin,
    runtime: Runtime,
    import_id: int,
    spool: Spool,
    where: Addresses,
    report: Report = lambda _done, _total: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Mapping[str, Any]:
    """Import everything and return the result: the proof with ``added``, ``notes``, ``origins``.

    Raises:
        Interrupted: ``stopped`` returned True; the next run continues.
        AlreadyDone: the import is finished or undone.
    """
    pages, origins = _place_all(begin, runtime, import_id, spool, where)
    notes: Counter[str] = Counter(spool.notes)
    total, after = spool.total(), 0
    with begin() as session:
        staff = _StaffNames(session, _running(session, import_id).site_id)
    while batch := spool.batch(after, BATCH_SIZE):
        if stopped():
            raise Interrupted
        with begin() as session:
            row = _running(session, import_id)
            known, source = look_up(session, runtime, row, batch), row.source
        ready: list[Prepared] = [
            prepare(runtime, source, one) for one in batch if not left_out(one, known, pages)
        ]
        after = batch[-1].place
        with begin() as session:
            row = _running(session, import_id)
            counts = store_batch(
                session=session,
                runtime=runtime,
                row=row,
                pages=pages,
                batch=ready,
                above=spool.highest,
            )
            notes.update(counts.notes)
            notes["staff_name"] += staff.count(ready)
            row.done, row.total = after, total
        report(after, total)
    proof = make_proof(
        begin=begin,
        runtime=runtime,
        import_id=import_id,
        spool=spool,
        pages=pages,
        report=lambda: report(total, total),
    )
    with begin() as session:
        row = _running(session, import_id)
        added = imports.count_added(session, import_id)
        noted = {key: number for key, number in notes.items() if number}
        row.result = {**proof, "added": added, "notes": noted, "origins": origins}
        row.state, row.finished_at, row.error = imports.FINISHED, runtime.now(), ""
        row.done = row.total = total
        return dict(row.result)


def _running(session: Session, import_id: int) -> t.Import:
    """Return the import, locked against a second run.

    Raises:
        AlreadyDone: it does not run (any more).
    """
    row = session.get_one(t.Import, import_id)
    serialise(session, f"import {row.site_id}")
    session.refresh(row)
    if row.state != imports.RUNNING:
        raise AlreadyDone(f"Import {import_id} is {row.state}; nothing more was added.")
    return row


def _place_all(
    begin: Begin, runtime: Runtime, import_id: int, spool: Spool, where: Addresses
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Place all pages; return the keys of the file → page ids, and unregistered origin → pages."""
    with begin() as session:
        row = _running(session, import_id)
        site = session.get_one(t.Site, row.site_id)
    planned = plan_pages(runtime, site, spool, where)
    found: dict[str, int] = {}
    oldest = spool.oldest()
    for batch in batches(planned):
        with begin() as session:
            row = _running(session, import_id)
            found |= place_pages(
                session=session, runtime=runtime, row=row, batch=batch, where=where, oldest=oldest
            )
    return found, planned.origins


class _StaffNames:
    """Count public comments under the name of a moderator, a role or the site."""

    def __init__(self, session: Session, site_id: int) -> None:
        names = seats.moderating_names(session, site_id, besides=None)
        site = session.get_one(t.Site, site_id).name
        self._staff = {*names, site} - {""}
        self._known: dict[str, bool] = {}

    def count(self, ready: Sequence[Prepared]) -> int:
        """Return their number; each name is looked at once."""
        return sum(self._is_staff(one.name) for one in ready if one.status == t.PUBLISHED)

    def _is_staff(self, name: str) -> bool:
        if name not in self._known:
            if len(self._known) > _REMEMBERED_NAMES:
                self._known.clear()
            borrowed = is_role(name) or any(imitates(name, one) for one in self._staff)
            self._known[name] = bool(name) and borrowed
        return self._known[name]
