"""Comments for blogs, with a spam filter of one's own.

``create_app()`` is the service as an ordinary Flask app; ``CommentService(app)`` puts it into a
Flask host in one line; the signals say what happened, after it was committed. Each is imported
when it is first asked for, so that a tool that needs one room does not load the whole house.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comment_service.app import create_app
    from comment_service.events import (
        comment_decided,
        comment_published,
        comment_reported,
        comment_submitted,
        like_changed,
    )
    from comment_service.extension import CommentService
    from comment_service.identity import HostUser

__version__ = "0.1.0"

_ROOMS = {
    "CommentService": "extension",
    "HostUser": "identity",
    "comment_decided": "events",
    "comment_published": "events",
    "comment_reported": "events",
    "comment_submitted": "events",
    "create_app": "app",
    "like_changed": "events",
}

__all__ = [
    "CommentService",
    "HostUser",
    "comment_decided",
    "comment_published",
    "comment_reported",
    "comment_submitted",
    "create_app",
    "like_changed",
]


def __getattr__(name: str) -> object:
    """Import a public name from its room."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
