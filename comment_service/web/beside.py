"""What stands beside a comment for moderators: notes on its author, and who has it open."""

from collections.abc import Sequence

from flask import g, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from comment_service.actions import note
from comment_service.storage import beside
from comment_service.storage.session import session, transaction
from comment_service.storage.tables import Comment
from comment_service.web.context import runtime
from comment_service.web.ways import inside


def glance(comment_id: int) -> Response:
    """Note that the asker has a comment open; tell who else has."""
    look(comment_id)
    now = runtime().now()
    others = beside.open_by(session(), [comment_id], but=g.moderator_id, now=now)
    return jsonify(said=said(others.get(comment_id, ())))


def look(comment_id: int) -> None:
    """Note that the asker has a comment of their sites open.

    Raises:
        NotFound: it is another site's, or there is none.
    """
    comment = session().get(Comment, comment_id)
    if comment is None or not g.rights.moderates(comment.site_id):
        raise NotFound
    with transaction() as current:
        beside.glance(
            current, comment_id=comment_id, moderator_id=g.moderator_id, now=runtime().now()
        )


def said(names: Sequence[str]) -> str:
    """Return the sentence of who has a comment open, "" for nobody."""
    if not names:
        return ""
    if len(names) == 1:
        return str(_("%(name)s has this open", name=names[0]))
    return str(_("%(names)s have this open", names=", ".join(names[:3])))


def add_note(comment_id: int) -> Response:
    """Note something about whoever wrote a comment."""
    with transaction() as current:
        note.note_author(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            comment_id=comment_id,
            text=request.form.get("note", ""),
        )
    return _here(comment_id, "noted")


def remove_note(comment_id: int, note_id: int) -> Response:
    """Take a note off an author."""
    with transaction() as current:
        note.remove_note(
            session=current, moderator_id=g.moderator_id, comment_id=comment_id, note_id=note_id
        )
    return _here(comment_id, "unnoted")


def _here(comment_id: int, done: str) -> Response:
    target = inside(request.form.get("next", ""))
    url = url_for("moderation.comment", comment_id=comment_id, next=target, done=done)
    return redirect(url, 303)


_BASE = "/comments/<id:comment_id>"
ROUTES = (
    (f"{_BASE}/glance", "glance", "POST", glance),
    (f"{_BASE}/notes", "add_note", "POST", add_note),
    (f"{_BASE}/notes/<id:note_id>/remove", "remove_note", "POST", remove_note),
)
"""Address below the moderation pages, endpoint, method, view."""
