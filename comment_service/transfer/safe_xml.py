"""Read XML piece by piece, with bounds on bytes, depth, attributes and the size of a value.

Expat's own protections (external entities, entity expansion) come from defusedxml; the bounds here
stop a small file from taking all memory.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from comment_service.transfer.records import BrokenFileError, Reading

MAX_BYTES = 8 * 2**30
"""Most bytes of an unpacked file."""
MAX_DEPTH = 40
MAX_ATTRIBUTES = 200
MAX_VALUE = 5_000_000
"""Most characters in the text of one element."""
MAX_ELEMENT = 20_000
"""Most elements inside one record."""
MAX_FILES = 1000
_CHUNK = 1 << 16
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


class _Stream(Protocol):
    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""


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
def unpacked(path: Path, reading: Reading) -> Iterator[_Stream]:
    """Open a file, unpacking gzip.

    Raises:
        BrokenFileError: the archive is damaged.
    """
    reading.total = path.stat().st_size
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
        file.seek(0)
        counted = io.BufferedReader(_Counted(file, reading), _CHUNK)
        try:
            if packed:
                with gzip.GzipFile(fileobj=counted) as inner:
                    yield inner
            else:
                yield counted
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise BrokenFileError(f"the gzip archive is damaged ({error})") from error


def streams(path: Path, reading: Reading, endings: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield (name, chunk of bytes) of a file, or of each file of a zip that has such an ending.

    An empty chunk ends each file.

    Raises:
        BrokenFileError: the archive is damaged, too large, or has no such file.
    """
    with path.open("rb") as file:
        zipped = file.read(4) == _ZIP
    if not zipped:
        with unpacked(path, reading) as stream:
            yield from _chunks("", stream)
        return
    reading.total = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            yield from _members(archive, reading, endings)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BrokenFileError(f"the zip archive is damaged or encrypted ({error})") from error


def _members(
    archive: zipfile.ZipFile, reading: Reading, endings: tuple[str, ...]
) -> Iterator[tuple[str, bytes]]:
    found = [
        info
        for info in archive.infolist()
        if info.filename.lower().endswith(endings)
        and not info.is_dir()
        and "__MACOSX" not in info.filename
    ]
    if not found or len(found) > MAX_FILES:
        wanted = " or ".join(endings)
        raise BrokenFileError(
            f"the zip archive has {len(found)} {wanted} files; 1 to {MAX_FILES} fit"
        )
    done = 0
    for info in sorted(found, key=lambda info: info.filename):
        with archive.open(info) as inner:
            yield from _chunks(info.filename, inner)
        done += info.compress_size
        reading.at(done)


def _chunks(name: str, stream: _Stream) -> Iterator[tuple[str, bytes]]:
    size = 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > MAX_BYTES:
            raise BrokenFileError(f"the unpacked file is larger than {MAX_BYTES:,} bytes")
        yield name, chunk
    yield name, b""


@dataclass(frozen=True)
class Found:
    """A wanted element, its line, the element around it so far, and the namespaces by prefix."""

    element: Element
    line: int
    within: Element | None
    spaces: Mapping[str, str]


