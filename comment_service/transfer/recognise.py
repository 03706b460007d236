"""Find the format of a file, or take the one that was named."""

from collections.abc import Mapping
from pathlib import Path

from comment_service.transfer import archives, foreign_sqlite, native
from comment_service.transfer.formats import (
    artrans,
    commento,
    cusdis,
    disqus,
    github,
    hashover,
    isso,
    isso_json,
    remark42,
    scraped,
    staticman,
    twikoo,
    wordpress_rest,
    wxr,
)
from comment_service.transfer.recognise_head import first_bytes
from comment_service.transfer.records import BrokenFileError, Format

_IN_ORDER = (
    disqus.FORMAT,
    wxr.FORMAT,
    wordpress_rest.FORMAT,
    isso.FORMAT,
    cusdis.FORMAT,
    remark42.FORMAT,
    commento.COMENTARIO,
    commento.FORMAT,
    artrans.FORMAT,
    isso_json.FORMAT,
    twikoo.WALINE,
    twikoo.FORMAT,
    github.FORMAT,
    hashover.FORMAT,
    staticman.FORMAT,
    scraped.FORMAT,
)
FORMATS: Mapping[str, Format] = {kind.name: kind for kind in _IN_ORDER}
"""Name → format, in the order in which they are tried: the surest first."""


def recognise(path: Path, name: str = "") -> Format:
    """Return the format of a file or folder; ``name`` overrides what it looks like.

    Raises:
        BrokenFileError: the name or the file is of no known format.
    """
    known = ", ".join(FORMATS)
    if name:
        if name not in FORMATS:
            raise BrokenFileError(f"there is no format {name}; known are {known}")
        return FORMATS[name]
    head = b"" if path.is_dir() else first_bytes(path)
    if not path.is_dir() and not head.strip(b" \t\r\n"):
        raise BrokenFileError("the file is empty")
    if head.startswith(archives.ZIP):
        head = archives.ZIP  # what is inside may not be packed, and look like another file
    if native.is_native(head):
        raise BrokenFileError(
            "this is an export of the service itself; `comment-service load FILE` takes it whole"
            " into an empty database"
        )
    for kind in FORMATS.values():
        if kind.recognise(path, head):
            return kind
    raise BrokenFileError(_unknown(path, head, known))


def _unknown(path: Path, head: bytes, known: str) -> str:
    """Return why a file was not recognised, and what to do."""
    if head.startswith(foreign_sqlite.HEADER):
        with path.open("rb") as file:
            packed = not file.read(len(head)).startswith(foreign_sqlite.HEADER)
        if packed:
            return "this is a packed SQLite file; unpack it and import what was inside"
        return "this SQLite file is damaged, or is neither of Isso nor of Cusdis"
    if not path.is_dir() and len(inside := archives.files_of(path)) > 1:
        return (
            f"the zip archive holds {len(inside):,} files, which are no known export together;"
            " unpack it and import the file with the comments"
        )
    return (
        "the format was not recognised; choose it on the page, or name it with --format, one of"
        f" {known}"
    )
