"""Show which other moderators have a comment open."""

from collections.abc import Sequence

from flask import g, jsonify
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import notes
from comment_service.storage.tables import Comment
from comment_service.web.http.context import runtime


def update_presence(comment_id: int) -> Response:
    """Record that the moderator has a comment open; return who else has."""
    mark_open(comment_id)
    now = runtime().now()
    others = notes.open_by(session(), [comment_id], but=g.moderator_id, now=now)
    return jsonify(said=presence_text(others.get(comment_id, ())))


def mark_open(comment_id: int) -> None:
    """Record that the moderator has a comment open.

    Raises:
        NotFound: there is no such comment on the moderator's sites.
    """
    comment = session().get(Comment, comment_id)
    if comment is None or not g.rights.moderates(comment.site_id):
        raise NotFound
    with transaction() as current:
        notes.record_presence(
            current, comment_id=comment_id, moderator_id=g.moderator_id, now=runtime().now()
        )


def presence_text(names: Sequence[str]) -> str:
    """Return a sentence naming who has a comment open, "" for nobody."""
    if not names:
        return ""
    if len(names) == 1:
        return str(_("%(name)s has this open", name=names[0]))
    return str(_("%(names)s have this open", names=", ".join(names[:3])))


_BASE = "/comments/<id:comment_id>"
ROUTES = ((f"{_BASE}/glance", "glance", "POST", update_presence),)
"""URL below the moderation pages, endpoint, method, view."""
