"""A comment's moderation page: reply, edit, lists, author, thread, history."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response

from comment_service.actions.moderation import trust_author
from comment_service.actions.moderation.add_to_list import add_to_blocklist
from comment_service.actions.moderation.delete_permanently import erase_comment
from comment_service.errors import InvalidFields
from comment_service.storage.comments import own
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import comment_history
from comment_service.storage.moderation import neighbours as nearby
from comment_service.storage.moderation import notes as beside
from comment_service.storage.moderation import queue as queues
from comment_service.storage.tables import DELETED, Comment
from comment_service.web.http.context import id_argument, language, runtime
from comment_service.web.http.return_to import return_url, safe_target
from comment_service.web.moderation.cards import cards, neighbours
from comment_service.web.moderation.presence import mark_open


def show(comment_id: int) -> str:
    """Show a comment with all actions, and record that the moderator has it open."""
    mark_open(comment_id)
    return card_page(comment_id, {})


def card_page(comment_id: int, typed: Mapping[str, str], problem: str = "") -> str:
    """Return the page, with the texts typed into its forms and an error message."""
    comment = require_comment(comment_id)
    code, direction = language()
    notes, older = beside.notes(
        session(),
        comment.author_id,
        before=id_argument("notes_before"),
        limit=runtime().settings.page_size,
    )
    return render_template(
        "comments/moderation/comment.html",
        card=cards([comment])[0],
        neighbours=neighbours(comment, nearby.around(session(), comment)),
        decisions=comment_history.decisions(session(), comment_id),
        revisions=comment_history.revisions(session(), comment_id),
        domains=comment_history.domains(session(), comment_id),
        back=safe_target(request.values.get("next", "")),
        notes=notes,
        older_notes=older,
        saved=beside.saved_replies_by_name(session(), comment.site_id),
        typed=typed,
        last_revision=own.last_revision(session(), comment_id),
        problem=problem,
        key=secrets.token_urlsafe(18),
        done=request.args.get("done", ""),
        max_length=runtime().settings.max_length,
        locale=code,
        direction=direction,
    )


def require_comment(comment_id: int) -> Comment:
    """Return a comment of a site that the moderator may moderate.

    Raises:
        NotFound: there is none.
    """
    comments = queues.load_comments(session(), [comment_id])
    if not comments or not g.rights.moderates(comments[0].site_id):
        raise NotFound
    return comments[0]


def mark_author(comment_id: int) -> Response:
    """Block, shadow-ban or trust the comment's author, or clear that."""
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
    return return_to_comment(comment_id, mark)


def close_page(comment_id: int) -> Response:
    """Close or reopen the comment's thread."""
    page = require_comment(comment_id).page
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
    return return_to_comment(comment_id, "closed" if closed else "opened")


def blocklist_value(comment_id: int) -> Response:
    """Add a word, link, domain or address to the site's blocklist."""
    with transaction() as current:
        add_to_blocklist(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            comment_id=comment_id,
            kind=request.form.get("kind", ""),
            value=request.form.get("value", ""),
            status=request.form.get("status", ""),
        )
    return return_to_comment(comment_id, "listed")


def pin(comment_id: int) -> Response:
    """Pin or unpin a comment on its page."""
    pinned = request.form.get("pinned") == "1"
    with transaction() as current:
        trust_author.pin(
            session=current, moderator_id=g.moderator_id, comment_id=comment_id, pinned=pinned
        )
    return return_to_comment(comment_id, "pinned" if pinned else "unpinned")


def ask_erase(comment_id: int) -> str:
    """Ask to confirm the permanent deletion of a comment."""
    comment = require_comment(comment_id)
    if comment.status == DELETED:
        raise NotFound
    code, direction = language()
    return render_template(
        "comments/moderation/delete_permanently.html",
        card=cards([comment])[0],
        back=safe_target(request.args.get("next", "")),
        locale=code,
        direction=direction,
    )


def erase(comment_id: int) -> Response:
    """Delete a comment permanently."""
    with transaction() as current:
        erase_comment(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            comment_id=comment_id,
        )
    return redirect(return_url(), 303)


def _until(day: str) -> datetime | None:
    """Return the end of a day in UTC, None if no day is given.

    Raises:
        InvalidFields: it is not a date.
    """
    if not day:
        return None
    try:
        return datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise InvalidFields({"until": [_("Write the date as 2026-12-31.")]}) from None


def return_to_comment(comment_id: int, done: str) -> Response:
    """Redirect to the comment's page, which confirms what was done."""
    target = safe_target(request.form.get("next", ""))
    url = url_for("moderation.comment", comment_id=comment_id, next=target, done=done)
    return redirect(url, 303)


_BASE = "/comments/<id:comment_id>"
ROUTES = (
    (_BASE, "comment", "GET", show),
    (f"{_BASE}/author", "judge_author", "POST", mark_author),
    (f"{_BASE}/page", "close_page", "POST", close_page),
    (f"{_BASE}/list", "put_on_list", "POST", blocklist_value),
    (f"{_BASE}/pin", "pin", "POST", pin),
    (f"{_BASE}/erase", "ask_erase", "GET", ask_erase),
    (f"{_BASE}/erase", "erase", "POST", erase),
)
"""URL below the moderation pages, endpoint, method, view."""
