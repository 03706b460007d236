"""Store what a page elsewhere says, as it was checked; the row keeps what came of it.

A reply or a mention becomes a comment, a like or a repost a like of the page. Checked again, it
updates them; a source that is gone, or no longer links here, removes them. Webmentions and the
replies of syndicated threads share this.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service.actions.comments import copy_from_elsewhere
from comment_service.actions.comments.copy_from_elsewhere import Source
from comment_service.actions.comments.like import like
from comment_service.actions.comments.resolve_author import resolve_author
from comment_service.actions.comments.submit import Draft
from comment_service.actions.comments.undo_like import undo_like
from comment_service.errors import NotAllowed, RateLimited, Refusal
from comment_service.runtime import Runtime
from comment_service.screening import Submission
from comment_service.screening.lists import listed
from comment_service.storage import tables as t
from comment_service.storage.comments import webmentions
from comment_service.storage.pages import pages
from comment_service.text.microformats import LIKE, REPOST

LIKES = (LIKE, REPOST)


@dataclass(frozen=True)
class Checked:
    """What the worker found at a source; the draft is of a comment."""

    kind: str
    source: Source
    draft: Draft


def accept(*, session: Session, runtime: Runtime, row: t.Webmention, checked: Checked) -> None:
    """Store or update what a checked source says; a refusal is stored with the row.

    Raises:
        RateLimited: the sender's network sends too much; try again after a while.
    """
    site = session.get_one(t.Site, row.site_id)
    try:
        if row.kind and (row.kind in LIKES) != (checked.kind in LIKES):
            _remove(session, runtime, site, row)
        row.kind = checked.kind
        store = _like if checked.kind in LIKES else _comment
        reason = store(session, runtime, site, row, checked)
    except RateLimited:
        raise
    except Refusal as refusal:
        _settle_refused(session, runtime, row, refusal.message)
        return
    webmentions.settle(row, webmentions.ACCEPTED, runtime.now(), reason)


def _settle_refused(session: Session, runtime: Runtime, row: t.Webmention, reason: str) -> None:
    """Store a refusal; what was accepted before stays as it is."""
    kept = row.comment_id is not None or row.author_id is not None
    state = webmentions.ACCEPTED if kept else webmentions.REFUSED
    webmentions.settle(row, state, runtime.now(), reason)


def _comment(
    session: Session, runtime: Runtime, site: t.Site, row: t.Webmention, checked: Checked
) -> str:
    """Add or update the comment; return why it stays as it is, "" if it does not."""
    comment = session.get(t.Comment, row.comment_id) if row.comment_id is not None else None
    if comment is not None:
        return copy_from_elsewhere.update(
            session=session, runtime=runtime, comment=comment, draft=checked.draft
        )
    done = copy_from_elsewhere.add(
        session=session,
        runtime=runtime,
        site=site,
        source=checked.source,
        draft=checked.draft,
        network=row.network,
    )
    row.comment_id = done.comment_id
    return ""


def _like(
    session: Session, runtime: Runtime, site: t.Site, row: t.Webmention, checked: Checked
) -> str:
    """Give the like; nameless, because nobody moderates the name."""
    if row.author_id is not None:
        return ""
    _require_unlisted(session, runtime, site, row)
    viewer = checked.source.viewer()
    resolved = resolve_author(session=session, runtime=runtime, site_id=site.id, viewer=viewer)
    done = like(
        session=session,
        runtime=runtime,
        site=site,
        viewer=viewer,
        page_url=checked.draft.page_url,
        comment_id=None,
        liked=True,
    )
    row.author_id = resolved.author.id if done.liked else None
    return ""


def _require_unlisted(session: Session, runtime: Runtime, site: t.Site, row: t.Webmention) -> None:
    """Refuse a like from a page that the site's blocklists match.

    Raises:
        NotAllowed: a list matches.
    """
    submission = Submission(text="", source_url=row.source, site_id=site.id)
    for finding in listed(session, runtime, submission):
        raise NotAllowed(f"{finding.sentence}.")


def remove(*, session: Session, runtime: Runtime, row: t.Webmention, reason: str) -> None:
    """Remove what came of a source that is gone or no longer links here.

    What another syndicated thread of the page has too stays as that thread's.
    """
    known = row.comment_id is not None or row.author_id is not None
    if row.state != webmentions.ERASED:
        _remove(session, runtime, session.get_one(t.Site, row.site_id), row)
        state = webmentions.GONE if known else webmentions.REFUSED
        webmentions.settle(row, state, runtime.now(), reason)


def _remove(session: Session, runtime: Runtime, site: t.Site, row: t.Webmention) -> None:
    """Delete the comment, or withdraw the like unless another source of its author gives it."""
    comment = session.get(t.Comment, row.comment_id) if row.comment_id is not None else None
    if comment is not None and not webmentions.has_other_copy(session, row):
        copy_from_elsewhere.withdraw(session=session, runtime=runtime, comment=comment)
        session.refresh(row)
    if row.author_id is not None and not webmentions.has_other_like(session, row):
        _withdraw_like(session, runtime, site, row.target, row.author_id)
    row.comment_id = row.author_id = None


def _withdraw_like(
    session: Session, runtime: Runtime, site: t.Site, target: str, author_id: int
) -> None:
    page = pages.find(session, site.id, target)
    given = webmentions.like_of(session, page.id, author_id) if page is not None else None
    if given is not None:
        author = session.get_one(t.Author, author_id)
        undo_like(
            session=session,
            runtime=runtime,
            site=site,
            author=author,
            kind="pages",
            like_id=given.id,
        )
