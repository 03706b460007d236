"""Create the private folder of the database and the secret; refuse a volatile one."""

import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from comment_service.config import Settings, data_folder
from comment_service.errors import SetupError
from comment_service.storage.db.sqlite_driver import absolute_url, database_file

_VOLATILE = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/var/run")  # noqa: S108 - refused, not used
_VOLATILE_KINDS = {"tmpfs", "ramfs"}
DATABASE = "comments.sqlite3"
SECRET = "secret_key"  # noqa: S105 - the name of a file


def open_folder(settings: Settings) -> tuple[str, str]:
    """Return the database URL and the secret; create both, readable by the owner only.

    Raises:
        SetupError: the database would be on a path that is emptied at reboot, or the folder is not
            writable; the message names the key to change.
    """
    if settings.testing:
        return settings.database_url, settings.secret_key or secrets.token_urlsafe(48)
    folder = data_folder(settings)
    url = absolute_url(settings.database_url or f"sqlite:///{folder / DATABASE}", folder)
    path = database_file(url, folder)
    if path is not None and not settings.allow_volatile:
        refuse_volatile(path)
    try:
        if path is not None or not settings.secret_key:
            make_folder(folder)
        if path is not None:
            make_folder(path.parent)
            is_new = not path.exists()
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            if is_new:
                give_to_owner(path)
        return url, settings.secret_key or _secret(folder / SECRET)
    except OSError as error:
        raise SetupError(
            f"{folder} cannot be used ({error.strerror}). Set COMMENTS_FOLDER to a folder that "
            "this user may write."
        ) from error


def give_to_owner(*made: Path) -> None:
    """If root made these files, give each to the user whose folder it is in: the server is theirs.

    Without this, a command that root runs for a server with a user of its own (as in the systemd
    unit) would leave files that the server cannot read.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:  # Windows has no root
        return
    for path in made:
        owner = path.parent.stat()
        if path.exists() and owner.st_uid != 0:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def make_folder(folder: Path) -> None:
    """Create a private folder and those above it."""
    if not folder.exists():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        give_to_owner(folder)


def _secret(path: Path) -> str:
    """Read the secret; the first process to need it creates it."""
    if not path.exists():
        draft = path.with_name(f"{SECRET}.{os.getpid()}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
        give_to_owner(draft)
        with contextlib.suppress(FileExistsError):  # another process created it first
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="ascii").strip()


def refuse_volatile(path: Path) -> None:
    """Refuse a database on a path that a reboot empties.

    Raises:
        SetupError: names the key to set instead.
    """
    resolved = path.resolve()
    below = [root for root in _VOLATILE if resolved.is_relative_to(root)]
    if below or _kind(resolved, _mounts()) in _VOLATILE_KINDS:
        raise SetupError(
            f"{resolved} lies on a path that is emptied at reboot: every comment would be lost. "
            "Set COMMENTS_FOLDER (or COMMENTS_DATABASE_URL) to a lasting place. For a test that "
            "may lose its data, set COMMENTS_ALLOW_VOLATILE=1."
        )


def _mounts() -> Sequence[tuple[str, str]]:
    """Return (mount point, file system type) of every mount, if the system lists them."""
    try:
        lines = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux: only the well-known folders are refused
        return []
    return [(parts[1], parts[2]) for parts in (line.split() for line in lines) if len(parts) > 2]


def _kind(path: Path, mounts: Sequence[tuple[str, str]]) -> str:
    """Return the file system type of a path."""
    around = [(point, kind) for point, kind in mounts if path.is_relative_to(point)]
    return max(around, key=lambda found: len(found[0]), default=("", ""))[1]
