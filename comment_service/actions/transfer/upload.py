"""Imports from the pages, of a file or a running WordPress; the worker does the work."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from comment_service.actions.transfer.undo_import import begin_undo
from comment_service.errors import AlreadyDone, DoesNotExist
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.db import outbox
from comment_service.storage.transfer import imports
from comment_service.text.sentences import staff_sentence

WORDPRESS = "wordpress-rest"
"""Format of what is fetched from a running WordPress."""
_RELOAD = staff_sentence("This import is %(state)s; reload the page.")
IMPORT = "import"
"""Outbox kind: check, run or undo an import."""


def receive(
    *,
    session: Session,
    runtime: Runtime,
    site_id: int,
    file_name: str,
    stored: str,
    options: Mapping[str, Any],
    actor: str,
    fetched: bool = False,
) -> t.Import:
    """Create the import of an uploaded file and have it checked; nothing is imported yet.

    With ``fetched``, the file is fetched first, as ``options["fetch"]`` says: ``url`` and ``user``
    of a running WordPress, whose password is kept beside it.
    """
    row = t.Import(
        site_id=site_id, file_name=file_name[-255:], stored=stored, options=dict(options),
        state=imports.CHECKING, actor=actor[:200], created_at=runtime.now(), plan={}, result={},
        format="", source="", sha256="", error="", undone_by="", done=0, total=0,
    )  # fmt: skip
    session.add(row)
    session.flush()
    if fetched:
        row.state, row.format = imports.FETCHING, WORDPRESS
    else:
        _enqueue(session, runtime, row)
    return row


def finish_fetch(*, session: Session, runtime: Runtime, import_id: int) -> None:
    """Have the fetched comments checked.

    Raises:
        AlreadyDone: the import was discarded meanwhile.
    """
    row = _fetching(session, import_id)
    row.state, row.done, row.total = imports.CHECKING, 0, 0
    _enqueue(session, runtime, row)


def record_fetched(*, session: Session, import_id: int, of: tuple[int, int]) -> None:
    """Store how many comments were fetched.

    Raises:
        AlreadyDone: the import was discarded meanwhile.
    """
    row = _fetching(session, import_id)
    row.done, row.total = (min(number, 2**31 - 1) for number in of)


def _fetching(session: Session, import_id: int) -> t.Import:
    row = session.get(t.Import, import_id)
    if row is None or row.state != imports.FETCHING:
        raise AlreadyDone(_RELOAD, state="discarded")
    return row


def start(*, session: Session, runtime: Runtime, site_id: int, import_id: int) -> t.Import:
    """Start an import whose dry run was shown.

    Raises:
        DoesNotExist: the site has no such import.
        AlreadyDone: it was started or discarded.
    """
    row = require(session, site_id, import_id)
    if row.state != imports.CHECKED:
        raise AlreadyDone(_RELOAD, state=row.state)
    row.state, row.done = imports.RUNNING, 0
    _enqueue(session, runtime, row)
    return row


def undo(
    *, session: Session, runtime: Runtime, site_id: int, import_id: int, actor: str
) -> t.Import:
    """Have an import taken back; see ``undo_import.begin_undo``."""
    row = begin_undo(
        session=session, runtime=runtime, site_id=site_id, import_id=import_id, actor=actor
    )
    row.done = 0
    _enqueue(session, runtime, row)
    return row


def discard(*, session: Session, site_id: int, import_id: int) -> str:
    """Delete an import that was not started; return the name of its uploaded file.

    Raises:
        DoesNotExist: the site has no such import.
        AlreadyDone: it was started.
    """
    row = require(session, site_id, import_id)
    if row.state not in {imports.CHECKED, imports.CHECKING, imports.FETCHING} and not (
        row.state == imports.FAILED and not imports.count_added(session, row.id)
    ):
        raise AlreadyDone("This import is %(state)s; undo it instead.", state=row.state)
    stored = row.stored
    session.delete(row)
    session.flush()
    return stored


def require(session: Session, site_id: int, import_id: int) -> t.Import:
    """Return a site's import.

    Raises:
        DoesNotExist: the site has no such import.
    """
    row = imports.find(session, site_id, import_id)
    if row is None:
        raise DoesNotExist("There is no such import (any more).")
    return row


def record_progress(
    *, session: Session, runtime: Runtime, import_id: int, row_id: int, of: tuple[int, int]
) -> None:
    """Store how far the worker has come, and extend its lease on the outbox row."""
    row = session.get(t.Import, import_id)
    if row is not None:
        row.done, row.total = (min(number, 2**31 - 1) for number in of)
    queued = session.get(t.OutboxRow, row_id)
    if queued is not None:
        queued.leased_until = runtime.now() + outbox.LEASE


def store_plan(
    *, session: Session, import_id: int, values: Mapping[str, str], plan: Mapping[str, Any]
) -> None:
    """Store the dry run with the format, source and digest that were found.

    Raises:
        AlreadyDone: the import was discarded meanwhile.
    """
    row = session.get(t.Import, import_id)
    if row is None:
        raise AlreadyDone(_RELOAD, state="discarded")
    row.format, row.source, row.sha256 = values["format"], values["source"], values["sha256"]
    row.plan, row.state, row.done, row.total, row.error = dict(plan), imports.CHECKED, 0, 0, ""


def fail(*, session: Session, import_id: int, reason: str) -> None:
    """Mark an import as failed, with the reason."""
    row = session.get(t.Import, import_id)
    if row is None:  # discarded meanwhile
        return
    row.state, row.error = imports.FAILED, reason[:2000]


def _enqueue(session: Session, runtime: Runtime, row: t.Import) -> None:
    outbox.enqueue(session, IMPORT, {"import_id": row.id, "site_id": row.site_id}, runtime.now())
