"""The service's own format: JSON Lines, lossless; one header, one line per row, one end line.

::

    {"comment-service": 1, "schema": "0013", "exported_at": "…", "site": null, "counts": {…}}
    {"table": "sites", "row": {"id": 1, "key": "default", …}}
    …
    {"end": 4711, "sha256": "…"}

Keys are sorted, so that equal databases give equal files. The end line has the number of rows and
the SHA-256 of their lines with line feeds; a file without it was cut off.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NAME = "comment-service"
"""Key of the header that marks the format; its value is the format's version."""
VERSION = 1
MAX_LINE = 256 * 2**20
"""Longest accepted line in bytes; the largest rows are site models of some megabytes."""
_START = b'{"comment-service":'

Row = tuple[str, Mapping[str, Any]]
"""The table's name without its prefix, and column → JSON value."""


class NativeError(ValueError):
    """A file is not in this format, is damaged or incomplete; the message names the line."""


@dataclass(frozen=True)
class Header:
    """What a file says about itself; ``site`` is the key of the only site, None for all sites."""

    schema: str
    exported_at: str
    site: str | None
    counts: Mapping[str, int]


def is_native(start: bytes) -> bool:
    """Return True if a file that begins with these bytes is in this format."""
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_START)


def write_lines(header: Header, rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a file, each with its line feed."""
    yield _line({
        NAME: VERSION, "schema": header.schema, "exported_at": header.exported_at,
        "site": header.site, "counts": dict(header.counts),
    }, ordered=False)  # fmt: skip
    digest, number = hashlib.sha256(), 0
    for table, row in rows:
        line = _line({"row": row, "table": table})
        digest.update(line.encode())
        number += 1
        yield line
    yield _line({"end": number, "sha256": digest.hexdigest()}, ordered=False)


def _line(value: Mapping[str, Any], *, ordered: bool = True) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=ordered, separators=(",", ":")) + "\n"


def read_header(line: bytes) -> Header:
    """Return the header of a file.

    Raises:
        NativeError: the line is not a header, or of a newer version of the format.
    """
    found = _parse(line.removeprefix(b"\xef\xbb\xbf"), 1)
    version = found.get(NAME)
    if not isinstance(version, int):
        raise NativeError("Line 1 is not the header of an export of comment-service.")
    if version > VERSION:
        raise NativeError(
            f"The file has version {version} of the format; this program reads up to {VERSION}. "
            "Upgrade comment-service and try again."
        )
    counts, site = found.get("counts"), found.get("site")
    texts = (found.get("schema"), found.get("exported_at"))
    if (
        not isinstance(counts, dict)
        or not all(isinstance(text, str) for text in texts)
        or not isinstance(site, str | None)
    ):
        raise NativeError("Line 1: the header is incomplete.")
    return Header(str(texts[0]), str(texts[1]), site, counts)


def read_rows(lines: Iterable[bytes]) -> Iterator[tuple[int, Row]]:
    """Yield the number of each line and its row, from line 2 on; check the end line.

    Raises:
        NativeError: a line is not valid, the file is cut off, or its content was changed.
    """
    digest, number = hashlib.sha256(), 1
    ended = False
    for line in lines:
        number += 1
        if ended:
            raise NativeError(f"Line {number}: there is text after the end of the export.")
        found = _parse(line, number)
        if "end" in found:
            _check_end(found, number - 2, digest.hexdigest())
            ended = True
            continue
        digest.update(line)
        table, row = found.get("table"), found.get("row")
        if not isinstance(table, str) or not isinstance(row, dict):
            raise NativeError(f'Line {number} has no "table" and "row".')
        yield number, (table, row)
    if not ended:
        raise NativeError(f"The file ends after line {number} without its end line: it is cut off.")


def _check_end(found: Mapping[str, Any], rows: int, digest: str) -> None:
    if found["end"] != rows:
        raise NativeError(f"The file has {rows} rows, but its end line says {found['end']}.")
    if found.get("sha256") != digest:
        raise NativeError("The rows were changed after the export: their SHA-256 does not match.")


def _parse(line: bytes, number: int) -> dict[str, Any]:
    if len(line) > MAX_LINE:
        raise NativeError(f"Line {number} is longer than {MAX_LINE // 2**20} MB.")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NativeError(f"Line {number} is not JSON; the file is damaged or cut off.") from error
    if not isinstance(found, dict):
        raise NativeError(f"Line {number} is not a JSON object.")
    return found
