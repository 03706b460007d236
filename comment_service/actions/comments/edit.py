"""An author changes what a comment says, within a while; it is judged as if it came in now."""

from dataclasses import dataclass, replace
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments import permissions
from comment_service.actions.comments.on_published import became_public
from comment_service.actions.comments.resolve_author import publish_author_name, resolve_author
from comment_service.actions.comments.rewrite import as_it_is_now, rewrite, submission_of
from comment_service.actions.comments.submit import by, owe_mail
from comment_service.errors import EditedBefore
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.screening import Submission
from comment_service.storage import tables as t
from comment_service.storage.comments import own, threads
from comment_service.storage.db.session import announce, serialise
from comment_service.text import markdown


@dataclass(frozen=True)
class Change:
    """What was sent: checked for shape, nothing else.

    ``expected`` is the number of the newest earlier text that the comment had when the form was
    made (0 for none), so that nothing is overwritten unseen.
    """

    text: str
    expected: int
    honeypot: str = ""
    seconds: float | None = None
    lang: str = ""

    @cached_property
    def html(self) -> str:
        """The text as safe HTML; made before the transaction, which is the only writer."""
        return markdown.render(self.text)


def edit_own(
    *, session: Session, runtime: Runtime, viewer: Viewer, comment_id: int, change: Change
) -> t.Comment:
    """Give a comment another text; its status is what screening comes to now.

    The text that it has already changes nothing: the same form sent twice is one change.

    Raises:
        NotYours: the viewer did not write it.
        EditedBefore: it was changed since the form was made.
        errors.Refusal: it is too late, somebody's word stands against it, or screening refuses it
            as it refuses a comment (closed page, rate, said already).
    """
    if viewer.network:
        serialise(session, f"network {viewer.network}")
    comment = permissions.find(session=session, viewer=viewer, comment_id=comment_id, lock=True)
    if change.text == comment.text and comment.status != t.DELETED:
        return comment
    permissions.require_editable(session, runtime, comment)
    now = own.last_revision(session, comment.id)
    if change.expected != now:
        raise EditedBefore(
            "This comment was changed since you opened it. Both texts are kept here: send yours "
            "again to put it in the other's place.",
            text=comment.text,
            expected=now,
        )
    before, was_public = comment.status, _was_public(session, comment)
    known = resolve_author(session=session, runtime=runtime, site_id=comment.site_id, viewer=viewer)
    submission = by(_submission(runtime, comment, viewer, change), known.author)
    rewrite(session, runtime, comment, submission, moderator_id=None)
    publish_author_name(session, comment)
    if before == t.PUBLISHED != comment.status:
        threads.refresh(session, comment)
    _tell(session, runtime, comment, before, again=was_public)
    return comment


def _submission(runtime: Runtime, comment: t.Comment, viewer: Viewer, change: Change) -> Submission:
    """Gather what screening looks at, but for the author."""
    found = submission_of(runtime, comment, text=change.text, html=change.html)
    return replace(
        as_it_is_now(runtime, comment, found),
        guest=viewer.is_guest,
        moderator=viewer.moderator,
        network=viewer.network,
        seconds=change.seconds,
        honeypot=change.honeypot,
        lang=change.lang,
    )


def _was_public(session: Session, comment: t.Comment) -> bool:
    """Tell whether a comment was ever public, so that nobody is told of it twice."""
    said = select(t.Verdict.id).where(
        t.Verdict.comment_id == comment.id, t.Verdict.status == t.PUBLISHED
    )
    decided = select(t.Decision.id).where(
        t.Decision.comment_id == comment.id, t.Decision.to_status == t.PUBLISHED
    )
    return any(session.scalar(query.limit(1)) is not None for query in (said, decided))


def _tell(
    session: Session, runtime: Runtime, comment: t.Comment, before: str, *, again: bool
) -> None:
    """Owe what must be delivered and announce what happened."""
    site = comment.page.site.key
    told = {"comment_id": comment.id, "page_id": comment.page_id}
    announce(session, events.comment_edited.name, site, **told, status=comment.status)
    if comment.status == before:
        return
    if comment.status == t.PENDING:
        owe_mail(session, runtime, comment)
    if comment.status == t.PUBLISHED:
        announce(session, events.comment_published.name, site, **told)
        became_public(session=session, runtime=runtime, comment=comment, again=again)
