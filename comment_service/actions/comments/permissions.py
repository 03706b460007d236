"""What authors may still change of their comments: which ones, how long, and why not."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.errors import CommentNotFound, EditLocked, EditWindowOver, NotTheAuthor
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rules
from comment_service.storage.comments import own
from comment_service.storage.db import locks
from comment_service.storage.moderation import queue
from comment_service.text.sentences import sentence

_NOT_YOURS = sentence(
    "You cannot change this comment, or it is gone. If you wrote it in another browser or with an "
    "account, use that."
)


_NEVER = {
    "edit": sentence("You cannot edit comments on this page. A moderator can do it for you."),
    "delete": sentence("You cannot delete comments on this page. A moderator can do it for you."),
}
_OVER = {
    "edit": sentence("You can no longer edit this comment. A moderator can do it for you."),
    "delete": sentence("You can no longer delete this comment. A moderator can do it for you."),
}


def require_own(
    *, session: Session, viewer: Viewer, comment_id: int, lock: bool = False
) -> t.Comment:
    """Return a comment of the viewer; with ``lock``, locked until the end of the transaction.

    Raises:
        NotTheAuthor: the comment does not exist or has another author.
    """
    comment = session.get(t.Comment, comment_id)
    if comment is None or viewer.author_id is None or comment.author_id != viewer.author_id:
        raise NotTheAuthor(_NOT_YOURS)
    if lock:
        locks.lock_comment(session, comment)
    return comment


def seconds_left(runtime: Runtime, comment: t.Comment) -> int:
    """Return the seconds in which the author can still change a comment, 0 if the time is over."""
    page = comment.page
    minutes = rules.of_page(runtime.settings, page.site, page).edit_minutes
    until = comment.created_at + timedelta(minutes=minutes)
    return max(int((until - runtime.now()).total_seconds()), 0)


def require_time(runtime: Runtime, comment: t.Comment, action: str) -> None:
    """Check the edit window; ``action`` is "edit" or "delete".

    Raises:
        EditWindowOver: the edit window is over, or the rules allow no changes.
    """
    if seconds_left(runtime, comment):
        return
    page = comment.page
    minutes = rules.of_page(runtime.settings, page.site, page).edit_minutes
    if not minutes:
        raise EditWindowOver(_NEVER[action])
    raise EditWindowOver(_OVER[action])


def require_editable(session: Session, runtime: Runtime, comment: t.Comment) -> None:
    """Check that the author may edit a comment.

    Raises:
        CommentNotFound: it is deleted.
        EditWindowOver: the edit window is over.
        EditLocked: a moderator decided against it or changed it, or readers reported it.
    """
    if comment.status == t.DELETED:
        raise CommentNotFound("This comment was deleted; there is nothing left to edit.")
    require_time(runtime, comment, "edit")
    reason = edit_blockers(session, [comment]).get(comment.id)
    if reason:
        raise EditLocked(reason)


def edit_blockers(session: Session, comments: Sequence[t.Comment]) -> Mapping[int, str]:
    """Return comment id → why its author cannot edit it, only for comments with such a reason."""
    ids = [comment.id for comment in comments]
    reasons: dict[int, str] = {}
    for comment_id in own.changed_by_moderators(session, ids):
        reasons[comment_id] = sentence("A moderator changed this comment; you can only delete it.")
    for comment in comments:
        if comment.reported:
            reasons[comment.id] = sentence(
                "Readers reported this comment: you can only delete it, until a moderator has "
                "looked at it."
            )
    believed = {comment.id for comment in comments if own.is_believed_public(comment)}
    for comment_id, decision in queue.decisions(session, ids).items():
        if decision.to_status != t.PUBLISHED and comment_id not in believed:
            reasons[comment_id] = sentence(
                "A moderator looked at this comment and did not publish it; you can only delete it."
            )
    return reasons


def newest_changeable(
    *, session: Session, runtime: Runtime, page: t.Page, author_id: int, limit: int = own.MOST
) -> Sequence[t.Comment]:
    """Return an author's newest comments on a page within the edit window, newest first."""
    minutes = rules.of_page(runtime.settings, page.site, page).edit_minutes
    since = runtime.now() - timedelta(minutes=minutes)
    return own.written_since(session, page.id, author_id, since, limit) if minutes else []
