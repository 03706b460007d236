"""A moderator answers a comment, which publishes it."""

from sqlalchemy.orm import Session

from comment_service.actions.comments.submit import Draft, Submitted, submit
from comment_service.actions.moderation import decide
from comment_service.actions.moderation.edit_comment import checked
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.db.session import serialise

PROVIDER = "moderator"
"""Identities of those who moderate, as authors."""


def reply(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    comment_id: int,
    text: str,
    key: str,
    expected: str = "",
) -> Submitted:
    """Publish a comment where it is not public yet, and put an answer under it.

    ``expected`` is the status that the comment was shown with, "" for any.

    Raises:
        CommentGone: there is no such comment (any more) where this moderator decides.
        DecidedBefore: somebody else decided since the comment was shown.
        InvalidFields: there is no text, or too much of it.
        errors.Refusal: the page is closed, or the same was said here already.
    """
    text = checked(runtime, text)
    comment = rights.comment(session, moderator_id, comment_id)
    serialise(session, f"key {comment.site_id} {key}")  # before the page, as whoever submits
    if comment.status != t.PUBLISHED:
        decide.decide(
            session=session,
            runtime=runtime,
            moderator_id=moderator_id,
            comment_id=comment_id,
            decision="approve",
            expected=expected,
        )
    moderator = session.get_one(t.Moderator, moderator_id)
    draft = _draft(comment, moderator, text, key)
    site = session.get_one(t.Site, comment.site_id)
    viewer = Viewer(
        provider=PROVIDER, subject=str(moderator.id), name=moderator.name, moderator=True
    )
    return submit(session=session, runtime=runtime, site=site, viewer=viewer, draft=draft)


def _draft(comment: t.Comment, moderator: t.Moderator, text: str, key: str) -> Draft:
    return Draft(
        page_url=comment.page.url,
        page_title=comment.page.title,
        text=text,
        key=key,
        name=moderator.name,
        parent_id=comment.id,
    )
