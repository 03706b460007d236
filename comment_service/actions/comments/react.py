"""A reader gives a comment an emoji reaction, or withdraws it. The rows are the counts."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments import single_vote
from comment_service.actions.comments.resolve_author import resolve_author
from comment_service.errors import ReactionUnavailable
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rules, sites
from comment_service.storage.comments import reactions, threads
from comment_service.storage.db.session import announce, serialise


@dataclass(frozen=True)
class ReactionResult:
    """The new state; ``visitor`` is a new token for the browser, "" if it has one."""

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
) -> ReactionResult:
    """Give or withdraw the viewer's reaction; ``given`` None toggles it. Idempotent.

    Raises:
        CommentNotFound: the comment is not public on this page.
        ReactionUnavailable: the rules do not allow this emoji; an existing reaction can be
            withdrawn.
        AlreadyDone: another guest of the same network gave it; with an account it would count.
    """
    serialise(session, f"likes {site.id} {page_url}")
    page = sites.locked_page(session, site_id=site.id, url=page_url, title="", now=runtime.now())
    comment = single_vote.public_comment(session, page, comment_id, viewer)
    if given is False and viewer.is_guest and viewer.author_id is None:
        return ReactionResult(False, reactions.count(session, comment.id, emoji))
    if given is not False:
        _require_allowed(runtime, page, emoji)
    resolved = resolve_author(session=session, runtime=runtime, site_id=site.id, viewer=viewer)
    row = single_vote.with_author(
        session,
        t.Reaction(comment_id=comment.id, emoji=emoji),
        runtime,
        viewer,
        resolved.author.id,
    )
    changed = single_vote.change(session, row, given)
    if changed.counted:
        threads.bump_revision(session, page.id)
        _announce(session, comment, emoji, given=changed.given)
    count = reactions.count(session, comment.id, emoji) + changed.unseen
    return ReactionResult(changed.given, count, resolved.visitor)


def _require_allowed(runtime: Runtime, page: t.Page, emoji: str) -> None:
    """Check that the page's rules allow an emoji.

    Raises:
        ReactionUnavailable: they do not.
    """
    if emoji not in rules.of_page(runtime.settings, page.site, page).emoji:
        raise ReactionUnavailable(
            "This reaction is not available here. Reload the page to see which are."
        )


def _announce(session: Session, comment: t.Comment, emoji: str, *, given: bool) -> None:
    payload = {"page_id": comment.page_id, "comment_id": comment.id, "emoji": emoji}
    count = reactions.count(session, comment.id, emoji)
    name, site = events.reaction_changed.name, comment.page.site.key
    announce(session, name, site, **payload, given=given, count=count)
