"""Texts that other programs had checked, and how many, by month and blog."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from comment_service.storage.db import paging
from comment_service.storage.tables import ApiKey, CheckCount, ExternalCheck

COMPARED = 100
"""Newest texts judged by both that the agreement of a key with people is counted over."""
COUNTERS = ("spam", "ham", "missed_spam", "false_positives")

_JUDGED = (
    select(ExternalCheck.decided, ExternalCheck.reported)
    .join(ApiKey, ApiKey.id == ExternalCheck.key_id)
    .where(
        ExternalCheck.site_id == bindparam("site_id"),
        ExternalCheck.text_hash == bindparam("text_hash"),
        or_(
            ExternalCheck.decided != "",
            and_(
                ExternalCheck.reported != "",
                ApiKey.trusted_at.is_not(None),
                ApiKey.revoked_at.is_(None),
            ),
        ),
    )
    .order_by(ExternalCheck.id.desc())
    .limit(1)
)


def judgement(session: Session, site_id: int, text_hash: str) -> str:
    """Return how a text was judged last by a person or a trusted key: spam, ham or ""."""
    found = session.execute(_JUDGED, {"site_id": site_id, "text_hash": text_hash}).first()
    return (found.decided or found.reported) if found else ""


def find_same(session: Session, site_id: int, key_id: int, text_hash: str) -> ExternalCheck | None:
    """Return the newest text with this hash that a site's key had checked."""
    query = select(ExternalCheck).where(
        ExternalCheck.site_id == site_id,
        ExternalCheck.text_hash == text_hash,
        ExternalCheck.key_id == key_id,
    )
    return session.scalar(query.order_by(ExternalCheck.id.desc()).limit(1))


def load(session: Session, check_id: int) -> ExternalCheck | None:
    """Return a check by its id."""
    return session.get(ExternalCheck, check_id)


def newest_page(
    session: Session, site_id: int, *, answer: str, before: int | None, limit: int
) -> tuple[Sequence[ExternalCheck], int | None]:
    """Return a page of a site's checks, newest first, and the next key.

    ``answer`` is "spam", "ham", "disagreed" (the program reported otherwise) or "" for all.
    """
    query = select(ExternalCheck).where(ExternalCheck.site_id == site_id)
    if answer == "disagreed":
        reported = ExternalCheck.reported != ""
        query = query.where(reported, ExternalCheck.reported != ExternalCheck.answer)
    elif answer:
        query = query.where(ExternalCheck.answer == answer)
    query = query.options(joinedload(ExternalCheck.key))
    return paging.newest_page(session, query, ExternalCheck.id, before=before, limit=limit)


def agreement(session: Session, key_id: int) -> tuple[int, int]:
    """Return how many of a key's reports people judged too, and how many of them alike."""
    newest = (
        select(ExternalCheck.decided, ExternalCheck.reported)
        .where(
            ExternalCheck.key_id == key_id,
            ExternalCheck.decided != "",
            ExternalCheck.reported != "",
        )
        .order_by(ExternalCheck.id.desc())
        .limit(COMPARED)
        .subquery()
    )
    alike = func.count().filter(newest.c.decided == newest.c.reported)
    both, same = session.execute(select(func.count(), alike).select_from(newest)).one()
    return both, same


def count(session: Session, key_id: int, month: str, blog: str, *counters: str) -> None:
    """Count a call, and one in each of these counters, of a key, month and blog."""
    steps = dict.fromkeys(("calls", *counters), 1)
    _add(session, key_id, month, blog, steps)


def count_report(session: Session, key_id: int, month: str, blog: str, counter: str) -> None:
    """Count a mistake that a program reported."""
    _add(session, key_id, month, blog, {counter: 1})


def _add(session: Session, key_id: int, month: str, blog: str, steps: dict[str, int]) -> None:
    of = (CheckCount.key_id == key_id, CheckCount.month == month, CheckCount.blog == blog)
    values = {name: getattr(CheckCount, name) + step for name, step in steps.items()}
    changed = update(CheckCount).where(*of).values(values)
    changed = changed.execution_options(synchronize_session=False)
    if session.execute(changed).rowcount:  # type: ignore[attr-defined]
        return
    zero = dict.fromkeys(("calls", *COUNTERS), 0)
    try:
        with session.begin_nested():
            session.add(CheckCount(key_id=key_id, month=month, blog=blog, **{**zero, **steps}))
    except IntegrityError:  # another call counted first in the meantime (PostgreSQL)
        session.execute(changed)


def counts(session: Session, key_id: int, month: str) -> Sequence[CheckCount]:
    """Return a key's counts of a month, by blog."""
    query = select(CheckCount).where(CheckCount.key_id == key_id, CheckCount.month == month)
    return list(session.scalars(query.order_by(CheckCount.blog)))


def totals(session: Session, key_id: int, blog: str, *, since: str) -> Mapping[str, int]:
    """Return counter → number of a key's texts from a blog since a month."""
    sums = [func.coalesce(func.sum(getattr(CheckCount, name)), 0) for name in COUNTERS]
    query = select(*sums).where(
        CheckCount.key_id == key_id, CheckCount.blog == blog, CheckCount.month >= since
    )
    numbers = session.execute(query).one()
    return {name: int(number) for name, number in zip(COUNTERS, numbers, strict=True)}


def delete_older(session: Session, before: datetime, limit: int) -> int:
    """Delete some checks from before a time, return how many; labels and counts stay."""
    gone = delete(ExternalCheck).where(ExternalCheck.created_at < before)
    return paging.change_some(session, gone, limit)


def forget_networks(session: Session, before: datetime, limit: int) -> int:
    """Erase at most ``limit`` keyed hashes of addresses older than a time; return how many."""
    query = update(ExternalCheck).where(
        ExternalCheck.created_at < before, ExternalCheck.network != ""
    )
    return paging.change_some(session, query.values(network=""), limit)
