"""A backup as one file: a gzipped tar of a manifest, the database and the server's secret.

::

    manifest.json          always first: what is in the file, with its SHA-256 and counts
    comments.sqlite3       or comments.pgdump, pg_dump's custom format
    secret_key             if the secret is kept in the data folder

Any ``tar`` unpacks it.
"""

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

VERSION = 1
MANIFEST = "manifest.json"
SECRET = "secret_key"  # noqa: S105 - the name of a member
CONTENTS = {"sqlite": "comments.sqlite3", "postgresql": "comments.pgdump"}
"""Kind of database → the member with its content."""
_LEVEL = 5
_MANIFEST_BYTES = 2**20
_CHUNK = 2**20


class BackupFileError(ValueError):
    """The file is not a backup, or is damaged; the message is a sentence."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself; ``size`` is in bytes, ``namespace`` PostgreSQL's schema."""

    version: int
    made_at: str
    database: str
    schema: str
    namespace: str
    size: int
    sha256: str
    counts: Mapping[str, int]


def write(path: Path, manifest: Manifest, content: Path, secret: str) -> None:
    """Write a backup; without a secret ("") it has none.

    Raises:
        OSError: the disk is full or not writable.
    """
    head = json.dumps(asdict(manifest), indent=1, sort_keys=True).encode()
    with tarfile.open(path, "x:gz", compresslevel=_LEVEL, format=tarfile.PAX_FORMAT) as archive:
        _add(archive, MANIFEST, len(head), io.BytesIO(head))
        with content.open("rb") as file:
            _add(archive, CONTENTS[manifest.database], manifest.size, file)
        if secret:
            _add(archive, SECRET, len(secret), io.BytesIO(secret.encode("ascii")))


def _add(archive: tarfile.TarFile, name: str, size: int, file: IO[bytes]) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    archive.addfile(member, file)


def read_manifest(path: Path) -> Manifest:
    """Return a backup's manifest, without reading its content.

    Raises:
        BackupFileError: the file has none.
    """
    try:
        with gzip.open(path) as packed, tarfile.open(fileobj=packed, mode="r|") as archive:
            return _manifest(path, archive)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise _damaged(path, error) from error


def extract(path: Path, target: Path) -> tuple[Manifest, str]:
    """Write a backup's content to ``target`` (created, mode 0600); return manifest and secret.

    Nothing else of the archive is unpacked.

    Raises:
        BackupFileError: the file is damaged or cut off, or its content has another SHA-256.
    """
    try:
        with gzip.open(path) as packed, tarfile.open(fileobj=packed, mode="r|") as archive:
            manifest = _manifest(path, archive)
            member = archive.next()
            if member is None or member.name != CONTENTS[manifest.database]:
                raise BackupFileError(f"{path} has no database in it.")
            digest = _copy(archive, member, target)
            if (member.size, digest) != (manifest.size, manifest.sha256):
                raise BackupFileError(f"{path} is damaged: the SHA-256 of its database differs.")
            secret = _secret(archive)
            while archive.next() is not None or packed.read(_CHUNK):  # to the end: gzip's checksum
                pass
            return manifest, secret
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise _damaged(path, error) from error


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(path: Path, error: Exception) -> BackupFileError:
    return BackupFileError(f"{path} is not a backup, or is damaged or cut off ({error}).")


def _manifest(path: Path, archive: tarfile.TarFile) -> Manifest:
    member = archive.next()
    opened = archive.extractfile(member) if member is not None and member.isfile() else None
    if member is None or opened is None or member.name != MANIFEST:
        raise BackupFileError(f"{path} is not a backup: it has no manifest.")
    try:
        found: dict[str, Any] = json.loads(opened.read(_MANIFEST_BYTES))
        manifest = Manifest(**found)
        fits = (
            isinstance(manifest.version, int)
            and manifest.database in CONTENTS
            and isinstance(manifest.schema, str)
            and isinstance(manifest.counts, dict)
        )
    except (ValueError, TypeError) as error:
        raise BackupFileError(f"{path} has a manifest that cannot be read.") from error
    if not fits or manifest.version != VERSION:
        raise BackupFileError(
            f"{path} was made by another version of comment-service, which wrote manifests in "
            "another way."
        )
    return manifest


def _copy(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> str:
    digest = hashlib.sha256()
    source = archive.extractfile(member)
    target.touch(mode=0o600, exist_ok=False)
    with target.open("wb") as file:
        while source is not None and (chunk := source.read(_CHUNK)):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def _secret(archive: tarfile.TarFile) -> str:
    member = archive.next()
    source = archive.extractfile(member) if member is not None and member.name == SECRET else None
    return source.read(1000).decode("ascii", "replace").strip() if source is not None else ""
