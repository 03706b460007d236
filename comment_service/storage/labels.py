"""What people taught: labels in the order of their time, with how much each counts.

Labels come from decisions and imports. What an API client sends is kept in quarantine: it counts
nothing until a person releases it. No single source outside the moderators may outweigh the rest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from comment_service.storage.tables import Comment, Label, Page

DECISION = "decision"
IMPORT = "import"
API = "api"
LEARNED = ("ham", "spam")
MAX_SHARE = 0.3
"""Share of all weight that one actor outside the moderators may have."""
_CHUNK = 1000


@dataclass(frozen=True)
class Lesson:
    """One label as a model learns it."""

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


def _in_force(site_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Label.site_id == site_id,
        Label.withdrawn_at.is_(None),
        Label.label.in_(LEARNED),
        Label.source != API,
    )


def count(session: Session, site_id: int, after: int = 0) -> Mapping[str, int]:
    """Return how many labels of each kind count; ``after`` a label's id, only newer ones."""
    query = select(Label.label, func.count()).where(*_in_force(site_id), Label.id > after)
    return dict(session.execute(query.group_by(Label.label)).all())


def newest(session: Session, site_id: int) -> int:
    """Return the id of the newest label, 0 where there is none."""
    return session.scalar(select(func.max(Label.id)).where(Label.site_id == site_id)) or 0


def lessons(session: Session, site_id: int) -> Iterator[Lesson]:
    """Yield what counts, oldest first, in stretches of 1,000: memory does not grow with them."""
    caps = _caps(session, site_id)
    last = 0
    while True:
        found = _stretch(session, site_id, last)
        read = [
            _lesson(label, url or "", title or "", caps.get((label.source, label.actor), 1.0))
            for label, url, title in found
        ]
        session.expunge_all()
        yield from read  # plain values: the session may be used for something else meanwhile
        if len(read) < _CHUNK:
            return
        last = read[-1].id


def _stretch(
    session: Session, site_id: int, after: int
) -> Sequence[tuple[Label, str | None, str | None]]:
    query = (
        select(Label, Page.url, Page.title)
        .outerjoin(Comment, Comment.id == Label.comment_id)
        .outerjoin(Page, Page.id == Comment.page_id)
        .where(*_in_force(site_id), Label.id > after)
        .order_by(Label.id)
        .limit(_CHUNK)
    )
    return [(label, url, title) for label, url, title in session.execute(query)]


def _lesson(label: Label, url: str, title: str, share: float) -> Lesson:
    return Lesson(
        id=label.id,
        text=label.text,
        spam=label.label == "spam",
        author=label.author,
        email=label.email,
        url=label.url,
        created=label.created_at,
        page=url,
        page_title=title,
        source=label.source,
        actor=label.actor,
        weight=label.weight * share,
    )


def _caps(session: Session, site_id: int) -> Mapping[tuple[str, str], float]:
    """Return by how much the weight of an actor outside the moderators is scaled down."""
    query = select(Label.source, Label.actor, func.sum(Label.weight)).where(*_in_force(site_id))
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


def sources(session: Session, site_id: int) -> Sequence[tuple[str, str, int, int]]:
    """Return (source, actor, labels, of them in force), for the owner's page."""
    counted = func.count().filter(Label.withdrawn_at.is_(None))
    query = select(Label.source, Label.actor, func.count(), counted)
    query = query.where(Label.site_id == site_id).group_by(Label.source, Label.actor)
    return [(s, a, n, m) for s, a, n, m in session.execute(query.order_by(Label.source))]


def forget(session: Session, site_id: int, source: str, actor: str, now: datetime) -> int:
    """Let everything that one source and actor taught count no more; return how many."""
    query = update(Label).where(
        Label.site_id == site_id,
        Label.source == source,
        Label.actor == actor,
        Label.withdrawn_at.is_(None),
    )
    rows = session.execute(
        query.values(withdrawn_at=now).execution_options(synchronize_session=False)
    )
    return int(rows.rowcount)  # type: ignore[attr-defined]
