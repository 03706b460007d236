"""Restore a backup: check it completely beside the database, then put it in place at once."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from sqlalchemy import Engine

from comment_service.actions.admin.backup import verify_backup
from comment_service.actions.admin.native_copy import check_schema
from comment_service.config import data_folder
from comment_service.errors import NotAllowed, SetupError, Unacceptable
from comment_service.runtime import Runtime
from comment_service.storage.db import migrate, sqlite_copy
from comment_service.storage.db.folder import SECRET, give_to_owner, make_folder
from comment_service.storage.db.postgresql import dump as postgres_dump
from comment_service.storage.db.sqlite_driver import database_file
from comment_service.transfer import backup_file
from comment_service.transfer.backup_file import Manifest


@dataclass(frozen=True)
class Restored:
    """What was restored; ``kept`` is where the old SQLite database is, None if there was none.

    ``secret`` is kept, restored, or missing (the backup has none).
    """

    manifest: Manifest
    kept: Path | None
    secret: str


def restore_backup(
    *,
    engine: Engine,
    runtime: Runtime,
    path: Path,
    confirm: Callable[[], bool],
    is_held: Callable[[], bool],
) -> Restored:
    """Restore a backup into the configured database; on any error nothing is changed.

    Args:
        engine: the configured database; its connections are closed.
        runtime: the app's state.
        path: the backup.
        confirm: asked before a database with comments tables is replaced.
        is_held: returns True if a server or worker uses the data folder.

    Raises:
        Unacceptable: the backup is damaged, of a newer schema, or for another kind of database.
        NotAllowed: the question was answered with no.
        SetupError: a server uses the database, or the disk cannot take it.
    """
    engine.dispose()
    file = database_file(engine.url.render_as_string(hide_password=False), Path("/"))
    unpacked = _beside(file or data_folder(runtime.settings) / "restore")
    try:
        manifest, secret = _verified(engine, path, unpacked)
        occupied = _is_occupied(engine, file)
        if occupied and not confirm():
            raise NotAllowed("Nothing was restored.")
        if is_held():
            raise SetupError("A server or worker runs. Stop it, then restore again.")
        kept = None
        if file is not None:
            kept = sqlite_copy.replace(unpacked, file, _name_for_old(runtime, file))
            give_to_owner(file)
        else:
            _restore_postgresql(engine, manifest, unpacked)
        return Restored(manifest, kept, _restore_secret(runtime, secret))
    except OSError as error:
        raise SetupError(
            f"The backup cannot be restored ({error}). Nothing was changed."
        ) from error
    finally:
        unpacked.unlink(missing_ok=True)


def _beside(file: Path) -> Path:
    """Return a new name in the database's folder, so that a rename can put it in place."""
    make_folder(file.parent)
    return file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")


def _verified(engine: Engine, path: Path, unpacked: Path) -> tuple[Manifest, str]:
    try:
        manifest = backup_file.read_manifest(path)
        check_schema(manifest.schema)
        if manifest.database != engine.dialect.name:
            raise Unacceptable(
                f"{path} is a backup of {manifest.database}, and the configured database is "
                f"{engine.dialect.name}. Use `export` and `load` to change between them."
            )
        return verify_backup(path, unpacked)
    except ValueError as error:
        raise Unacceptable(f"{str(error).rstrip('.')}. Nothing was changed.") from error


def _is_occupied(engine: Engine, file: Path | None) -> bool:
    if file is not None:
        return not sqlite_copy.is_empty(file)
    found = migrate.current(engine) is not None
    engine.dispose()
    return found


def _name_for_old(runtime: Runtime, file: Path) -> Path:
    stamp = runtime.now().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return file.with_name(f"{file.name}.before-{stamp}-{secrets.token_hex(2)}")


def _restore_postgresql(engine: Engine, manifest: Manifest, unpacked: Path) -> None:
    migrate.create_schema(engine, manifest.namespace)
    here = postgres_dump.namespace(engine)
    if here != manifest.namespace:
        raise SetupError(
            f"The backup is of the schema {manifest.namespace}, the configured one is {here}. Set "
            f"COMMENTS_DATABASE_SCHEMA={manifest.namespace}. Nothing was changed."
        )
    if number := postgres_dump.other_connections(engine):
        raise SetupError(
            f"{number} connections of a running server use the database. Stop it, then restore "
            "again."
        )
    postgres_dump.restore(engine, unpacked, manifest.namespace)


def _restore_secret(runtime: Runtime, secret: str) -> str:
    """Write the backup's secret to the data folder, keeping another one beside it."""
    if not secret:
        return "missing"
    path = data_folder(runtime.settings) / SECRET
    if path.exists():
        old = path.read_text("ascii").strip()
        if old == secret:
            return "kept"
        path.with_name(f"{SECRET}.before-{secrets.token_hex(4)}").hardlink_to(path)
    draft = path.with_name(f".{SECRET}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(secret, encoding="ascii")
    give_to_owner(draft)
    draft.replace(path)
    return "restored"
