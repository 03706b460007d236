"""Account pages: my comments with their status, and my likes."""

from dataclasses import dataclass
from datetime import datetime

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from comment_service.actions.comments.undo_like import undo_like
from comment_service.storage.comments import own
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers import activity
from comment_service.storage.tables import (
    DELETED,
    PENDING,
    PUBLISHED,
    REJECTED,
    Author,
    Comment,
    Page,
    Site,
)
from comment_service.web.comments import presenters
from comment_service.web.http.context import id_argument, runtime
from comment_service.web.http.place import PageRef
from comment_service.web.readers import account_frame
from comment_service.web.readers.account_frame import current_reader

EXCERPT = 200
"""Characters of a comment shown in a list."""


@dataclass(frozen=True)
class Row:
    """A comment or like in a list; ``status`` is what its author may see."""

    id: int
    url: str
    page: str
    excerpt: str
    created: datetime
    status: str = ""
    words: str = ""
    emoji: str = ""


def status_for_author(comment: Comment) -> str:
    """Return the status that the author may see; a shadow-ban stays invisible."""
    visible = presenters.visible_status(comment, own=True)
    return REJECTED if visible == PENDING and comment.status == REJECTED else visible


def status_label(status: str) -> str:
    """Return the label of a status for the comment's author."""
    words = {
        PENDING: _("Waiting for a moderator"),
        PUBLISHED: _("Published"),
        REJECTED: _("Not published"),
        DELETED: _("Deleted"),
    }
    return str(words[status])


def comments() -> str:
    """List the reader's comments."""
    limit = runtime().settings.page_size
    before = id_argument("before")
    found, more = activity.comments(
        session(), current_reader().author.id, before=before, limit=limit
    )
    return account_frame.render_page(
        "comments",
        rows=[_comment_row(comment) for comment in found],
        next_url=_next_url("comments", more),
        sign_in_url=account_frame.sign_in_url(current_reader().site),
    )


def _comment_row(comment: Comment) -> Row:
    status = status_for_author(comment)
    return Row(
        id=comment.id,
        url=_thread_url(comment.page, comment.id if status == PUBLISHED else None),
        page=comment.page.title or comment.page.url,
        excerpt=_excerpt(comment),
        created=comment.created_at,
        status=status,
        words=status_label(status),
    )


def _thread_url(page: Page, comment_id: int | None) -> str:
    """Return the URL of a page's thread, at a comment that the reader can see there."""
    if comment_id is None:
        return presenters.thread_url(PageRef(current_reader().site, page.url, ""), "thread_page")
    return presenters.comment_url("thread_page", "focus", comment_id) + f"#comment-{comment_id}"


def _excerpt(comment: Comment) -> str:
    text = comment.text
    return text if len(text) <= EXCERPT else text[:EXCERPT].rstrip() + "…"


def likes() -> str:
    """List the comments or pages that the reader likes."""
    kind, limit = _kind(request.args.get("kind", "comments")), runtime().settings.page_size
    found, more = activity.likes(
        session(), current_reader().author.id, kind, before=id_argument("before"), limit=limit
    )
    rows = [
        Row(
            id=row.id,
            url=_thread_url(page, comment.id if comment and _is_visible(comment) else None),
            page=page.title or page.url,
            excerpt=_excerpt(comment) if comment and _is_visible(comment) else "",
            created=row.created_at,
            emoji=getattr(row, "emoji", ""),
        )
        for row, comment, page in found
    ]
    return account_frame.render_page(
        "likes", kind=kind, rows=rows, next_url=_next_url("likes", more, kind=kind)
    )


def _is_visible(comment: Comment) -> bool:
    return own.is_public_to(comment, current_reader().author.id)


def withdraw_like() -> Response:
    """Withdraw a like."""
    site_id, author_id, key = (
        current_reader().site.id,
        current_reader().author.id,
        current_reader().site.key,
    )
    kind, like_id = _kind(request.form.get("kind", "")), request.form.get("like", type=int)
    with transaction() as current:
        undo_like(
            session=current,
            runtime=runtime(),
            site=current.get_one(Site, site_id),
            author=current.get_one(Author, author_id),
            kind=kind,
            like_id=like_id or 0,
        )
    return redirect(url_for("account.likes", site=key, kind=kind), 303)


def _kind(kind: str) -> str:
    if kind not in activity.LIKES:
        raise NotFound
    return kind


def _next_url(endpoint: str, more: int | None, **carried: str) -> str:
    """Return the URL of the next page of results, "" at the end."""
    if not more:
        return ""
    return url_for(f"account.{endpoint}", site=current_reader().site.key, before=more, **carried)  # type: ignore[arg-type]


ROUTES = (
    ("/comments", "comments", "GET", comments),
    ("/likes", "likes", "GET", likes),
    ("/likes/take-back", "take_back", "POST", withdraw_like),
)
"""URL below the account, endpoint, method, view."""
