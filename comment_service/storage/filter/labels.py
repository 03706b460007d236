"""What people taught: labels in the order of their time, with how much each counts.

Labels come from decisions and imports. What an API client sends is kept in quarantine: it counts
nothing until a person releases it. No single source outside the moderators may outweigh the rest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from comment_service.storage.tables import Comment, Forgetting, Label, Page

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


def forgotten() -> ColumnElement[bool]:
    """Select the labels that an owner let count no more, by a mark apart from their own."""
    mark = select(Forgetting.id).where(
        Forgetting.site_id == Label.site_id,
        Forgetting.source == Label.source,
        Forgetting.actor == Label.actor,
        Forgetting.undone_at.is_(None),
        Forgetting.newest_label >= Label.id,
    )
    return mark.exists()


def in_force(site_id: int) -> tuple[ColumnElement[bool], ...]:
    """Select the labels of a site that count."""
    return (
        Label.site_id == site_id,
        Label.withdrawn_at.is_(None),
        Label.label.in_(LEARNED),
        Label.source != API,
        ~forgotten(),
    )


def count(session: Session, site_id: int, after: int = 0) -> Mapping[str, int]:
    """Return how many labels of each kind count; ``after`` a label's id, only newer ones."""
    query = select(Label.label, func.count()).where(*in_force(site_id), Label.id > after)
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
        .where(*in_force(site_id), Label.id > after)
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
