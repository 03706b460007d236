"""The published comments around a comment on its page."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.storage.tables import PUBLISHED, Comment

MOST = 3
"""Number of comments before and after, and of replies."""


def around(session: Session, comment: Comment) -> Sequence[Comment]:
    """Return the page's last comments before a comment, its first replies, and the next ones.

    Only published ones, each once, in the order in which they were posted.
    """
    on_page = select(Comment).where(Comment.page_id == comment.page_id, Comment.status == PUBLISHED)
    before = on_page.where(Comment.id < comment.id).order_by(Comment.id.desc())
    after = on_page.where(Comment.id > comment.id).order_by(Comment.id)
    replies = (
        select(Comment)
        .where(Comment.parent_id == comment.id, Comment.status == PUBLISHED)
        .order_by(Comment.id)
    )
    found = {
        one.id: one
        for query in (before, replies, after)
        for one in session.scalars(query.limit(MOST))
    }
    return [found[key] for key in sorted(found)]
