"""Check, run and undo imports in the worker; the uploaded file is deleted afterwards."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from time import monotonic

from comment_service.actions.transfer import run_import as importing
from comment_service.actions.transfer import stored_files, upload
from comment_service.actions.transfer.addresses import Addresses
from comment_service.actions.transfer.undo_import import undo_import
from comment_service.errors import AlreadyDone, Refusal
from comment_service.runtime import Runtime
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Import, Site
from comment_service.storage.transfer import imports
from comment_service.transfer.recognise import recognise
from comment_service.transfer.records import BrokenFileError, Format
from comment_service.transfer.spool import Spool, read_all

PROGRESS_SECONDS = 1.0
KEEP_UPLOADS = timedelta(days=7)
"""How long an uploaded file waits for its import to be started."""


def advance(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Do what an import's state asks for; a refusal or a broken file ends it with the reason."""
    import_id = int(str(payload["import_id"]))
    row = session().get(Import, import_id)
    if row is None:
        return
    state, site_id, stored = row.state, row.site_id, row.stored
    report = _progress_recorder(runtime, import_id, payload.get("row_id"))
    if state == imports.UNDOING:
        undo_import(
            begin=transaction,
            runtime=runtime,
            site_id=site_id,
            import_id=import_id,
            report=report,
        )
        return
    if state not in {imports.CHECKING, imports.RUNNING}:
        return
    try:
        _read_and(_check if state == imports.CHECKING else _run, runtime, row, report)
    except AlreadyDone:  # undone or discarded meanwhile, or finished by another worker
        stored_files.delete(runtime, stored)
        return
    except (BrokenFileError, Refusal) as error:
        with transaction() as current:
            reason = error.sentence if isinstance(error, BrokenFileError) else str(error)
            upload.fail(session=current, import_id=import_id, reason=reason)
        stored_files.delete(runtime, stored)
        return
    if state == imports.RUNNING:
        stored_files.delete(runtime, stored)


Work = Callable[[Runtime, Import, Format, Spool, Addresses, importing.Report], None]


def _read_and(work: Work, runtime: Runtime, row: Import, report: importing.Report) -> None:
    path = stored_files.folder(runtime) / row.stored
    if not row.stored or not path.is_file():
        raise BrokenFileError("the uploaded file is not here any more; upload it again")
    site = session().get_one(Site, row.site_id)
    named = row.options
    where = Addresses.of(
        site, base=named["base"], page=named["page"], rules=named["map"], regex=False
    )
    kind = recognise(path, row.format or named["format"])
    with read_all(kind, path, path.with_suffix(".spool"), report, runtime.now()) as spool:
        work(runtime, row, kind, spool, where, report)


def _check(
    runtime: Runtime,
    row: Import,
    kind: Format,
    spool: Spool,
    where: Addresses,
    _report: importing.Report,
) -> None:
    """Store what the import would do; the plan is made outside the transaction, which is short."""
    path = stored_files.folder(runtime) / row.stored
    asked = importing.new_import(
        runtime=runtime,
        site_id=row.site_id,
        kind=kind,
        source=importing.source_of(kind, spool, row.options["source"]),
        file_name="",
        sha256=importing.file_digest(path),
        options={},
        actor="",
    )
    import_id = row.id
    plan = importing.dry_run(
        session=session(), runtime=runtime, row=asked, spool=spool, where=where
    )
    values = {"format": kind.name, "source": asked.source, "sha256": asked.sha256}
    with transaction() as current:
        upload.store_plan(session=current, import_id=import_id, values=values, plan=plan)


def _run(
    runtime: Runtime,
    row: Import,
    _kind: Format,
    spool: Spool,
    where: Addresses,
    report: importing.Report,
) -> None:
    importing.run_import(
        begin=transaction,
        runtime=runtime,
        import_id=row.id,
        spool=spool,
        where=where,
        report=report,
    )


def _progress_recorder(runtime: Runtime, import_id: int, row_id: object) -> importing.Report:
    """Return a callback that records progress and extends the lease, at most once a second."""
    recorded = [monotonic()]

    def record(done: int, total: int) -> None:
        if monotonic() - recorded[0] < PROGRESS_SECONDS:
            return
        recorded[0] = monotonic()
        with transaction() as current:
            upload.record_progress(
                session=current,
                runtime=runtime,
                import_id=import_id,
                row_id=int(str(row_id or 0)),
                of=(done, total),
            )

    return record


def delete_old_uploads(runtime: Runtime) -> None:
    """Delete uploaded and temporary files that nobody came back to."""
    before = (runtime.now() - KEEP_UPLOADS).timestamp()
    for path in stored_files.folder(runtime).glob("*"):
        if path.is_file() and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
