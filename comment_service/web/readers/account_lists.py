"""My comments with what became of them, and what I like; each in stretches."""

from dataclasses import dataclass
from datetime import datetime

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from comment_service.actions.comments.undo_like import take_back_like
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
from comment_service.web.http.context import number, runtime
from comment_service.web.http.place import Place
from comment_service.web.readers import account_frame
from comment_service.web.readers.account_frame import me

EXCERPT = 200
"""Characters of a comment in a list."""


@dataclass(frozen=True)
class Row:
    """One comment or like in a list; ``status`` as its author may know it."""

    id: int
    url: str
    page: str
    excerpt: str
    created: datetime
    status: str = ""
    words: str = ""
    emoji: str = ""


def status_for_author(comment: Comment) -> str:
    """Return the status as the author may know it: who is blocked unnoticed sees no difference."""
    seen = presenters.seen_as(comment, own=True)
    return REJECTED if seen == PENDING and comment.status == REJECTED else seen


def in_words(status: str) -> str:
    """Return a status in the words of its author."""
    words = {
        PENDING: _("Waiting for a moderator"),
        PUBLISHED: _("Published"),
        REJECTED: _("Not published"),
        DELETED: _("Deleted"),
    }
    return str(words[status])


def comments() -> str:
    """Show the author's comments."""
    limit = runtime().settings.page_size
    before = number("before")
    found, more = activity.comments(session(), me().author.id, before=before, limit=limit)
    return account_frame.page(
        "comments",
        rows=[_comment(one) for one in found],
        next_url=_next("comments", more),
        sign_in_url=account_frame.sign_in_url(me().site),
    )


def _comment(comment: Comment) -> Row:
    status = status_for_author(comment)
    return Row(
        id=comment.id,
        url=_address(comment.page, comment if status == PUBLISHED else None),
        page=comment.page.title or comment.page.url,
        excerpt=_excerpt(comment),
        created=comment.created_at,
        status=status,
        words=in_words(status),
    )


def _address(page: Page, comment: Comment | None) -> str:
    """Return where a page's thread is shown, at a comment where that is public."""
    at = Place(me().site, page.url, "")
    if comment is None or comment.status != PUBLISHED:
        return presenters.link(at, "thread_page")
    return presenters.link(at, "thread_page", focus=comment.id) + f"#comment-{comment.id}"


def _excerpt(comment: Comment) -> str:
    text = comment.text
    return text if len(text) <= EXCERPT else text[:EXCERPT].rstrip() + "…"


def likes() -> str:
    """Show what the author likes: comments, or pages."""
    kind, limit = _kind(request.args.get("kind", "comments")), runtime().settings.page_size
    found, more = activity.likes(
        session(), me().author.id, kind, before=number("before"), limit=limit
    )
    rows = [
        Row(
            id=row.id,
            url=_address(page, comment),
            page=page.title or page.url,
            excerpt=_excerpt(comment) if comment and comment.status == PUBLISHED else "",
            created=row.created_at,
            emoji=getattr(row, "emoji", ""),
        )
        for row, comment, page in found
    ]
    return account_frame.page(
        "likes", kind=kind, rows=rows, next_url=_next("likes", more, kind=kind)
    )


def take_back() -> Response:
    """Take a like back."""
    site_id, author_id, key = me().site.id, me().author.id, me().site.key
    kind, like_id = _kind(request.form.get("kind", "")), request.form.get("like", type=int)
    with transaction() as current:
        take_back_like(
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


def _next(endpoint: str, more: int | None, **carried: str) -> str:
    """Return the address of the next stretch, "" at the end."""
    if not more:
        return ""
    return url_for(f"account.{endpoint}", site=me().site.key, before=more, **carried)  # type: ignore[arg-type]


ROUTES = (
    ("/comments", "comments", "GET", comments),
    ("/likes", "likes", "GET", likes),
    ("/likes/take-back", "take_back", "POST", take_back),
)
"""Address below the account, endpoint, method, view."""
