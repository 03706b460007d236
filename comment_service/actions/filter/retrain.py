"""A site's model learns from its labels: ordered by a person or the clock, done by the worker."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.errors import Unacceptable
from comment_service.runtime import Runtime, Trained
from comment_service.storage import tables as t
from comment_service.storage.db import outbox
from comment_service.storage.db.session import serialise
from comment_service.storage.filter import labels, versions
from comment_service.storage.tables import OutboxRow

RETRAIN = "retrain"
"""Kind of the outbox row that has the worker train."""

LEAST = 5
"""Labels of each kind below which nothing can be learned."""


@dataclass(frozen=True)
class Kept:
    """The version that was made, and whether it judges now."""

    model_id: str
    promoted: bool


def order(*, session: Session, runtime: Runtime, site_id: int, actor: str) -> int:
    """Have the worker train a candidate; one that is ordered already is not ordered again.

    Returns:
        The outbox row's id, under which the progress is told.

    Raises:
        Unacceptable: there is too little to learn from.
    """
    serialise(session, f"retrain {site_id}")
    if not can_learn(labels.count(session, site_id)):
        raise Unacceptable(
            f"There is too little to learn from. Decide at least {LEAST} honest comments and "
            f"{LEAST} spam ones first."
        )
    waiting = _waiting(session, site_id)
    if waiting is not None:
        return waiting.id
    row = outbox.put(session, RETRAIN, {}, runtime.now())
    session.flush()
    row.payload = {"site_id": site_id, "actor": actor, "row_id": row.id}
    return row.id


def can_learn(known: Mapping[str, int]) -> bool:
    """Tell whether there are enough labels of each kind to learn from."""
    return min(known.get(label, 0) for label in labels.LEARNED) >= LEAST


def _waiting(session: Session, site_id: int) -> OutboxRow | None:
    """Return the site's training that is neither done nor given up."""
    query = select(OutboxRow).where(
        OutboxRow.kind == RETRAIN, OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None)
    )
    rows = session.scalars(query.order_by(OutboxRow.id))
    return next((row for row in rows if row.payload.get("site_id") == site_id), None)


def progress(*, session: Session, site_id: int) -> Mapping[str, object]:
    """Return how far a training is: ``running``, and ``step``, ``done``, ``total``, ``error``."""
    row = _waiting(session, site_id)
    if row is None:
        return {"running": False}
    told = {key: row.payload.get(key) for key in ("step", "done", "total")}
    return {"running": True, **told, "error": row.last_error}


def is_due(*, session: Session, runtime: Runtime, site_id: int) -> bool:
    """Tell whether enough was decided, or long enough ago, since the site's last training."""
    last = next(iter(versions.of_site(session, site_id, limit=1)), None)
    learned = int(last.report.get("newest_label", 0)) if last else 0
    new = sum(labels.count(session, site_id, after=learned).values())
    if not can_learn(labels.count(session, site_id)):
        return False
    if new >= runtime.settings.retrain_labels:
        return True
    rested = last is None or runtime.now() - last.created_at >= timedelta(days=1)
    return rested and new >= runtime.settings.retrain_least


def advance(
    *, session: Session, runtime: Runtime, row_id: int, step: str, of: tuple[int, int]
) -> None:
    """Note how far a training is, and keep its lease: no second worker shall begin it anew."""
    row = session.get(OutboxRow, row_id)
    if row is not None:
        row.payload = {**row.payload, "step": step, "done": of[0], "total": of[1]}
        row.leased_until = runtime.now() + outbox.LEASE


def lessons(*, session: Session, site_id: int) -> Iterator[Mapping[str, Any]]:
    """Yield what counts, oldest first, in the form in which a trainer learns it."""
    for lesson in labels.lessons(session, site_id):
        yield {
            "text": lesson.text,
            "spam": lesson.spam,
            "author": lesson.author,
            "email": lesson.email,
            "url": lesson.url,
            "created": lesson.created.isoformat(),
            "page": lesson.page,
            "page_title": lesson.page_title,
            "source": lesson.source,
            "weight": lesson.weight,
        }


def keep(
    *,
    session: Session,
    runtime: Runtime,
    site_id: int,
    trained: Trained,
    newest_label: int,
    actor: str,
) -> Kept:
    """Keep a trained model as a version; where it may, let it judge from now on."""
    model_id = f"{trained.card['name']}-{trained.card['arrays_sha256'][:8]}"
    report = {**trained.report, "newest_label": newest_label}
    known = versions.find(session, model_id)
    if known is not None:  # the same labels gave the same model: only the report is new
        known.report = report
        return Kept(model_id, promoted=False)
    versions.retire_candidates(session, site_id)
    row = t.Model(id=model_id, site_id=site_id, state=versions.CANDIDATE, card=dict(trained.card))
    row.report, row.arrays, row.actor = report, trained.arrays, actor
    row.created_at = runtime.now()
    session.add(row)
    session.flush()
    if trained.promoted:
        now, reason = runtime.now(), str(report["sentence"])
        versions.activate(session, site_id, model_id, actor=actor, reason=reason, now=now)
    return Kept(model_id, promoted=trained.promoted)
