"""One comment's own page: reply, edit, lists, author, thread, and what became of it so far."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response

from comment_service.actions.moderation import trust_author
from comment_service.actions.moderation.add_to_list import list_from_card
from comment_service.actions.moderation.delete_permanently import erase_comment
from comment_service.errors import InvalidFields
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import comment_history
from comment_service.storage.moderation import notes as beside
from comment_service.storage.moderation import queue as queues
from comment_service.storage.tables import DELETED, Comment
from comment_service.web.http.context import language, number, runtime
from comment_service.web.http.return_to import back, inside
from comment_service.web.moderation.cards import cards
from comment_service.web.moderation.presence import look


def show(comment_id: int) -> str:
    """Show a comment with everything that can be done about it, and note that it is open."""
    look(comment_id)
    return card_page(comment_id, {})


def card_page(comment_id: int, typed: Mapping[str, str], problem: str = "") -> str:
    """Return the page, with what was typed into its forms, and what was wrong with it."""
    comment = found(comment_id)
    code, direction = language()
    notes, older = beside.notes(
        session(),
        comment.author_id,
        before=number("notes_before"),
        limit=runtime().settings.page_size,
    )
    return render_template(
        "comments/moderation/comment.html",
        card=cards([comment])[0],
        decisions=comment_history.decisions(session(), comment_id),
        revisions=comment_history.revisions(session(), comment_id),
        domains=comment_history.domains(session(), comment_id),
        back=inside(request.values.get("next", "")),
        notes=notes,
        older_notes=older,
        saved=beside.offered(session(), comment.site_id),
        typed=typed,
        problem=problem,
        key=secrets.token_urlsafe(18),
        done=request.args.get("done", ""),
        max_length=runtime().settings.max_length,
        locale=code,
        direction=direction,
    )


def found(comment_id: int) -> Comment:
    """Return a comment of the asker's sites."""
    comments = queues.some(session(), [comment_id])
    if not comments or not g.rights.moderates(comments[0].site_id):
        raise NotFound
    return comments[0]


def judge_author(comment_id: int) -> Response:
    """Block or trust whoever wrote a comment, or neither any more."""
    mark = request.form.get("mark", "")
    if mark not in trust_author.MARKS:
        raise BadRequest(_("Choose block, shadow, trust or clear."))
    with transaction() as current:
        trust_author.mark_author(
            session=current,
            runtime=runtime(),
            comment_id=comment_id,
            mark=mark,
            until=_until(request.form.get("until", "")),
            moderator_id=g.moderator_id,
        )
    return here(comment_id, mark)


def close_page(comment_id: int) -> Response:
    """Close the thread in which a comment stands, or open it again."""
    page = found(comment_id).page
    site_id, url, closed = page.site_id, page.url, request.form.get("closed") == "1"
    with transaction() as current:
        trust_author.close_page(
            session=current,
            runtime=runtime(),
            site_id=site_id,
            url=url,
            closed=closed,
            moderator_id=g.moderator_id,
        )
    return here(comment_id, "closed" if closed else "opened")


def put_on_list(comment_id: int) -> Response:
    """Put a word, a link, a domain or an address on the site's list."""
    with transaction() as current:
        list_from_card(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            comment_id=comment_id,
            kind=request.form.get("kind", ""),
            value=request.form.get("value", ""),
            status=request.form.get("status", ""),
        )
    return here(comment_id, "listed")


def pin(comment_id: int) -> Response:
    """Let a comment stand first on its page, or no longer."""
    pinned = request.form.get("pinned") == "1"
    with transaction() as current:
        trust_author.pin(
            session=current, moderator_id=g.moderator_id, comment_id=comment_id, pinned=pinned
        )
    return here(comment_id, "pinned" if pinned else "unpinned")


def ask_erase(comment_id: int) -> str:
    """Ask whether a comment shall be deleted for good."""
    comment = found(comment_id)
    if comment.status == DELETED:
        raise NotFound
    code, direction = language()
    return render_template(
        "comments/moderation/delete_permanently.html",
        card=cards([comment])[0],
        back=inside(request.args.get("next", "")),
        locale=code,
        direction=direction,
    )


def erase(comment_id: int) -> Response:
    """Delete a comment for good."""
    with transaction() as current:
        erase_comment(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            comment_id=comment_id,
        )
    return redirect(back(), 303)


def _until(day: str) -> datetime | None:
    """Return the end of a day, None where none is given.

    Raises:
        InvalidFields: it is no date.
    """
    if not day:
        return None
    try:
        return datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise InvalidFields({"until": [_("Write the date as 2026-12-31.")]}) from None


def here(comment_id: int, done: str) -> Response:
    """Come back to the comment's page, which says what was done."""
    target = inside(request.form.get("next", ""))
    url = url_for("moderation.comment", comment_id=comment_id, next=target, done=done)
    return redirect(url, 303)


_BASE = "/comments/<id:comment_id>"
ROUTES = (
    (_BASE, "comment", "GET", show),
    (f"{_BASE}/author", "judge_author", "POST", judge_author),
    (f"{_BASE}/page", "close_page", "POST", close_page),
    (f"{_BASE}/list", "put_on_list", "POST", put_on_list),
    (f"{_BASE}/pin", "pin", "POST", pin),
    (f"{_BASE}/erase", "ask_erase", "GET", ask_erase),
    (f"{_BASE}/erase", "erase", "POST", erase),
)
"""Address below the moderation pages, endpoint, method, view."""
