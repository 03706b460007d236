"""Delete permanently: the text is removed everywhere, a tombstone stays.

A moderator deletes one comment, or all spam in a bulk action; the worker deletes old spam. Deleted
spam leaves its training examples, without name, address and website, so that the filter keeps what
it learned.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments import resolve_author, wipe
from comment_service.actions.moderation import decide
from comment_service.errors import CommentNotFound
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import threads
from comment_service.storage.db import locks
from comment_service.storage.db.session import announce
from comment_service.storage.moderation import old_spam

ERASE = "erase"
"""The decision's name in the database; it cannot be undone."""


def erase_comment(
    *, session: Session, runtime: Runtime, moderator_id: int, comment_id: int
) -> t.Comment:
    """Wipe a comment; the audit entry names the moderator and the time, but not the text.

    Raises:
        CommentNotFound: there is no such comment on the moderator's sites, or it is deleted
            already.
    """
    comment = rights.require_comment(session, moderator_id, comment_id)
    locks.lock_comment(session, comment)
    if comment.status == t.DELETED:
        raise CommentNotFound("This comment was deleted already.")
    row = _add_decision(session, runtime, comment, moderator_id)
    wipe.wipe_comment(session, comment)
    resolve_author.publish_author_name(session, comment)
    threads.refresh_counts(session, comment)
    decide.announce_decision(session, comment, row)
    _announce(session, comment)
    return comment


def erase_spam(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    comment_ids: Sequence[int],
    batch_id: int,
) -> int:
    """Wipe those of these comments that are spam on the moderator's sites; return their number.

    Each gets its own audit entry, which belongs to the bulk action.
    """
    granted = rights.rights_of(session, moderator_id)
    comments = [c for c in _lock_spam(session, comment_ids) if granted.moderates(c.site_id)]
    rows = [_add_decision(session, runtime, one, moderator_id, batch_id) for one in comments]
    _wipe_spam(session, comments)
    for comment, row in zip(comments, rows, strict=True):
        decide.announce_decision(session, comment, row)
        _announce(session, comment)
    return len(comments)


def erase_old_spam(*, session: Session, site_id: int, before: datetime, limit: int) -> int:
    """Wipe a site's spam to which nothing happened since a time; return how many, at most a limit.

    Nobody decides, so there is no audit entry.
    """
    ids = old_spam.untouched_since(session, site_id, before, limit)
    comments = _lock_spam(session, ids)
    _wipe_spam(session, comments)
    for comment in comments:
        _announce(session, comment)
    return len(comments)


def _add_decision(
    session: Session,
    runtime: Runtime,
    comment: t.Comment,
    moderator_id: int,
    batch_id: int | None = None,
) -> t.Decision:
    row = decide.new_decision(runtime, comment, moderator_id, ERASE, to_status=t.DELETED)
    row.batch_id = batch_id
    session.add(row)
    return row


def _lock_spam(session: Session, comment_ids: Sequence[int]) -> Sequence[t.Comment]:
    """Return those of these comments that are still spam, locked, newest first."""
    locks.lock_pages_of(session, comment_ids)
    query = select(t.Comment).where(t.Comment.id.in_(comment_ids), t.Comment.status == t.SPAM)
    query = query.order_by(t.Comment.id.desc()).with_for_update()
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _wipe_spam(session: Session, comments: Sequence[t.Comment]) -> None:
    """Wipe spam and what its guests left of themselves; labels stay without their author."""
    wipe.wipe_comments(session, comments, keeps_labels=True)
    for comment in {comment.author_id: comment for comment in comments}.values():
        resolve_author.publish_author_name(session, comment)
        resolve_author.forget_address(session, comment)
    for comment in comments:
        if comment.shown:  # a place in a public thread, because there are replies
            threads.refresh_counts(session, comment)


def _announce(session: Session, comment: t.Comment) -> None:
    payload = {"comment_id": comment.id, "page_id": comment.page_id}
    announce(session, events.comment_deleted.name, comment.page.site.key, **payload)
