"""Which moderator decisions are in effect."""

from sqlalchemy import ColumnElement

from comment_service.storage.tables import Decision


def in_effect() -> tuple[ColumnElement[bool], ...]:
    """Return conditions that select decisions that are neither undone nor an undo themselves."""
    return Decision.undone_at.is_(None), Decision.undoes_id.is_(None)
