"""Reports by readers: open ones, their weight and their outcome.

A report is open until a moderator decides about its comment. The comment's ``report_count`` and
``reported`` follow the open ones and are recounted, never incremented.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, case, cast, func, literal, or_, select, update
from sqlalchemy.orm import Session

from comment_service.runtime import area_of
from comment_service.storage.comments.author_history import in_area
from comment_service.storage.comments.decisions import in_effect
from comment_service.storage.comments.ranking import best
from comment_service.storage.db.paging import change_some
from comment_service.storage.tables import PENDING, PUBLISHED, Author, Comment, Decision, Report

KINDS = ("spam", "abuse", "offtopic", "private", "illegal", "other")
"""Reasons for which a reader can report a comment."""
WORDS_SHOWN = 5
"""Most reports of one comment that a card shows with the reader's own text."""
_GONE = "gone "
_CLOCK_SLACK = timedelta(minutes=5)


@dataclass(frozen=True)
class ReportHistory:
    """Outcomes of a reader's earlier reports."""

    settled: int
    upheld: int


@dataclass(frozen=True)
class OpenReports:
    """A comment's open reports: the number of each kind, and the newest texts."""

    kinds: Mapping[str, int]
    words: Sequence[tuple[str, str, str]]  # kind, text, author's name or ""


def find_earlier(
    session: Session, comment_id: int, network: str, author_id: int | None
) -> Report | None:
    """Return the report that this network or author made of this comment, if any."""
    by = [Report.network == network]
    if author_id is not None:
        by.append(Report.author_id == author_id)
    return session.scalar(select(Report).where(Report.comment_id == comment_id, or_(*by)).limit(1))


def sent_within_an_hour(session: Session, network: str, now: datetime) -> int:
    """Return how many reports a network made in the last hour."""
    since = now - timedelta(hours=1)
    query = select(func.count()).where(Report.network == network, Report.created_at > since)
    query = query.where(Report.created_at <= now + _CLOCK_SLACK)
    return session.scalar(query) or 0


def sent_by_area_within_an_hour(session: Session, network: str, now: datetime) -> int:
    """Return how many reports the networks of an IPv6 /48 made in the last hour, else 0."""
    area = area_of(network)
    if not area:
        return 0
    recent = Report.created_at.between(now - timedelta(hours=1), now + _CLOCK_SLACK)
    query = select(func.count()).where(in_area(Report.network, area), recent)
    return session.scalar(query) or 0


def is_from_area(session: Session, comment_id: int, network: str) -> bool:
    """Return True if another network of this IPv6 /48 reported the comment."""
    area = area_of(network)
    if not area:
        return False
    query = select(Report.id).where(Report.comment_id == comment_id, in_area(Report.network, area))
    return session.scalar(query.limit(1)) is not None


def histories(session: Session, network: str, author_id: int | None) -> Sequence[ReportHistory]:
    """Return the outcomes of the newest settled reports of a network, and of an author.

    One comment makes a new author, so the network's history counts beside the author's.
    """
    found = [_history(session, Report.network == network)]
    if author_id is not None:
        found.append(_history(session, Report.author_id == author_id))
    return found


def _history(session: Session, by: ColumnElement[bool], limit: int = 100) -> ReportHistory:
    newest = select(Report.upheld).where(by, Report.upheld.is_not(None))
    inner = newest.order_by(Report.id.desc()).limit(limit).subquery()
    upheld = func.count(case((inner.c.upheld.is_(True), 1)))
    settled, right = session.execute(select(func.count(), upheld).select_from(inner)).one()
    return ReportHistory(settled, right)


def open_weight(session: Session, comment_id: int) -> float:
    """Return the total weight of a comment's open reports, each of another network and author."""
    query = select(func.sum(Report.weight)).where(Report.comment_id == comment_id, _open())
    return round(float(session.scalar(query) or 0.0), 6)


def open_kinds(session: Session, comment_id: int) -> Mapping[str, int]:
    """Return kind → number of open reports of a comment, most frequent first."""
    return _kinds(session, [comment_id]).get(comment_id, {})


