"""Which moderator decisions are in effect."""

from sqlalchemy import ColumnElement

from comment_service.storage.tables import Decision


def in_effect() -> tuple[ColumnElement[bool], ...]:
    """Select the decisions that stand: not taken back, and no taking back themselves."""
    return Decision.undone_at.is_(None), Decision.undoes_id.is_(None)
