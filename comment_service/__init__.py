"""Self-hosted comments for blogs, with a spam filter that learns from moderators' decisions.

``create_app()`` returns the service as a Flask app. ``CommentService(app)`` mounts it in a Flask
host. The signals report events after commit. Each name is imported on first access, so that a
tool that uses one part does not load the others.
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
    from comment_service.storage.db.migrate import include_object

__version__ = "0.1.0"

_MODULES = {
    "CommentService": "extension",
    "HostUser": "identity",
    "comment_decided": "events",
    "comment_published": "events",
    "comment_reported": "events",
    "comment_submitted": "events",
    "create_app": "app",
    "include_object": "storage.db.migrate",
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
    "include_object",
    "like_changed",
]


def __getattr__(name: str) -> object:
    """Import a public name from its module on first access."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