def dismissed(session: Session, comment_id: int) -> bool:
    """Return True if a moderator approved this comment after it had been reported."""
    query = select(Report.id).where(Report.comment_id == comment_id, Report.upheld.is_(False))
    return session.scalar(query.limit(1)) is not None


def settle_by_decision(session: Session, comment: Comment) -> None:
    """Settle or reopen a comment's reports according to the newest decision in effect.

    Approving a comment dismisses its reports; marking it as spam or rejecting it upholds them;
    returning it to the queue does neither.
    """
    any_report = select(Report.id).where(Report.comment_id == comment.id).limit(1)
    if session.scalar(any_report) is None:
        return
    decided = select(Decision.created_at, Decision.to_status).where(
        Decision.comment_id == comment.id, Decision.to_status != PENDING, *in_effect()
    )
    at, to_status = session.execute(decided.order_by(Decision.id.desc()).limit(1)).first() or (
        None,
        "",
    )
    _update(session, comment, {"settled_at": None, "upheld": None})
    if at is not None:
        upheld = to_status != PUBLISHED
        _update(session, comment, {"settled_at": at, "upheld": upheld}, Report.created_at <= at)
    recount(session, comment)


def recount(session: Session, comment: Comment) -> None:
    """Update a comment's report count from its open reports."""
    session.flush()
    query = select(func.count()).where(Report.comment_id == comment.id, _open())
    comment.report_count = session.scalar(query) or 0
    comment.reported = comment.report_count > 0
    comment.best = best(comment.like_count, comment.report_count)


def open_reports(session: Session, comment_ids: Sequence[int]) -> Mapping[int, OpenReports]:
    """Return comment id → its open reports, in two queries."""
    if not comment_ids:
        return {}
    kinds, words = _kinds(session, comment_ids), _words(session, comment_ids)
    return {key: OpenReports(found, words.get(key, ())) for key, found in kinds.items()}


def forget_networks(session: Session, before: datetime, limit: int) -> int:
    """Erase at most ``limit`` keyed hashes of reporters older than a time; return how many."""
    query = update(Report).where(Report.created_at < before, ~Report.network.startswith(_GONE))
    # one report per network and comment: what replaces the hash must differ from row to row
    values = query.values(network=literal(_GONE) + cast(Report.id, String))
    return change_some(session, values, limit)


def _open() -> ColumnElement[bool]:
    return Report.settled_at.is_(None)


def _update(
    session: Session, comment: Comment, values: Mapping[str, object], *which: ColumnElement[bool]
) -> None:
    query = update(Report).where(Report.comment_id == comment.id, *which).values(**values)
    session.execute(query.execution_options(synchronize_session=False))


def _kinds(session: Session, comment_ids: Sequence[int]) -> Mapping[int, Mapping[str, int]]:
    count = func.count()
    query = select(Report.comment_id, Report.kind, count)
    query = query.where(Report.comment_id.in_(comment_ids), _open())
    query = query.group_by(Report.comment_id, Report.kind).order_by(count.desc(), Report.kind)
    found: dict[int, dict[str, int]] = {}
    for key, kind, number in session.execute(query):
        found.setdefault(key, {})[kind] = number
    return found


def _words(
    session: Session, comment_ids: Sequence[int]
) -> Mapping[int, Sequence[tuple[str, str, str]]]:
    place = func.row_number().over(partition_by=Report.comment_id, order_by=Report.id.desc())
    inner = select(Report.id, place.label("place"))
    inner = inner.where(Report.comment_id.in_(comment_ids), _open(), Report.reason != "")
    numbered = inner.subquery()
    query = (
        select(Report.comment_id, Report.kind, Report.reason, Author.name)
        .join(numbered, numbered.c.id == Report.id)
        .outerjoin(Author, Author.id == Report.author_id)
        .where(numbered.c.place <= WORDS_SHOWN)
        .order_by(Report.id.desc())
    )
    found: dict[int, list[tuple[str, str, str]]] = {}
    for key, kind, reason, name in session.execute(query):
        found.setdefault(key, []).append((kind, reason, name or ""))
    return found
