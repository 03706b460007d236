"""Open a file, or what is in a gzip or a zip: nothing needs to be unpacked by hand."""

import codecs
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

from comment_service.transfer.records import BrokenFileError, Reading

MAX_BYTES = 8 * 2**30
"""Most bytes of an unpacked file."""
MAX_FILES = 1000
_CHUNK = 1 << 16
_GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Stream(Protocol):
    """Bytes that are read from the beginning to the end."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""

    def peek(self, n: int, /) -> bytes:
        """Return the next bytes without going on."""


class _Counted(io.RawIOBase):
    """A file that reports how far it was read."""

    def __init__(self, file: IO[bytes], reading: Reading, before: int = 0) -> None:
        super().__init__()
        self._file, self._reading, self._done = file, reading, before

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read into a buffer."""
        found = self._file.read(len(buffer))
        buffer[: len(found)] = found
        self._done += len(found)
        self._reading.at(self._done)
        return len(found)


@contextmanager
def unpacked(path: Path, reading: Reading) -> Iterator[Stream]:
    """Open a file, unpacking gzip, and a zip that holds one file.

    Raises:
        BrokenFileError: the archive is damaged.
    """
    with ExitStack() as opened, damage():
        file: IO[bytes] = opened.enter_context(path.open("rb"))
        reading.total = path.stat().st_size
        files = files_of(path)
        if len(files) == 1:
            archive = opened.enter_context(zipfile.ZipFile(path))
            file = opened.enter_context(open_member(archive, files[0]))
            reading.total = files[0].file_size
        counted = io.BufferedReader(_Counted(file, reading), _CHUNK)
        if counted.peek(2)[:2] == _GZIP:
            yield opened.enter_context(gzip.GzipFile(fileobj=counted))
        else:
            yield counted


@contextmanager
def damage() -> Iterator[None]:
    """Report a damaged archive."""
    try:
        yield
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise BrokenFileError(f"the archive is damaged or cut off ({error})") from error
    except zipfile.BadZipFile as error:
        raise BrokenFileError(f"the zip archive is damaged or cut off ({error})") from error


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    """Open a file of a zip.

    Raises:
        BrokenFileError: it is encrypted, or packed in an unknown way.
    """
    try:
        return archive.open(info)
    except (NotImplementedError, RuntimeError) as error:
        raise BrokenFileError(f"the file {info.filename} cannot be unpacked ({error})") from error


def files_of(path: Path) -> Sequence[zipfile.ZipInfo]:
    """Return the files in a zip, without those that only a computer uses; none for another file.

    Raises:
        BrokenFileError: the zip is damaged.
    """
    with path.open("rb") as file:
        if file.read(4) != ZIP:
            return []
    with damage(), zipfile.ZipFile(path) as archive:
        return [
            info
            for info in archive.infolist()
            if not info.is_dir()
            and "__MACOSX" not in info.filename
            and not info.filename.rpartition("/")[2].startswith(".")
        ]


def streams(path: Path, reading: Reading, endings: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield (name, chunk of bytes) of a file, or of each file of a zip that has such an ending.

    An empty chunk ends each file.

    Raises:
        BrokenFileError: the archive is damaged, too large, or has no such file.
    """
    inside = files_of(path)
    found = [info for info in inside if info.filename.lower().endswith(endings)]
    if not inside or (len(inside) == 1 and not found):
        with unpacked(path, reading) as stream:
            yield from _chunks("", stream)
        return
    if not found or len(found) > MAX_FILES:
        wanted = " or ".join(endings)
        raise BrokenFileError(
            f"the zip archive has {len(found)} {wanted} files; 1 to {MAX_FILES} fit"
        )
    reading.total, done = path.stat().st_size, 0
    with damage(), zipfile.ZipFile(path) as archive:
        for info in sorted(found, key=lambda info: info.filename):
            with open_member(archive, info) as inner:
                yield from _chunks(info.filename, inner)
            done += info.compress_size
            reading.at(done)


def _chunks(name: str, stream: Stream | IO[bytes]) -> Iterator[tuple[str, bytes]]:
    size = 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > MAX_BYTES:
            raise BrokenFileError(f"the unpacked file is larger than {MAX_BYTES:,} bytes")
        yield name, chunk
    yield name, b""


def in_utf_8(stream: Stream) -> Any:
    """Return the stream in UTF-8 if it is in UTF-16, as Windows' shell writes files."""
    if stream.peek(2)[:2] in _UTF_16:
        file: Any = stream
        return codecs.EncodedFile(file, "utf-8", "utf-16")
    return stream


def head_in_utf_8(head: bytes) -> bytes:
    """Return the first bytes of a file in UTF-8, without a byte order mark."""
    if head[:2] in _UTF_16:
        return head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    return head.removeprefix(codecs.BOM_UTF8)
