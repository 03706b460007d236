"""A moderator replies to a comment, which publishes it."""

from sqlalchemy.orm import Session

from comment_service.actions.comments.submit import Draft, SubmitResult, submit
from comment_service.actions.moderation import decide
from comment_service.actions.moderation.edit_comment import validate_text
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.db.session import serialise

PROVIDER = "moderator"
"""Provider of the identities with which moderators write comments."""


def reply(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    comment_id: int,
    text: str,
    key: str,
    expected: str = "",
) -> SubmitResult:
    """Publish a comment if it is not public yet, and post a reply.

    ``expected`` is the state token of the shown comment, "" for any.

    Raises:
        CommentNotFound: there is no such comment on the moderator's sites, or it is deleted.
        DecisionConflict: another moderator decided since the comment was shown.
        InvalidFields: the text is empty or too long.
        errors.Refusal: the page is closed, or the text is a duplicate.
    """
    text = validate_text(runtime, text)
    comment = rights.require_comment(session, moderator_id, comment_id)
    serialise(
        session, f"key {comment.site_id} {key}"
    )  # locked before the page, in the same order as in submit
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
    viewer = staff_viewer(session, moderator, site)
    return submit(session=session, runtime=runtime, site=site, viewer=viewer, draft=draft)


def staff_viewer(
    session: Session, moderator: t.Moderator, site: t.Site, network: str = ""
) -> Viewer:
    """Return a moderator of a site who writes a comment there, with their role of this moment."""
    return Viewer(
        provider=PROVIDER,
        subject=str(moderator.id),
        name=moderator.name,
        network=network,
        moderator=True,
        owner=rights.rights_of(session, moderator.id).owns(site.id),
    )


def _draft(comment: t.Comment, moderator: t.Moderator, text: str, key: str) -> Draft:
    return Draft(
        page_url=comment.page.url,
        page_title=comment.page.title,
        text=text,
        key=key,
        name=moderator.name,
        parent_id=comment.id,
    )
