"""Look at the beginning of a file."""

import json
from pathlib import Path

from comment_service.transfer.records import BrokenFileError, Reading
from comment_service.transfer.safe_xml import unpacked

HEAD = 65_536
"""Bytes by which a format is recognised."""


def first_bytes(path: Path) -> bytes:
    """Return the first bytes of a file, unpacked if it is a gzip.

    Raises:
        BrokenFileError: the gzip is damaged.
    """
    with unpacked(path, Reading()) as stream:
        return stream.read(HEAD)


def is_json_lines(path: Path) -> bool:
    """Return True if the first line of a file is a whole JSON object and another follows."""
    try:
        first, _end, rest = first_bytes(path).lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
        return isinstance(json.loads(first), dict) and rest.lstrip().startswith(b"{")
    except (ValueError, RecursionError, BrokenFileError):
        return False
