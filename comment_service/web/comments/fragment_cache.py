"""In-memory cache of rendered public fragments, keyed by everything they depend on.

The keys include the page's revision, so there is no invalidation: nobody requests a fragment of an
old revision again, and it drops out. Personal data is never cached here.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from flask import current_app

Fragment = TypeVar("Fragment", str, bytes)


class FragmentCache:
    """LRU cache of at most ``size`` fragments, one per process."""

    def __init__(self, size: int = 512) -> None:
        self._size = size
        self._fragments: OrderedDict[str, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, render: Callable[[], Fragment]) -> Fragment:
        """Return the fragment cached under ``key``; call ``render`` if there is none."""
        with self._lock:
            if key in self._fragments:
                self._fragments.move_to_end(key)
                cached: Fragment = self._fragments[key]
                return cached
        fragment = render()
        with self._lock:
            self._fragments[key] = fragment
            while len(self._fragments) > self._size:
                self._fragments.popitem(last=False)
        return fragment


def fragments() -> FragmentCache:
    """Return the current app's cache: two apps in one process do not share it."""
    cache: FragmentCache = current_app.extensions.setdefault("comments_fragments", FragmentCache())
    return cache


def etag(*parts: object) -> str:
    """Return a hash of everything that a rendering depends on."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]
