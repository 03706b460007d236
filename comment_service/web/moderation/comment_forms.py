"""What a moderator writes about a comment: an answer, another text, a note on its author.

A refusal gives back what was typed, on the comment's own page.
"""

from collections.abc import Callable
from functools import wraps

from flask import g, redirect, request
from werkzeug.wrappers import Response

from comment_service.actions.moderation import note
from comment_service.actions.moderation.edit_comment import edit_comment
from comment_service.actions.moderation.reply import reply
from comment_service.errors import Refusal, SignInRequired
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import notes
from comment_service.web.http.context import runtime, wants_json
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.return_to import back
from comment_service.web.moderation.comment_views import card_page, found, here

View = Callable[[int], Response | str]


def kept(form: str) -> Callable[[View], View]:
    """Have a refused form's page come back with what was typed into it."""

    def wrap(view: View) -> View:
        @wraps(view)
        def answered(comment_id: int) -> Response | str:
            try:
                return view(comment_id)
            except Refusal as refusal:
                if wants_json() or isinstance(refusal, SignInRequired):
                    raise
                session().rollback()
                typed = {form: request.form.get("note" if form == "note" else "text", "")}
                raise RefusedWithPage(refusal, card_page(comment_id, typed, refusal.told)) from None

        return answered

    return wrap


@kept("reply")
def answer(comment_id: int) -> Response | str:
    """Publish a comment and answer it; or put a saved reply into the form."""
    if "insert" in request.form:
        return card_page(comment_id, {"reply": _with_saved(found(comment_id).site_id)})
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
    return redirect(back(), 303)


def _with_saved(site_id: int) -> str:
    """Return what was typed with the chosen reply behind it."""
    chosen = request.form.get("saved", "")
    texts = [one.text for one in notes.offered(session(), site_id) if str(one.id) == chosen]
    return "\n\n".join(part for part in (request.form.get("text", "").strip(), *texts) if part)


@kept("edit")
def edit(comment_id: int) -> Response | str:
    """Change what a comment says."""
    with transaction() as current:
        edit_comment(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            comment_id=comment_id,
            text=request.form.get("text", ""),
        )
    return here(comment_id, "edited")


@kept("note")
def add_note(comment_id: int) -> Response | str:
    """Note something about whoever wrote a comment."""
    with transaction() as current:
        note.note_author(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            comment_id=comment_id,
            text=request.form.get("note", ""),
        )
    return here(comment_id, "noted")


def remove_note(comment_id: int, note_id: int) -> Response:
    """Take a note off an author."""
    with transaction() as current:
        note.remove_note(
            session=current, moderator_id=g.moderator_id, comment_id=comment_id, note_id=note_id
        )
    return here(comment_id, "unnoted")


_BASE = "/comments/<id:comment_id>"
ROUTES = (
    (f"{_BASE}/reply", "reply", "POST", answer),
    (f"{_BASE}/edit", "edit", "POST", edit),
    (f"{_BASE}/notes", "add_note", "POST", add_note),
    (f"{_BASE}/notes/<id:note_id>/remove", "remove_note", "POST", remove_note),
)
"""Address below the moderation pages, endpoint, method, view."""
