"""A moderator lets a widget on a page of their site act for them: grant it, and claim it once."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service.actions.readers.sign_in import CLAIM_MINUTES, challenge_of
from comment_service.errors import LinkExpired
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people, rights
from comment_service.storage.db.session import serialise
from comment_service.text.sentences import staff_sentence

PURPOSE = "in_place"
_USED = staff_sentence("This was used before. Start again on the page whose comments you moderate.")


@dataclass(frozen=True)
class Grant:
    """What a widget may use: a moderator's session, on pages of one origin."""

    session_id: int
    origin: str


def grant(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    session_id: int,
    site_id: int,
    origin: str,
    challenge: str,
) -> None:
    """Let the widget that sent this challenge act for a moderator, as long as their session lasts.

    Raises:
        CommentNotFound: the moderator has no role on the site.
        LinkExpired: the challenge was granted before.
    """
    rights.require(session, moderator_id, site_id)
    serialise(session, f"claim {site_id} {challenge}")
    if people.is_taken(session, challenge):
        raise LinkExpired(_USED)
    people.create_link(
        session,
        purpose=PURPOSE,
        now=runtime.now(),
        minutes=CLAIM_MINUTES,
        moderator=session.get_one(t.Moderator, moderator_id),
        about={"session_id": session_id, "site_id": site_id, "origin": origin},
        token=challenge,
    )


def claim(*, session: Session, runtime: Runtime, site_id: int, verifier: str) -> Grant | None:
    """Return what a moderator granted to the widget with this verifier, once; else None."""
    now = runtime.now()
    ticket = people.find_link(session, challenge_of(verifier), PURPOSE, now)
    if ticket is None or ticket.about["site_id"] != site_id:
        return None
    if not people.use_link(session, ticket, now):
        return None
    return Grant(ticket.about["session_id"], ticket.about["origin"])