class _Bounded:
    """Expat's target: builds the wanted elements, drops the rest and enforces the bounds."""

    def __init__(self, wanted: frozenset[str], within: str, ignored: frozenset[str]) -> None:
        self._wanted, self._within, self._ignored = wanted, within, ignored
        self.found: list[Found] = []
        self._stack: list[Element] = []  # the open elements of a record
        self._around: Element | None = None
        self._depth = self._around_depth = self._dropped_at = 0
        self._count = self._size = self._line = 0
        self._spaces: dict[str, str] = {}
        self.line: Callable[[], int] = lambda: 0

    def start_ns(self, prefix: str, uri: str) -> None:
        """Note a namespace."""
        if len(self._spaces) < MAX_ATTRIBUTES:
            self._spaces[prefix or ""] = uri or ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BrokenFileError(f"elements are nested deeper than {MAX_DEPTH}", self.line())
        if len(attributes) > MAX_ATTRIBUTES:
            raise BrokenFileError(f"more than {MAX_ATTRIBUTES} attributes", self.line())
        if self._dropped_at:
            return
        name = tag.rpartition("}")[2]
        if not self._stack:
            self._outermost(tag, name, attributes)
            return
        self._add(Element(tag, attributes))

    def _outermost(self, tag: str, name: str, attributes: dict[str, str]) -> None:
        """Begin a record, the element around records, a child of that, or something unwanted."""
        if name in self._wanted:
            self._count, self._line = 0, self.line()
            self._stack.append(Element(tag, attributes))
            self._size = 0
        elif name == self._within and self._around is None:
            self._around, self._around_depth = Element(tag, attributes), self._depth
        elif self._around is not None:
            if name in self._ignored:
                self._dropped_at = self._depth
                return
            if len(self._around) > MAX_ELEMENT:
                raise BrokenFileError(f"<{self._within}> has too many elements", self.line())
            element = Element(tag, attributes)
            self._around.append(element)
            self._count = 0
            self._stack.append(element)
            self._size = 0

    def _add(self, element: Element) -> None:
        self._count += 1
        if self._count > MAX_ELEMENT:
            raise BrokenFileError(f"a record has more than {MAX_ELEMENT:,} elements", self.line())
        self._stack[-1].append(element)
        self._stack.append(element)
        self._size = 0

    def data(self, data: str) -> None:
        """Add text to the current element; text between its children does not matter."""
        if self._dropped_at or not self._stack or len(self._stack[-1]):
            return
        self._size += len(data)
        if self._size > MAX_VALUE:
            raise BrokenFileError(f"a value is longer than {MAX_VALUE:,} characters", self.line())
        self._stack[-1].text = (self._stack[-1].text or "") + data

    def end(self, _tag: str) -> None:
        """End an element; a whole record is handed over and then forgotten."""
        self._depth -= 1
        if self._dropped_at:
            if self._depth < self._dropped_at:
                self._dropped_at = 0
            return
        if self._stack:
            element = self._stack.pop()
            if not self._stack and local(element) in self._wanted:
                self.found.append(Found(element, self._line, self._around, self._spaces))
        elif self._around is not None and self._depth < self._around_depth:
            self.found.append(Found(self._around, self.line(), None, self._spaces))
            self._around = None

    def close(self) -> None:
        """End the document."""


def records(
    path: Path,
    reading: Reading,
    wanted: frozenset[str],
    *,
    within: str = "",
    ignored: frozenset[str] = frozenset(),
) -> Iterator[Found]:
    """Yield the wanted elements, each whole, and then forget them.

    Args:
        path: an XML file, a gzip of one, or a zip of one or many.
        reading: gets the progress.
        wanted: local names of elements.
        within: local name of an element around them, whose other children matter too; it is
            yielded at its end.
        ignored: local names of its children that are dropped, because they can be large.

    Raises:
        BrokenFileError: not well-formed, out of bounds, or with a forbidden declaration.
    """
    parser, target, empty = None, None, True
    for name, chunk in streams(path, reading, (".xml",)):
        if parser is None or target is None:
            parser, target, empty = *_parser(wanted, within, ignored), True
        piece = _trimmed(chunk) if empty else chunk
        if chunk and not piece:
            continue
        if empty and not piece:
            raise BrokenFileError("the file is empty" + (f": {name}" if name else ""))
        empty = False
        _feed(parser, piece, name)
        yield from target.found
        target.found.clear()
        if not chunk:
            parser = None


def _feed(parser: DefusedXMLParser, piece: bytes, name: str) -> None:
    """Parse the next bytes; none ends the document."""
    try:
        if piece:
            parser.feed(piece)
        else:
            parser.close()
    except ParseError as error:
        line, column = error.position
        within = f" in {name}" if name else ""
        reason = str(error).partition(":")[0]
        raise BrokenFileError(
            f"not well-formed XML{within}: {reason}, column {column}", line
        ) from error
    except DefusedXmlException as error:
        raise BrokenFileError(f"forbidden in XML: {type(error).__name__}") from error


def _trimmed(chunk: bytes) -> bytes:
    """Return the beginning of a file without blanks, which XML forbids before its declaration."""
    mark = b"\xef\xbb\xbf"
    return (chunk[3:] if chunk.startswith(mark) else chunk).lstrip()


def _parser(
    wanted: frozenset[str], within: str, ignored: frozenset[str]
) -> tuple[DefusedXMLParser, _Bounded]:
    target = _Bounded(wanted, within, ignored)
    parser = DefusedXMLParser(target=target, forbid_entities=True)
    target.line = lambda: int(parser.parser.CurrentLineNumber)
    return parser, target


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def value(element: Element, *path: str) -> str:
    """Return the text of a child, or of a child's child, by local names; "" if there is none."""
    current: Element | None = element
    for name in path:
        current = child(current, name) if current is not None else None
    return (current.text or "").strip() if current is not None else ""


def child(element: Element, name: str) -> Element | None:
    """Return the first child with a local name."""
    return next((one for one in element if local(one) == name), None)


def attribute(element: Element | None, name: str) -> str:
    """Return an attribute by its local name, "" if it is missing."""
    if element is None:
        return ""
    return next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == name), "").strip()
