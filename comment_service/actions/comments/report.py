"""A reader reports a comment; enough reports return it to the queue, but never delete it.

Weight of a report: a stranger's counts 0.5, because only a network stands behind it: with the
default rule (``reports_hold`` is 3), six networks or three known readers hold a comment. A reader
with a public comment or an account counts 1; one whom a moderator trusts, 1.5. A reader whose
reports were mostly dismissed counts 0.1, so thirty of them are needed; moderators still see their
reports. At least three settled reports are needed for that judgement. Strangers from one IPv6 /48,
which one customer can own, count 0.1 after the first.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments.record_verdict import record_verdict
from comment_service.actions.comments.resolve_author import resolve_author
from comment_service.actions.comments.submit import HELD_MAIL
from comment_service.errors import CommentNotFound, RateLimited
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.screening.limits import AREA_FACTOR
from comment_service.screening.reports import verdict_from_reports
from comment_service.storage import tables as t
from comment_service.storage.admin import rules
from comment_service.storage.comments import author_history, own, reports, threads
from comment_service.storage.db import locks, outbox
from comment_service.storage.db.session import announce, serialise
from comment_service.storage.moderation import queue
from comment_service.text.visible import has_visible

WEIGHT_STRANGER = 0.5
WEIGHT_KNOWN = 1.0
WEIGHT_TRUSTED = 1.5
WEIGHT_UNRELIABLE = 0.1
APPROVED_FACTOR = 2
"""Factor for the weight needed to hold a comment that a moderator approved before any report."""
MIN_SETTLED = 3
"""Minimum settled reports before a reader can be considered unreliable …"""
MIN_UPHELD_SHARE = 0.25
"""… if less than this share of them was upheld."""
MAX_PER_HOUR = 20
"""Maximum reports of a network per hour."""
MAX_WORDS = 500


@dataclass(frozen=True)
class ReportResult:
    """Whether a report repeats an earlier one, and whether the comment is held now."""

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
) -> ReportResult:
    """Store a reader's report; a second one of the same network or author changes nothing.

    Raises:
        CommentNotFound: the comment is not public.
        RateLimited: the network reports more than ``MAX_PER_HOUR`` comments per hour.
    """
    serialise(session, f"reports {viewer.network}")
    comment = require_reportable(
        session=session, comment_id=comment_id, author_id=viewer.author_id, lock=True
    )
    if comment.status != t.PUBLISHED:  # seen by its shadow-banned author alone
        return ReportResult(repeated=False, held=False)
    author_id, visitor = _reporter(session, runtime, comment.site_id, viewer)
    if reports.find_earlier(session, comment.id, viewer.network, author_id) is not None:
        return ReportResult(repeated=True, held=False, visitor=visitor)
    _check_rate(session, runtime, viewer)
    row = t.Report(comment_id=comment.id, author_id=author_id, network=viewer.network, kind=kind)
    row.reason, row.created_at = words[:MAX_WORDS] if has_visible(words) else "", runtime.now()
    row.weight = report_weight(session, viewer, author_id)
    if row.weight == WEIGHT_STRANGER and reports.is_from_area(session, comment.id, viewer.network):
        row.weight = WEIGHT_UNRELIABLE
    session.add(row)
    reports.recount(session, comment)
    held = _needs_review(session, runtime, comment)
    if held:
        _hold(session, runtime, comment)
    session.flush()
    payload = {"comment_id": comment.id, "page_id": comment.page_id, "kind": kind, "held": held}
    site = comment.page.site.key
    announce(session, events.comment_reported.name, site, **payload, count=comment.report_count)
    if held:
        about = {"comment_id": comment.id, "page_id": comment.page_id}
        announce(session, events.comment_held.name, site, **about)
    return ReportResult(repeated=False, held=held, visitor=visitor)


def report_weight(session: Session, viewer: Viewer, author_id: int | None) -> float:
    """Return the weight of a report by this reader."""
    if any(_is_unreliable(past) for past in reports.histories(session, viewer.network, author_id)):
        return WEIGHT_UNRELIABLE
    author = session.get(t.Author, author_id) if author_id is not None else None
    if author is not None and author.blocked_at is not None:
        return WEIGHT_UNRELIABLE
    if author is not None and author.trusted_at is not None:
        return WEIGHT_TRUSTED
    if not viewer.is_guest or (author and author_history.has_published(session, author.id)):
        return WEIGHT_KNOWN
    return WEIGHT_STRANGER


def _is_unreliable(past: reports.ReportHistory) -> bool:
    return past.settled >= MIN_SETTLED and past.upheld < MIN_UPHELD_SHARE * past.settled


def require_reportable(
    *, session: Session, comment_id: int | None, author_id: int | None, lock: bool = False
) -> t.Comment:
    """Return a comment that can be reported; with ``lock``, lock its page for the transaction.

    Raises:
        CommentNotFound: there is none, or it is not public to the reader ``author_id``.
    """
    comment = session.get(t.Comment, comment_id) if comment_id is not None else None
    if comment is not None and lock:
        locks.lock_comment(session, comment)
    if comment is None or not own.is_public_to(comment, author_id):
        raise CommentNotFound("This comment is no longer public; there is nothing left to report.")
    return comment


def _reporter(
    session: Session, runtime: Runtime, site_id: int, viewer: Viewer
) -> tuple[int | None, str]:
    """Return the reporting author's id and a new browser token; strangers get no author."""
    if viewer.is_guest and viewer.author_id is None:
        return None, ""
    resolved = resolve_author(session=session, runtime=runtime, site_id=site_id, viewer=viewer)
    return resolved.author.id, resolved.visitor


def _check_rate(session: Session, runtime: Runtime, viewer: Viewer) -> None:
    sent = reports.sent_within_an_hour(session, viewer.network, runtime.now())
    by_area = reports.sent_by_area_within_an_hour(session, viewer.network, runtime.now())
    if sent >= MAX_PER_HOUR or by_area >= AREA_FACTOR * MAX_PER_HOUR:
        raise RateLimited(
            "Your network reported %(sent)s comments within an hour. "
            "Wait an hour, then send again; what you wrote is kept.",
            sent=max(sent, by_area),
            retry_after=3600,
        )


def _needs_review(session: Session, runtime: Runtime, comment: t.Comment) -> bool:
    """Return True if the open reports require a moderator to review the comment (again)."""
    page = comment.page
    limit = rules.of_page(runtime.settings, page.site, page).reports_hold
    if not limit or comment.by_moderator or reports.dismissed(session, comment.id):
        return False
    approved = queue.decisions(session, [comment.id]).get(comment.id) is not None
    return reports.open_weight(session, comment.id) >= limit * (APPROVED_FACTOR if approved else 1)


def _hold(session: Session, runtime: Runtime, comment: t.Comment) -> None:
    """Return the comment to the queue, store a verdict with the reason, and notify moderators."""
    kinds = reports.open_kinds(session, comment.id)
    last = queue.verdicts(session, [comment.id]).get(comment.id)
    comment.status = t.PENDING
    record_verdict(session, runtime, comment, verdict_from_reports(kinds, last))
    threads.refresh_counts(session, comment)
    if runtime.settings.smtp_url:
        outbox.enqueue(session, HELD_MAIL, {"comment_id": comment.id}, runtime.now())
