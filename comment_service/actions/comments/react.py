"""A reader gives a comment an emoji that the site allows, or takes it back. Counts are the rows."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments import single_vote
from comment_service.actions.comments.resolve_author import resolve_author
from comment_service.errors import ReactionsOff
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rules, sites
from comment_service.storage.comments import reactions, threads
from comment_service.storage.db.session import announce, serialise


@dataclass(frozen=True)
class Reacted:
    """The state after the click; ``visitor`` is a browser's new token, "" where it has one."""

    given: bool
    count: int
    visitor: str = ""


def react(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    viewer: Viewer,
    page_url: str,
    comment_id: int,
    emoji: str,
    given: bool | None,
) -> Reacted:
    """Give the viewer's emoji or take it back; doing it twice changes nothing. None turns it round.

    Raises:
        CommentGone: the comment is not public on this page (any more).
        ReactionsOff: the rules do not allow this emoji; what was given can be taken back.
        AlreadyDone: another guest of the same network gave it; an account would count on its own.
    """
    serialise(session, f"likes {site.id} {page_url}")
    page = sites.locked_page(session, site_id=site.id, url=page_url, title="", now=runtime.now())
    comment = single_vote.public_comment(session, page, comment_id)
    if given is False and viewer.is_guest and viewer.author_id is None:
        return Reacted(False, reactions.count(session, comment.id, emoji))
    if given is not False:
        _require(runtime, page, emoji)
    known = resolve_author(session=session, runtime=runtime, site_id=site.id, viewer=viewer)
    row = t.Reaction(comment_id=comment.id, emoji=emoji)
    mine = single_vote.mine(
        session, single_vote.signed(session, row, runtime, viewer, known.author.id)
    )
    wanted = mine is None if given is None else given
    if wanted == (mine is None):
        single_vote.give(session, row) if mine is None else single_vote.take_back(session, mine)
        threads.touch(session, page.id)
        _announce(session, comment, emoji, given=wanted)
    return Reacted(wanted, reactions.count(session, comment.id, emoji), known.visitor)


def _require(runtime: Runtime, page: t.Page, emoji: str) -> None:
    """Refuse what the rules of the page do not allow.

    Raises:
        ReactionsOff: this is not one of them.
    """
    if emoji not in rules.of_page(runtime.settings, page.site, page).emoji:
        raise ReactionsOff("This cannot be given on this page. Reload it to see what can.")


def _announce(session: Session, comment: t.Comment, emoji: str, *, given: bool) -> None:
    told = {"page_id": comment.page_id, "comment_id": comment.id, "emoji": emoji}
    count = reactions.count(session, comment.id, emoji)
    name, site = events.reaction_changed.name, comment.page.site.key
    announce(session, name, site, **told, given=given, count=count)
