"""Erase the author of a comment."""

from flask import Flask

from comment_service.actions.readers import erase_author
from comment_service.storage.db.session import transaction
from comment_service.storage.tables import Comment


def erase_author_of(app: Flask, comment_id: int) -> None:
    """Erase an author; the texts stay under a neutral name."""
    with app.app_context(), transaction() as current:
        erase_author.erase_author(
            session=current,
            runtime=app.extensions["comments"],
            author=current.get_one(Comment, comment_id).author,
            name="Deleted user",
            removes=False,
        )
