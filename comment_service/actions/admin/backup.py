"""Make a backup while the service runs, verify it, and prune old ones."""

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from comment_service.config import Settings, data_folder
from comment_service.config.backup_plan import BackupPlan, parse_backup_plan
from comment_service.errors import SetupError
from comment_service.runtime import Runtime
from comment_service.storage.db import migrate, outbox, sqlite_copy
from comment_service.storage.db.folder import SECRET, give_to_owner, make_folder
from comment_service.storage.db.postgresql import dump as postgres_dump
from comment_service.storage.db.sqlite_driver import database_file
from comment_service.transfer import backup_file
from comment_service.transfer.backup_file import Manifest

BACKUP = "backup"
"""Kind of the outbox row for which the worker makes a backup."""
_NAME = "comments-%Y%m%dT%H%M%SZ.tar.gz"
_NAMES = re.compile(r"comments-\d{8}T\d{6}Z\.tar\.gz")
_DRAFT = ".backup-"
_DRAFT_AGE = timedelta(days=1)
LATE_PERIODS = 2
"""Periods without a backup after which the plan counts as not kept."""


@dataclass(frozen=True)
class BackupStatus:
    """How the plan is kept: the newest good backup, and the error of the newest failed one."""

    plan: BackupPlan | None
    folder: Path
    newest: datetime | None
    error: str
    now: datetime

    @property
    def age(self) -> timedelta | None:
        """The age of the newest backup."""
        return None if self.newest is None else self.now - self.newest

    @property
    def late(self) -> bool:
        """True if a plan exists and its backups are missing or too old."""
        if self.plan is None:
            return False
        return self.age is None or self.age > LATE_PERIODS * self.plan.every


def backup_folder(settings: Settings) -> Path:
    """Return the folder of scheduled backups."""
    if settings.backup_folder:
        return Path(settings.backup_folder).expanduser().absolute()
    return data_folder(settings) / "backups"


def default_path(runtime: Runtime) -> Path:
    """Return the path of a backup that is made now."""
    name = runtime.now().astimezone(UTC).strftime(_NAME)
    return backup_folder(runtime.settings) / name


def backups_in(folder: Path) -> Sequence[Path]:
    """Return the backups of a folder, newest first; only verified ones have such a name."""
    if not folder.is_dir():
        return []
    return sorted((p for p in folder.iterdir() if _NAMES.fullmatch(p.name)), reverse=True)


def newest_backup(folder: Path) -> datetime | None:
    """Return when the newest backup of a folder was made, by its name."""
    found = backups_in(folder)
    return datetime.strptime(found[0].name, _NAME).replace(tzinfo=UTC) if found else None


def make_backup(*, engine: Engine, runtime: Runtime, path: Path) -> Manifest:
    """Back up the database to a file, which gets its name only after it was opened and verified.

    Raises:
        SetupError: it cannot be made; the message says why. There is no file then.
    """
    try:
        make_folder(path.parent)
        if path.exists():
            raise SetupError(f"{path} exists already. Name another file.")
        with _draft_folder(path) as draft:
            content = draft / "content"
            manifest = _copy(engine, runtime, content)
            packed = draft / "packed"
            backup_file.write(packed, manifest, content, _secret(runtime.settings))
            packed.chmod(0o600)
            content.unlink()
            verify_backup(packed, draft / "verified")
            packed.replace(path)
            give_to_owner(path)
    except OSError as error:
        raise SetupError(f"The backup {path} cannot be written ({error.strerror}).") from error
    except ValueError as error:
        raise SetupError(f"The backup {path} is not good: {error}.") from error
    return manifest


@contextmanager
def _draft_folder(path: Path) -> Iterator[Path]:
    found = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=path.parent))
    try:
        yield found
    finally:
        shutil.rmtree(found, ignore_errors=True)


def _copy(engine: Engine, runtime: Runtime, content: Path) -> Manifest:
    """Copy the database to a file and return what was copied.

    Raises:
        SetupError: the database is in memory.
        ValueError: the copy is damaged.
    """
    schema, space = migrate.current(engine) or "", ""
    counts: Mapping[str, int]
    if engine.dialect.name == "postgresql":
        counts, space = postgres_dump.dump(engine, content), postgres_dump.namespace(engine)
    else:
        url = engine.url.render_as_string(hide_password=False)
        if database_file(url, Path("/")) is None:
            raise SetupError("A database in memory cannot be backed up.")
        sqlite_copy.copy(engine, content)
        found = sqlite_copy.inspect(content)
        schema, counts = found.schema, found.counts
    return Manifest(
        version=backup_file.VERSION,
        made_at=runtime.now().astimezone(UTC).isoformat(timespec="seconds"),
        database=engine.dialect.name,
        schema=schema,
        namespace=space,
        size=content.stat().st_size,
        sha256=backup_file.sha256(content),
        counts=counts,
    )


def _secret(settings: Settings) -> str:
    """Return the secret if it is kept in the data folder, "" if the configuration has it."""
    path = data_folder(settings) / SECRET
    return "" if settings.secret_key or not path.exists() else path.read_text("ascii").strip()


def verify_backup(path: Path, unpacked: Path) -> tuple[Manifest, str]:
    """Unpack a backup to a new file and open it; return the manifest and the secret ("" for none).

    Raises:
        ValueError: it is damaged, or its content is not what the manifest says.
    """
    manifest, secret = backup_file.extract(path, unpacked)
    if manifest.database == "postgresql":
        counts = postgres_dump.count_rows(unpacked)
        counts = {name: counts.get(name, 0) for name in manifest.counts}
    else:
        counts = sqlite_copy.inspect(unpacked).counts
    if dict(counts) != dict(manifest.counts):
        raise backup_file.BackupFileError(f"{path} has other rows than its manifest says")
    return manifest, secret


def prune(folder: Path, keep: int, now: datetime) -> Sequence[Path]:
    """Delete all but the newest backups of a folder, and old drafts; return the former."""
    gone = list(backups_in(folder)[keep:])
    for path in gone:
        path.unlink()
    for draft in folder.glob(f"{_DRAFT}*"):
        if now.timestamp() - draft.stat().st_mtime > _DRAFT_AGE.total_seconds():
            shutil.rmtree(draft, ignore_errors=True)
    return gone


def is_due(*, session: Session, runtime: Runtime) -> bool:
    """Return True if the plan wants a backup now, and none waits to be made."""
    plan = parse_backup_plan(runtime.settings.backup)
    if plan is None or outbox.undelivered(session, BACKUP):
        return False
    newest = newest_backup(backup_folder(runtime.settings))
    return newest is None or runtime.now() - newest >= plan.every


def status(*, session: Session, runtime: Runtime) -> BackupStatus:
    """Return how the plan is kept."""
    folder = backup_folder(runtime.settings)
    newest = newest_backup(folder)
    failed = outbox.newest_failed(session, BACKUP)
    failed_since = failed is not None and (newest is None or failed.created_at > newest)
    return BackupStatus(
        plan=parse_backup_plan(runtime.settings.backup),
        folder=folder,
        newest=newest,
        error=failed.last_error if failed is not None and failed_since else "",
        now=runtime.now(),
    )
