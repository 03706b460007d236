"""Walk through a folder of small files, or a zip of one, within bounds."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from comment_service.transfer.records import BrokenFileError, Reading

MAX_FILES = 1_000_000
MAX_FILE = 1_000_000
"""Most bytes of one file."""


def names(path: Path) -> list[str]:
    """Return the relative names of the files in a folder or zip, sorted; none for another file.

    Raises:
        BrokenFileError: there are too many.
    """
    if path.is_dir():
        found = [
            one.relative_to(path).as_posix()
            for one in path.rglob("*")
            if one.is_file() and not one.is_symlink()
        ]
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            found = [info.filename for info in archive.infolist() if not info.is_dir()]
    else:
        return []
    if len(found) > MAX_FILES:
        raise BrokenFileError(f"more than {MAX_FILES:,} files")
    return sorted(name for name in found if "__MACOSX" not in name)


def files(
    path: Path, reading: Reading, endings: tuple[str, ...]
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield (relative name, content) of the files with such an ending.

    Raises:
        BrokenFileError: a file is too large, or the zip is damaged.
    """
    wanted = [name for name in names(path) if name.lower().endswith(endings)]
    reading.total = len(wanted)
    archive = None if path.is_dir() else zipfile.ZipFile(path)
    try:
        for number, name in enumerate(wanted, start=1):
            with (path / name).open("rb") if archive is None else archive.open(name) as file:
                content = file.read(MAX_FILE + 1)
            if len(content) > MAX_FILE:
                raise BrokenFileError(f"{name} is larger than {MAX_FILE:,} bytes")
            if number % 100 == 0:
                reading.at(number)
            yield PurePosixPath(name), content
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BrokenFileError(f"the zip archive is damaged or encrypted ({error})") from error
    finally:
        if archive is not None:
            archive.close()


def slug_of(name: PurePosixPath, markers: tuple[str, ...]) -> str:
    """Return the folders between the last of the ``markers`` and the file, as a path."""
    parts = name.parts[:-1]
    for marker in markers:
        if marker in parts:
            parts = parts[len(parts) - parts[::-1].index(marker) :]
    return "/".join(parts)
