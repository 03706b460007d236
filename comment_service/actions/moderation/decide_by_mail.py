"""A moderator decides from a mail: a link of their own, about one comment, spent by deciding.

Whoever opens the link only looks: scanners of mail open every link there is.
"""

from sqlalchemy.orm import Session

from comment_service.actions.moderation import decide as moderate
from comment_service.actions.moderation.decide import Decided
from comment_service.errors import CommentGone, LinkSpent
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people, rights

DECIDE = "decide"
"""Purpose of the links in mails about held comments."""
DECIDE_MINUTES = 7 * 24 * 60
SPENT = (
    "This link was used already, or is older than a week. The queue has everything that waits: "
    "sign in and decide there."
)


def open_link(*, session: Session, runtime: Runtime, moderator_id: int, comment_id: int) -> str:
    """Return the token of a link with which one moderator decides about one comment."""
    token = people.open_ticket(
        session,
        purpose=DECIDE,
        now=runtime.now(),
        minutes=DECIDE_MINUTES,
        moderator=session.get_one(t.Moderator, moderator_id),
        about={"comment_id": comment_id},
    )
    session.flush()
    return token


def look(*, session: Session, runtime: Runtime, token: str) -> tuple[t.Ticket, t.Comment]:
    """Return the link's row and the comment it is about; nothing is spent.

    Raises:
        LinkSpent: it was used, is too old, or its moderator is none any more.
        CommentGone: the comment was deleted, or is none of this moderator's any more.
    """
    ticket = people.find_ticket(session, token, DECIDE, runtime.now())
    if ticket is None or ticket.moderator is None or ticket.moderator.left_at is not None:
        raise LinkSpent(SPENT)
    comment = rights.comment(session, ticket.moderator.id, int(ticket.about["comment_id"]))
    if comment.status == t.DELETED:
        raise CommentGone("This comment was deleted; there is nothing left to decide.")
    return ticket, comment


def decide(
    *, session: Session, runtime: Runtime, token: str, decision: str, expected: str = ""
) -> Decided:
    """Spend the link and decide as its moderator.

    ``expected`` is the status that the comment was shown with, "" for any.

    Raises:
        LinkSpent: it was used, is too old, or its moderator is none any more.
        CommentGone: the comment was deleted, or is none of this moderator's any more.
        DecidedBefore: somebody else decided since; the link stays good.
        KeyError: ``decision`` is none of ``moderate.OUTCOMES``.
    """
    ticket, comment = look(session=session, runtime=runtime, token=token)
    if ticket.moderator_id is None or not people.spend_ticket(session, ticket, runtime.now()):
        raise LinkSpent(SPENT)
    return moderate.decide(
        session=session,
        runtime=runtime,
        moderator_id=ticket.moderator_id,
        comment_id=comment.id,
        decision=decision,
        expected=expected,
    )
