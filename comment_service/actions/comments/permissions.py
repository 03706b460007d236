"""What authors may still change of what they wrote: which comments, for how long, and why not."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.errors import CommentGone, NotYours, Settled, TooLate
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rules
from comment_service.storage.comments import own
from comment_service.storage.db import locks
from comment_service.storage.moderation import queue
from comment_service.text.sentences import sentence

_NOBODYS = sentence(
    "This comment is not yours to change, or no longer here. If you wrote it in another browser or "
    "with an account, go on there."
)


_NEVER = {
    "edit": sentence("You cannot edit comments on this page. A moderator can do it for you."),
    "delete": sentence("You cannot delete comments on this page. A moderator can do it for you."),
}
_OVER = {
    "edit": sentence(
        "The time in which you can edit this comment is over. A moderator can still do it for you."
    ),
    "delete": sentence(
        "The time in which you can delete this comment is over. "
        "A moderator can still do it for you."
    ),
}


def find(*, session: Session, viewer: Viewer, comment_id: int, lock: bool = False) -> t.Comment:
    """Return a comment that the viewer wrote; ``lock`` it until the transaction's end.

    Raises:
        NotYours: there is none that they wrote, on this site.
    """
    comment = session.get(t.Comment, comment_id)
    if comment is None or viewer.author_id is None or comment.author_id != viewer.author_id:
        raise NotYours(_NOBODYS)
    if lock:
        locks.comment(session, comment)
    return comment


def seconds_left(runtime: Runtime, comment: t.Comment) -> int:
    """Return for how many seconds its author can change a comment; 0 where that is over."""
    page = comment.page
    minutes = rules.of_page(runtime.settings, page.site, page).edit_minutes
    until = comment.created_at + timedelta(minutes=minutes)
    return max(int((until - runtime.now()).total_seconds()), 0)


def require_time(runtime: Runtime, comment: t.Comment, verb: str) -> None:
    """Refuse what comes too late; ``verb`` is edit or delete.

    Raises:
        TooLate: the rules give less time than that, or none.
    """
    if seconds_left(runtime, comment):
        return
    page = comment.page
    minutes = rules.of_page(runtime.settings, page.site, page).edit_minutes
    if not minutes:
        raise TooLate(_NEVER[verb])
    raise TooLate(_OVER[verb])


def require_editable(session: Session, runtime: Runtime, comment: t.Comment) -> None:
    """Refuse to change what its author may not edit (any more).

    Raises:
        CommentGone: it was deleted.
        TooLate: the time for it is over.
        Settled: a moderator decided against it or changed it, or readers reported it.
    """
    if comment.status == t.DELETED:
        raise CommentGone("This comment was deleted; there is nothing left to edit.")
    require_time(runtime, comment, "edit")
    why = settled(session, [comment]).get(comment.id)
    if why:
        raise Settled(why)


def settled(session: Session, comments: Sequence[t.Comment]) -> Mapping[int, str]:
    """Return comment → why its author cannot edit it, for those where somebody's word stands."""
    ids = [comment.id for comment in comments]
    found: dict[int, str] = {}
    for comment_id in own.changed_by_moderators(session, ids):
        found[comment_id] = sentence("A moderator changed this comment; you can only delete it.")
    for comment in comments:
        if comment.reported:
            found[comment.id] = sentence(
                "Readers reported this comment: you can only delete it, until a moderator has "
                "looked at it."
            )
    for comment_id, decision in queue.decisions(session, ids).items():
        if decision.to_status != t.PUBLISHED:
            found[comment_id] = sentence(
                "A moderator looked at this comment and did not publish it; you can only delete it."
            )
    return found


def newest(
    *, session: Session, runtime: Runtime, page: t.Page, author_id: int, limit: int = own.MOST
) -> Sequence[t.Comment]:
    """Return the newest comments on a page that their author can still change, newest first."""
    minutes = rules.of_page(runtime.settings, page.site, page).edit_minutes
    since = runtime.now() - timedelta(minutes=minutes)
    return own.since(session, page.id, author_id, since, limit) if minutes else []
