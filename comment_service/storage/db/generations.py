"""A generation number for every site and page, shared by all processes of a machine.

A reader that keeps something rendered compares the numbers it saw before it read the database with
those of now, which costs no query. The numbers are 64-bit words of a memory-mapped file in the data
folder; a writer replaces them after its commit, by random numbers, because two processes that count
up at the same moment could write the same one. Pages share a word if their ids are equal modulo its
number; a shared word makes a reader look once more than necessary.
"""

import errno
import logging
import mmap
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from comment_service.storage.db.folder import give_to_owner

_log = logging.getLogger(__name__)

EVERYTHING = 0
"""Word that changes when anything can have changed."""
LAST = 1
"""Word that changes with every other word."""
_SITES, _PAGES = 1024, 65_536
_FIRST_SITE = 2
_FIRST_CONTENTS = _FIRST_SITE + _SITES
_FIRST_PAGE = _FIRST_CONTENTS + _SITES
_BYTES = 8 * (_FIRST_PAGE + _PAGES)


def of_site(site_id: int) -> int:
    """Return the word of a site's settings and of the addresses of its pages."""
    return _FIRST_SITE + site_id % _SITES


def of_contents(site_id: int) -> int:
    """Return the word of all public comments of a site."""
    return _FIRST_CONTENTS + site_id % _SITES


def of_page(page_id: int) -> int:
    """Return the word of a page's thread."""
    return _FIRST_PAGE + page_id % _PAGES


class Generations:
    """The words, in a file that other processes share, or in this process's memory alone."""

    def __init__(self, path: Path | None) -> None:
        self._words = memoryview(_map(path)).cast("Q")

    def read(self, places: Iterable[int]) -> tuple[int, ...]:
        """Return the words at some places."""
        return tuple(map(self._words.__getitem__, places))

    def last(self) -> int:
        """Return the number of the last change of any word."""
        return self._words[LAST]

    def change(self, places: Iterable[int]) -> None:
        """Give words new numbers, ``LAST`` first: while it is unchanged, so are the others."""
        for place in (LAST, *places):
            self._words[place] = secrets.randbits(64)


def _map(path: Path | None) -> mmap.mmap:
    """Map the file, which is created if it does not exist; memory alone if it cannot be opened."""
    if path is not None:
        try:
            opened = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
            try:
                give_to_owner(path)
                _allocate(opened)
                return mmap.mmap(opened, _BYTES)
            finally:
                os.close(opened)
        except OSError as error:
            _log.warning("%s cannot be shared (%s); other processes are seen later", path, error)
    return mmap.mmap(-1, _BYTES)


def _allocate(opened: int) -> None:
    """Give the file its size and its place on the disk.

    A write to a part that has no place yet ends the process with SIGBUS if the disk is full.
    """
    if hasattr(os, "posix_fallocate"):  # neither on Windows nor on macOS
        try:
            os.posix_fallocate(opened, 0, _BYTES)
        except OSError as error:
            if error.errno not in {errno.EOPNOTSUPP, errno.EINVAL}:  # of some file systems
                raise
        else:
            return
    if os.fstat(opened).st_size < _BYTES:
        os.ftruncate(opened, _BYTES)
