"""Read JSON piece by piece, with bounds on depth, length of a value and size of an object."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import ijson

from comment_service.transfer.archives import MAX_BYTES, in_utf_8, unpacked
from comment_service.transfer.records import BrokenFileError, Reading
from comment_service.transfer.safe_xml import MAX_DEPTH, MAX_ELEMENT, MAX_VALUE

_SMALL = 64 * 2**20
"""Files up to this many bytes are read again to find the line of an error."""
_CHUNK = 1 << 16
_MARK = b"\xef\xbb\xbf"
_CUT_OFF = "the file is cut off: it ends too early"


class _Unmarked:
    """A stream without a byte order mark, and with a bound."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._read = stream, 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        if size == 0:  # ijson asks what kind of stream this is
            return b""
        found: bytes = self._stream.read(_CHUNK if size is None or size < 0 else size)
        if not self._read and found.startswith(_MARK):
            found = found[len(_MARK) :]
        self._read += max(len(found), 1)
        if self._read > MAX_BYTES:
            raise BrokenFileError(f"the unpacked file is larger than {MAX_BYTES:,} bytes")
        return found


def items(path: Path, reading: Reading, prefixes: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Yield (prefix, value) of the values at these places, such as ``comments.item``.

    Raises:
        BrokenFileError: not JSON, or out of bounds.
    """
    try:
        with unpacked(path, reading) as stream:
            yield from _built(_Unmarked(in_utf_8(stream)), frozenset(prefixes))
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise _broken(path, error) from error


def _built(stream: _Unmarked, prefixes: frozenset[str]) -> Iterator[tuple[str, Any]]:
    opened = 0
    builder, within, depth, count = None, "", 0, 0
    for prefix, event, value in ijson.parse(stream, use_float=True):
        starts = event in {"start_map", "start_array"}
        depth += starts - (event in {"end_map", "end_array"})
        if depth > MAX_DEPTH:
            raise BrokenFileError(f"values are nested deeper than {MAX_DEPTH}")
        if isinstance(value, str) and len(value) > MAX_VALUE:
            raise BrokenFileError(f"a value is longer than {MAX_VALUE:,} characters")
        if builder is None:
            if prefix not in prefixes or event in {"end_map", "end_array", "map_key"}:
                continue
            if not starts:
                yield prefix, value
                continue
            builder, within, count, opened = ijson.ObjectBuilder(), prefix, 0, depth
        count += 1
        if count > MAX_ELEMENT * 5:
            raise BrokenFileError(f"a record has more than {MAX_ELEMENT * 5:,} values")
        builder.event(event, value)
        if not starts and depth < opened:
            yield within, builder.value
            builder = None


def _broken(path: Path, error: Exception) -> BrokenFileError:
    """Return the error with its line if the file is small enough to look for it."""
    with unpacked(path, Reading()) as stream:
        content = in_utf_8(stream).read(_SMALL + 1)
    if len(content) <= _SMALL:
        try:
            json.loads(content.removeprefix(_MARK))
        except json.JSONDecodeError as found:
            if _ends_early(found, content.removeprefix(_MARK)):
                return BrokenFileError(_CUT_OFF, found.lineno)
            return BrokenFileError(f"not JSON: {found.msg}", found.lineno)
        except UnicodeDecodeError as found:
            line = content.count(b"\n", 0, found.start) + 1
            return BrokenFileError("not in UTF-8; convert the file", line)
        except RecursionError:
            pass
    said = error.args[0] if error.args else ""
    reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    if "premature EOF" in reason or "Incomplete" in reason:
        return BrokenFileError(_CUT_OFF)
    return BrokenFileError(f"not JSON: {reason.partition(chr(10))[0].rstrip('.')[:200]}")


def json_lines(path: Path, reading: Reading) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield (line, object) of a file with one JSON object a line.

    Empty lines are skipped, and a first line that begins with "#": LeanCloud writes one.

    Raises:
        BrokenFileError: a line is no JSON object, or too long.
    """
    with unpacked(path, reading) as stream:
        for number, (line, is_last) in enumerate(_lines(in_utf_8(stream)), start=1):
            if not line.strip() or (number == 1 and line.startswith(b"#")):
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                reason = getattr(error, "msg", type(error).__name__)
                if is_last and isinstance(error, json.JSONDecodeError) and _ends_early(error, line):
                    raise BrokenFileError(_CUT_OFF, number) from error
                raise BrokenFileError(f"not JSON: {reason}", number) from error
            if not isinstance(value, dict):
                raise BrokenFileError("not a JSON object", number)
            yield number, value


def _ends_early(error: json.JSONDecodeError, content: bytes) -> bool:
    """Return True if JSON is only wrong because it does not go on."""
    return "Unterminated" in error.msg or error.pos >= len(content.decode("utf-8").rstrip())


def _lines(stream: Any) -> Iterator[tuple[bytes, bool]]:
    """Yield (line, whether it is the last)."""
    rest, first = b"", True
    while chunk := stream.read(_CHUNK):
        if first and chunk.startswith(_MARK):
            chunk = chunk[len(_MARK) :]
        first = False
        *done, rest = (rest + chunk).split(b"\n")
        yield from ((line, False) for line in done)
        if len(rest) > MAX_VALUE * 4:
            raise BrokenFileError(f"a line is longer than {MAX_VALUE * 4:,} bytes")
    yield rest, True


class Lookup:
    """Objects by key in a temporary file, for exports that name authors apart from comments."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute("CREATE TABLE found (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
        self._file.execute("BEGIN")

    def __enter__(self) -> "Lookup":
        return self

    def __exit__(self, *_raised: object) -> None:
        self._file.close()

    def add(self, key: str, value: Mapping[str, Any]) -> None:
        """Add an object; the first one of a key stays."""
        self._file.execute(
            "INSERT OR IGNORE INTO found VALUES (?, ?)", (key, json.dumps(value, default=str))
        )

    def get(self, key: str) -> Mapping[str, Any]:
        """Return the object of a key, an empty one if there is none."""
        row = self._file.execute("SELECT value FROM found WHERE key = ?", (key,)).fetchone()
        found: Mapping[str, Any] = json.loads(row[0]) if row else {}
        return found
