"""Rendered public fragments, kept by what they depend on: the page's revision and the address.

Nothing personal is ever kept here. A fragment of an old revision is simply never asked for again
and falls out; there is no invalidation to forget.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from flask import current_app

Made = TypeVar("Made", str, bytes)


class FragmentCache:
    """The most recently used fragments of one process, at most ``size`` of them."""

    def __init__(self, size: int = 512) -> None:
        self._size = size
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, render: Callable[[], Made]) -> Made:
        """Return the fragment kept under ``key``, rendered now where there is none."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                kept: Made = self._kept[key]
                return kept
        made = render()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made


def fragments() -> FragmentCache:
    """Return the running app's own cache: two apps in one process share nothing."""
    kept: FragmentCache = current_app.extensions.setdefault("comments_fragments", FragmentCache())
    return kept


def etag(*parts: object) -> str:
    """Return a tag for everything that a rendering depends on."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]
