"""A reader reports a comment; enough of them send it back to a moderator, never away for good.

What a report weighs. A stranger's is half of one, because nothing stands behind it but a network:
six networks are needed where three people who are known would do (the rule ``reports_hold`` is 3).
Who has a public comment, or an account, counts as one; who is trusted by a moderator, half more.
Who was wrong again and again counts a tenth: thirty of them are needed, and their reports are
still read. Three settled reports are the least that can be called again and again.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments.record_verdict import record
from comment_service.actions.comments.resolve_author import resolve_author
from comment_service.actions.comments.submit import HELD_MAIL
from comment_service.errors import CommentGone, TooOften
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.screening.reports import second_look
from comment_service.storage import tables as t
from comment_service.storage.admin import rules
from comment_service.storage.comments import author_history, reports, threads
from comment_service.storage.db import locks, outbox
from comment_service.storage.db.session import announce, serialise
from comment_service.storage.moderation import queue

STRANGER = 0.5
KNOWN = 1.0
TRUSTED = 1.5
DOUBTED = 0.1
APPROVED = 2
"""How many times as much it takes to hold what a moderator let through before any report."""
DOUBTED_FROM = 3
"""Settled reports from which somebody may be doubted …"""
DOUBTED_BELOW = 0.25
"""… where fewer than this share of them were upheld."""
HOURLY = 20
"""Reports one network may make in an hour."""
MAX_WORDS = 500


@dataclass(frozen=True)
class Reported:
    """What became of a report: kept, or there was one already; whether the comment waits now."""

    repeated: bool
    held: bool
    visitor: str = ""


def report(
    *,
    session: Session,
    runtime: Runtime,
    viewer: Viewer,
    comment_id: int,
    kind: str,
    words: str,
) -> Reported:
    """Keep a reader's report; a second one of the same network or author changes nothing.

    Raises:
        CommentGone: the comment is not public (any more).
        TooOften: the network reports more than ``HOURLY`` comments an hour.
    """
    serialise(session, f"reports {viewer.network}")
    comment = reportable(session=session, comment_id=comment_id, lock=True)
    author_id, visitor = _author(session, runtime, comment.site_id, viewer)
    if reports.earlier(session, comment.id, viewer.network, author_id) is not None:
        return Reported(repeated=True, held=False, visitor=visitor)
    _not_too_often(session, runtime, viewer)
    row = t.Report(comment_id=comment.id, author_id=author_id, network=viewer.network, kind=kind)
    row.reason, row.created_at = words[:MAX_WORDS], runtime.now()
    row.weight = weight(session, viewer, author_id)
    session.add(row)
    reports.recount(session, comment)
    held = _is_enough(session, runtime, comment)
    if held:
        _hold(session, runtime, comment)
    session.flush()
    told = {"comment_id": comment.id, "page_id": comment.page_id, "kind": kind, "held": held}
    site = comment.page.site.key
    announce(session, events.comment_reported.name, site, **told, count=comment.report_count)
    return Reported(repeated=False, held=held, visitor=visitor)


def weight(session: Session, viewer: Viewer, author_id: int | None) -> float:
    """Return what a report by this reader counts towards a second look."""
    if any(_doubted(past) for past in reports.pasts(session, viewer.network, author_id)):
        return DOUBTED
    author = session.get(t.Author, author_id) if author_id is not None else None
    if author is not None and author.blocked_at is not None:
        return DOUBTED
    if author is not None and author.trusted_at is not None:
        return TRUSTED
    if not viewer.is_guest or (author and author_history.published_by(session, author.id)):
        return KNOWN
    return STRANGER


def _doubted(past: reports.Past) -> bool:
    return past.settled >= DOUBTED_FROM and past.upheld < DOUBTED_BELOW * past.settled


def reportable(*, session: Session, comment_id: int | None, lock: bool = False) -> t.Comment:
    """Return a comment that can be reported; ``lock`` its page until the transaction's end.

    Raises:
        CommentGone: there is none, or it is not public (any more).
    """
    comment = session.get(t.Comment, comment_id) if comment_id is not None else None
    if comment is not None and lock:
        locks.comment(session, comment)
    if comment is None or comment.status != t.PUBLISHED:
        raise CommentGone("This comment is no longer public; there is nothing left to report.")
    return comment


def _author(
    session: Session, runtime: Runtime, site_id: int, viewer: Viewer
) -> tuple[int | None, str]:
    """Return the author who reports and a new browser's token; a stranger is nobody yet."""
    if viewer.is_guest and viewer.author_id is None:
        return None, ""
    known = resolve_author(session=session, runtime=runtime, site_id=site_id, viewer=viewer)
    return known.author.id, known.visitor


def _not_too_often(session: Session, runtime: Runtime, viewer: Viewer) -> None:
    sent = reports.sent_within_an_hour(session, viewer.network, runtime.now())
    if sent >= HOURLY:
        raise TooOften(
            "Your network reported %(sent)s comments within an hour. "
            "Wait an hour, then send again; what you wrote is kept.",
            sent=sent,
            retry_after=3600,
        )


def _is_enough(session: Session, runtime: Runtime, comment: t.Comment) -> bool:
    """Tell whether the open reports ask for another look than a moderator has taken already."""
    page = comment.page
    limit = rules.of_page(runtime.settings, page.site, page).reports_hold
    if not limit or comment.by_moderator or reports.dismissed(session, comment.id):
        return False
    approved = queue.decisions(session, [comment.id]).get(comment.id) is not None
    return reports.open_weight(session, comment.id) >= limit * (APPROVED if approved else 1)


def _hold(session: Session, runtime: Runtime, comment: t.Comment) -> None:
    """Put the comment back to wait, with a receipt that says why, and tell the moderators."""
    kinds = reports.open_kinds(session, comment.id)
    last = queue.verdicts(session, [comment.id]).get(comment.id)
    comment.status = t.PENDING
    record(session, runtime, comment, second_look(kinds, last))
    threads.refresh(session, comment)
    if runtime.settings.smtp_url:
        outbox.put(session, HELD_MAIL, {"comment_id": comment.id}, runtime.now())
