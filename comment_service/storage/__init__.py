"""What is stored: tables, queries, the session. Only ``db/session.py`` knows Flask.

A host can query the tables: ``from comment_service.storage import Comment, session``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comment_service.storage.db.session import session
    from comment_service.storage.tables import Author, Comment, Page, Site

_MODULES = {
    "Author": "tables",
    "Comment": "tables",
    "Page": "tables",
    "Site": "tables",
    "session": "db.session",
}

__all__ = ["Author", "Comment", "Page", "Site", "session"]


def __getattr__(name: str) -> object:
    """Import a public name on first access."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
