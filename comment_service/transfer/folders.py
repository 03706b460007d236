"""Walk through a folder of small files, or a zip of one, within bounds."""

import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from comment_service.transfer.archives import damage, files_of, open_member
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
    else:
        found = [info.filename for info in files_of(path)]
    if len(found) > MAX_FILES:
        raise BrokenFileError(f"more than {MAX_FILES:,} files")
    return sorted(found)


def files(
    path: Path, reading: Reading, endings: tuple[str, ...]
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield (relative name, content) of the files with such an ending.

    Raises:
        BrokenFileError: a file is too large, or the zip is damaged.
    """
    wanted = [name for name in names(path) if name.lower().endswith(endings)]
    if not wanted:
        return
    reading.total = len(wanted)
    with ExitStack() as opened:
        archive = None if path.is_dir() else opened.enter_context(zipfile.ZipFile(path))
        for number, name in enumerate(wanted, start=1):
            content = _content(path, archive, name)
            if len(content) > MAX_FILE:
                raise BrokenFileError(f"the file {name} is larger than {MAX_FILE:,} bytes")
            if number % 100 == 0:
                reading.at(number)
            yield PurePosixPath(name), content


def _content(folder: Path, archive: zipfile.ZipFile | None, name: str) -> bytes:
    """Return a file's content; of a large one, a byte more than may be."""
    if archive is None:
        with (folder / name).open("rb") as file:
            return file.read(MAX_FILE + 1)
    with damage(), open_member(archive, archive.getinfo(name)) as inner:
        return inner.read(MAX_FILE + 1)


def slug_of(name: PurePosixPath, markers: tuple[str, ...]) -> str:
    """Return the folders between the last of the ``markers`` and the file, as a path."""
    parts = name.parts[:-1]
    for marker in markers:
        if marker in parts:
            parts = parts[len(parts) - parts[::-1].index(marker) :]
    return "/".join(parts)
