"""Files of imports from the pages: the export itself, and for a running WordPress its password.

The password is encrypted with the server's secret, is no part of a backup, and is deleted as soon
as the comments are fetched.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from comment_service.config import data_folder
from comment_service.errors import DoesNotExist
from comment_service.runtime import Runtime
from comment_service.storage.db.folder import make_folder as make_private_folder
from comment_service.text.sentences import staff_sentence

if TYPE_CHECKING:
    from joserfc.jwk import OctKey

_PASSWORD, _PART = ".password", ".part"
_HEADER = {"alg": "dir", "enc": "A256GCM"}


def folder(runtime: Runtime) -> Path:
    """Return the folder of uploaded and temporary files, which may not exist yet."""
    return data_folder(runtime.settings) / "imports"


def make_folder(runtime: Runtime) -> Path:
    """Return the folder, made with permissions 0700."""
    found = folder(runtime)
    make_private_folder(found)
    return found


def part_of(runtime: Runtime, stored: str) -> Path:
    """Return the file that is written while comments are fetched."""
    return folder(runtime) / f"{stored}{_PART}"


def keep_password(runtime: Runtime, stored: str, password: str) -> None:
    """Keep a password, encrypted, until the worker uses it."""
    from joserfc import jwe

    sealed = jwe.encrypt_compact(_HEADER, password.encode(), _key(runtime))
    path = make_folder(runtime) / f"{stored}{_PASSWORD}"
    path.touch(mode=0o600)
    path.write_text(sealed, "ascii")


def read_password(runtime: Runtime, stored: str) -> str:
    """Return a kept password.

    Raises:
        DoesNotExist: it was deleted, or the server's secret is another one now.
    """
    from joserfc import jwe
    from joserfc.errors import JoseError

    try:
        sealed = (folder(runtime) / f"{stored}{_PASSWORD}").read_text("ascii")
        found = jwe.decrypt_compact(sealed, _key(runtime)).plaintext or b""
    except (OSError, ValueError, JoseError) as error:
        raise DoesNotExist(
            staff_sentence(
                "The application password is not here any more. Discard this import and start"
                " another."
            )
        ) from error
    return found.decode()


def forget_password(runtime: Runtime, stored: str) -> None:
    """Delete a kept password."""
    (folder(runtime) / f"{stored}{_PASSWORD}").unlink(missing_ok=True)


def delete(runtime: Runtime, stored: str) -> None:
    """Delete all files of an import."""
    if stored:
        for ending in ("", _PART, _PASSWORD):
            (folder(runtime) / f"{stored}{ending}").unlink(missing_ok=True)


def _key(runtime: Runtime) -> "OctKey":
    from joserfc.jwk import OctKey

    return OctKey.import_key(runtime.keyed_hash("import password", "").encode())
