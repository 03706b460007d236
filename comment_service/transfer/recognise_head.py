"""Look at the beginning of a file."""

import json
from pathlib import Path

from comment_service.transfer.archives import head_in_utf_8, unpacked
from comment_service.transfer.records import BrokenFileError, Reading

HEAD = 65_536
"""Bytes by which a format is recognised."""


def first_bytes(path: Path) -> bytes:
    """Return the first bytes of a file in UTF-8; of what is inside a gzip, or a zip of one file.

    Raises:
        BrokenFileError: the archive is damaged.
    """
    with unpacked(path, Reading()) as stream:
        return head_in_utf_8(stream.read(HEAD))


def is_json_lines(path: Path) -> bool:
    """Return True if the first line of a file is a whole JSON object and another follows."""
    try:
        head = first_bytes(path).lstrip()
        if head.startswith(b"#"):  # LeanCloud's first line
            head = head.partition(b"\n")[2]
        first, _end, rest = head.partition(b"\n")
        return isinstance(json.loads(first), dict) and rest.lstrip().startswith(b"{")
    except (ValueError, RecursionError, BrokenFileError):
        return False
