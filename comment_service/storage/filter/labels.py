"""Labels in order of time, with their weights.

Labels come from decisions and imports. Labels from an API key are quarantined: they do not count
until the key has agreed with people often enough (``actions/filter/external_check.py``). No single
source outside the moderators may outweigh the rest.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from comment_service.storage.tables import PUBLISHED, ApiKey, Comment, Forgetting, Label, Page

DECISION = "decision"
IMPORT = "import"
API = "api"
LEARNED = ("ham", "spam")
MAX_SHARE = 0.3
"""Largest share of all weight that one actor outside the moderators can have."""
_CHUNK = 1000
COUNTED = 5000
"""Newest published comments that are counted."""


@dataclass(frozen=True)
class TrainingRow:
    """One label as a training row."""

    id: int
    text: str
    spam: bool
    author: str
    email: str
    url: str
    created: datetime
    page: str
    page_title: str
    source: str
    actor: str
    weight: float


def retracted() -> ColumnElement[bool]:
    """Select the labels that an owner retracted."""
    mark = select(Forgetting.id).where(
        Forgetting.site_id == Label.site_id,
        Forgetting.source == Label.source,
        Forgetting.actor == Label.actor,
        Forgetting.undone_at.is_(None),
        Forgetting.newest_label >= Label.id,
    )
    return mark.exists()


def in_force(site_id: int) -> tuple[ColumnElement[bool], ...]:
    """Select a site's labels that count."""
    return (
        Label.site_id == site_id,
        Label.withdrawn_at.is_(None),
        Label.label.in_(LEARNED),
        or_(Label.source != API, Label.actor.in_(_trusted_keys(site_id))),
        ~retracted(),
    )


def _trusted_keys(site_id: int) -> Select[str]:
    """Select the actors of keys whose labels are released from quarantine."""
    actor = literal("key ") + cast(ApiKey.id, String)
    return select(actor).where(
        ApiKey.site_id == site_id, ApiKey.trusted_at.is_not(None), ApiKey.revoked_at.is_(None)
    )


def count(session: Session, site_id: int, after: int = 0) -> Mapping[str, int]:
    """Return the number of counting labels of each kind; with ``after``, only newer ones."""
    query = select(Label.label, func.count()).where(*in_force(site_id), Label.id > after)
    return dict(session.execute(query.group_by(Label.label)).all())


def count_unlabelled(session: Session, site_id: int) -> int:
    """Return how many of a site's newest published comments have no label that counts."""
    newest = (
        select(Comment.id)
        .where(Comment.site_id == site_id, Comment.status == PUBLISHED)
        .order_by(Comment.id.desc())
        .limit(COUNTED)
        .subquery()
    )
    labelled = select(Label.comment_id).where(*in_force(site_id), Label.comment_id.is_not(None))
    query = select(func.count()).where(newest.c.id.not_in(labelled))
    return session.scalar(query) or 0


def newest_id(session: Session, site_id: int) -> int:
    """Return the id of the newest label, 0 if there is none."""
    return session.scalar(select(func.max(Label.id)).where(Label.site_id == site_id)) or 0


def training_ids(session: Session, site_id: int) -> Sequence[int]:
    """Return the ids of all counting labels, oldest first."""
    query = select(Label.id).where(*in_force(site_id)).order_by(Label.id)
    return array("q", session.scalars(query.execution_options(yield_per=10_000)))


class TrainingRows:
    """Read a site's counting labels as training rows."""

    def __init__(self, session: Session, site_id: int) -> None:
        self._session = session
        self._site_id = site_id
        self._caps = _weight_caps(session, site_id)

    def of(self, ids: Sequence[int]) -> list[TrainingRow]:
        """Return the rows of some labels, in the order of the ids; at most 1,000 at a time."""
        place = {number: at for at, number in enumerate(ids)}
        found = self._rows(Label.id.in_(ids))
        return sorted(found, key=lambda row: place[row.id])

    def after(self, last: int, limit: int) -> list[TrainingRow]:
        """Return the oldest rows after an id."""
        return self._rows(Label.id > last, limit)

    def _rows(self, which: ColumnElement[bool], limit: int | None = None) -> list[TrainingRow]:
        query = _ROWS.where(*in_force(self._site_id), which).order_by(Label.id).limit(limit)
        return [self._row(*found) for found in self._session.execute(query)]

    def _row(self, id_: int, text: str, label: str, *rest: Any) -> TrainingRow:
        author, email, url, created, page, title, source, actor, weight = rest
        share = self._caps.get((source, actor), 1.0)
        return TrainingRow(
            id=id_,
            text=text,
            spam=label == "spam",
            author=author,
            email=email,
            url=url,
            created=created,
            page=page or "",
            page_title=title or "",
            source=source,
            actor=actor,
            weight=weight * share,
        )


_ROWS = (
    select(
        Label.id,
        Label.text,
        Label.label,
        Label.author,
        Label.email,
        Label.url,
        Label.created_at,
        Page.url,
        Page.title,
        Label.source,
        Label.actor,
        Label.weight,
    )
    .outerjoin(Comment, Comment.id == Label.comment_id)
    .outerjoin(Page, Page.id == Comment.page_id)
)


def training_rows(session: Session, site_id: int) -> Iterator[TrainingRow]:
    """Yield all counting labels, oldest first, 1,000 per query, so that memory does not grow."""
    rows = TrainingRows(session, site_id)
    last = 0
    while True:
        read = rows.after(last, _CHUNK)
        yield from read  # plain values: the session can be used elsewhere meanwhile
        if len(read) < _CHUNK:
            return
        last = read[-1].id


def _weight_caps(session: Session, site_id: int) -> Mapping[tuple[str, str], float]:
    """Return the factor by which the weight of each outside actor is scaled down."""
    query = select(Label.source, Label.actor, func.sum(Label.weight)).where(*in_force(site_id))
    found = {
        (s, a): float(w) for s, a, w in session.execute(query.group_by(Label.source, Label.actor))
    }
    total = sum(found.values())
    decided = sum(weight for (source, _), weight in found.items() if source == DECISION)
    allowed = max(MAX_SHARE * total, total - decided) if not decided else MAX_SHARE * total
    return {
        key: allowed / weight
        for key, weight in found.items()
        if key[0] != DECISION and weight > allowed
    }
