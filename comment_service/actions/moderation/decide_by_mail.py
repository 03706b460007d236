"""A moderator decides from a mail, with a personal link for one comment that a decision uses up.

Opening the link changes nothing, because mail scanners open every link.
"""

from sqlalchemy.orm import Session

from comment_service.actions.moderation import decide as moderate
from comment_service.actions.moderation.decide import DecisionResult
from comment_service.errors import CommentNotFound, LinkExpired
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people, rights
from comment_service.text.sentences import staff_sentence

DECIDE = "decide"
"""Ticket purpose of the links in mails about pending comments."""
DECIDE_MINUTES = 7 * 24 * 60
SPENT = staff_sentence(
    "This link was used already, or is older than a week. The queue has everything "
    "that waits: sign in and decide there."
)


def create_link(*, session: Session, runtime: Runtime, moderator_id: int, comment_id: int) -> str:
    """Return the token of a link with which a moderator decides about a comment."""
    token = people.create_link(
        session,
        purpose=DECIDE,
        now=runtime.now(),
        minutes=DECIDE_MINUTES,
        moderator=session.get_one(t.Moderator, moderator_id),
        about={"comment_id": comment_id},
    )
    session.flush()
    return token


def require_link(*, session: Session, runtime: Runtime, token: str) -> tuple[t.Ticket, t.Comment]:
    """Return the ticket of a link and its comment; the link stays valid.

    Raises:
        LinkExpired: the link is used or expired, or its moderator has left.
        CommentNotFound: the comment was deleted, or is no longer on the moderator's sites.
    """
    ticket = people.find_link(session, token, DECIDE, runtime.now())
    if ticket is None or ticket.moderator is None or ticket.moderator.left_at is not None:
        raise LinkExpired(SPENT)
    comment = rights.require_comment(session, ticket.moderator.id, int(ticket.about["comment_id"]))
    if comment.status == t.DELETED:
        raise CommentNotFound("This comment was deleted; there is nothing left to decide.")
    return ticket, comment


def decide(
    *, session: Session, runtime: Runtime, token: str, decision: str, expected: str = ""
) -> DecisionResult:
    """Use the link and decide as its moderator.

    ``expected`` is the state token of the shown comment, "" for any.

    Raises:
        LinkExpired: the link is used or expired, or its moderator has left.
        CommentNotFound: the comment was deleted, or is no longer on the moderator's sites.
        DecisionConflict: another moderator decided since; the link stays valid.
        KeyError: ``decision`` is not in ``moderate.OUTCOMES``.
    """
    ticket, comment = require_link(session=session, runtime=runtime, token=token)
    if ticket.moderator_id is None or not people.use_link(session, ticket, runtime.now()):
        raise LinkExpired(SPENT)
    return moderate.decide(
        session=session,
        runtime=runtime,
        moderator_id=ticket.moderator_id,
        comment_id=comment.id,
        decision=decision,
        expected=expected,
    )
