"""Renew per-process state in the child of a fork.

Servers such as uWSGI and ``gunicorn --preload`` load the app and then fork. A lock that a thread
holds at that moment is copied as held, and a database connection would be shared by two processes.
Every object that owns such state registers here how to renew it.
"""

import os
import weakref
from collections.abc import Callable
from typing import Protocol

_functions: list[Callable[[], None]] = []
_owners: "weakref.WeakSet[Renewable]" = weakref.WeakSet()


class Renewable(Protocol):
    """An object with state that a forked child must not share with its parent."""

    def renew_in_child(self) -> None:
        """Replace locks, connections and caches by new ones."""


def call_in_child(function: Callable[[], None]) -> None:
    """Call a module's function in the child of every later fork."""
    _functions.append(function)


def renew_in_child(owner: Renewable) -> None:
    """Call an object's ``renew_in_child``, while the object exists, in every forked child."""
    _owners.add(owner)


def _after_fork() -> None:
    for function in _functions:
        function()
    for owner in list(_owners):
        owner.renew_in_child()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_after_fork)
