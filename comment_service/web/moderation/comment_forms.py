"""A moderator's forms on a comment's page: reply, edit, note on the author.

After a refusal the page shows what was typed.
"""

from collections.abc import Callable
from functools import wraps

from flask import g, redirect, request
from werkzeug.wrappers import Response

from comment_service.actions.moderation import note
from comment_service.actions.moderation.edit_comment import edit_comment
from comment_service.actions.moderation.reply import reply
from comment_service.errors import EditConflict, Refusal, SignInRequired
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import notes
from comment_service.web.http import messages
from comment_service.web.http.context import runtime, wants_json
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.return_to import return_url
from comment_service.web.moderation.comment_views import (
    card_page,
    require_comment,
    return_to_comment,
)

View = Callable[[int], Response | str]


def keep_typed(form: str) -> Callable[[View], View]:
    """Make a view show the comment's page with the typed text when the action refuses."""

    def wrap(view: View) -> View:
        @wraps(view)
        def wrapper(comment_id: int) -> Response | str:
            try:
                return view(comment_id)
            except Refusal as refusal:
                if wants_json() or isinstance(refusal, SignInRequired):
                    raise
                session().rollback()
                typed = {form: request.form.get("note" if form == "note" else "text", "")}
                if form == "edit" and not isinstance(refusal, EditConflict):
                    typed["expected"] = request.form.get("expected", "")
                raise RefusedWithPage(
                    refusal, card_page(comment_id, typed, messages.full_refusal_text(refusal))
                ) from None

        return wrapper

    return wrap


@keep_typed("reply")
def send_reply(comment_id: int) -> Response | str:
    """Publish a comment and reply to it; or insert a saved reply into the form."""
    if "insert" in request.form:
        return card_page(comment_id, {"reply": _with_saved(require_comment(comment_id).site_id)})
    with transaction() as current:
        reply(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            comment_id=comment_id,
            text=request.form.get("text", ""),
            key=request.form.get("key", "")[:64],
            expected=request.form.get("expected", ""),
        )
    return redirect(return_url(), 303)


def _with_saved(site_id: int) -> str:
    """Return the typed text with the chosen saved reply appended."""
    chosen = request.form.get("saved", "")
    texts = [
        reply.text
        for reply in notes.saved_replies_by_name(session(), site_id)
        if str(reply.id) == chosen
    ]
    return "\n\n".join(part for part in (request.form.get("text", "").strip(), *texts) if part)


@keep_typed("edit")
def edit(comment_id: int) -> Response | str:
    """Edit a comment's text."""
    with transaction() as current:
        edit_comment(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            comment_id=comment_id,
            text=request.form.get("text", ""),
            expected=request.form.get("expected", ""),
        )
    return return_to_comment(comment_id, "edited")


@keep_typed("note")
def add_note(comment_id: int) -> Response | str:
    """Add a note to a comment's author."""
    with transaction() as current:
        note.note_author(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            comment_id=comment_id,
            text=request.form.get("note", ""),
        )
    return return_to_comment(comment_id, "noted")


def remove_note(comment_id: int, note_id: int) -> Response:
    """Remove a note from an author."""
    with transaction() as current:
        note.remove_note(
            session=current, moderator_id=g.moderator_id, comment_id=comment_id, note_id=note_id
        )
    return return_to_comment(comment_id, "unnoted")


_BASE = "/comments/<id:comment_id>"
ROUTES = (
    (f"{_BASE}/reply", "reply", "POST", send_reply),
    (f"{_BASE}/edit", "edit", "POST", edit),
    (f"{_BASE}/notes", "add_note", "POST", add_note),
    (f"{_BASE}/notes/<id:note_id>/remove", "remove_note", "POST", remove_note),
)
"""URL below the moderation pages, endpoint, method, view."""
