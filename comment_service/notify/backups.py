"""Make scheduled backups in the worker, and prune old ones."""

from collections.abc import Mapping

from comment_service import events
from comment_service.actions.admin import backup
from comment_service.config.backup_plan import parse_backup_plan
from comment_service.runtime import Runtime
from comment_service.storage.db import outbox
from comment_service.storage.db.session import announce, db, session, transaction
from comment_service.storage.tables import OutboxRow


def enqueue_if_due(runtime: Runtime) -> None:
    """Enqueue a backup if the plan wants one now."""
    if not runtime.settings.backup or not backup.is_due(session=session(), runtime=runtime):
        return
    with transaction() as current:
        outbox.enqueue(current, backup.BACKUP, {}, runtime.now())


def deliver(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Make a verified backup, then delete those that the plan does not keep.

    Raises:
        SetupError: the backup could not be made; older ones are kept.
    """
    session().rollback()  # an open read would only age
    path = backup.default_path(runtime)
    if not path.exists():
        try:
            backup.make_backup(engine=db.engine, runtime=runtime, path=path)
        except Exception as error:
            _announce_failure(runtime, payload, error)
            raise
    plan = parse_backup_plan(runtime.settings.backup)
    if plan is not None:
        backup.prune(path.parent, plan.keep, runtime.now())
    with transaction() as current:
        outbox.forget_dead(current, backup.BACKUP, runtime.now())


def _announce_failure(runtime: Runtime, payload: Mapping[str, object], error: Exception) -> None:
    """Announce the first failed attempt of a backup; the next ones would only repeat it."""
    with transaction() as current:
        row = current.get(OutboxRow, payload.get("row_id", 0))
        if row is None or row.attempts == 1:
            site = runtime.settings.site
            announce(current, events.backup_failed.name, site, error=str(error))
