"""Serve authors' avatar pictures from our own copy, for every page that shows a thread."""

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from comment_service.storage.db.session import session
from comment_service.storage.readers import activity
from comment_service.storage.tables import Author

blueprint = Blueprint("avatars", __name__)


@blueprint.get("/pictures/<id:author_id>/<tag>")
def show(author_id: int, tag: str) -> Response:
    """Serve a picture with an unlimited cache time; a changed picture gets another URL."""
    author, found = session().get(Author, author_id), activity.picture(session(), author_id)
    if author is None or found is None or author.picture != tag:
        raise NotFound
    answer = Response(found.body, mimetype=found.media_type)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Content-Security-Policy"] = "default-src 'none'"
    return answer
