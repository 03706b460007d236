"""Train a site's model from its labels: requested by a person or a schedule, done by the worker."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.filter import activate
from comment_service.errors import Unacceptable
from comment_service.runtime import Runtime, TrainingResult
from comment_service.spam.training.stream_sample import choose_labels
from comment_service.storage import tables as t
from comment_service.storage.db import outbox
from comment_service.storage.db.session import announce, serialise
from comment_service.storage.filter import labels, versions
from comment_service.storage.tables import OutboxRow
from comment_service.text.sentences import staff_sentence

RETRAIN = "retrain"
"""Outbox kind: train a model."""

MIN_LABELS = 5
"""Minimum labels of each kind for a training."""

_OVERTAKEN = staff_sentence(
    "Kept as a candidate: another model became active during the training; retrain "
    "to compare with it."
)


@dataclass(frozen=True)
class StoredVersion:
    """The stored version, and whether it is active now."""

    model_id: str
    promoted: bool


def request_training(*, session: Session, runtime: Runtime, site_id: int, actor: str) -> int:
    """Enqueue a training; returns the pending one if there is one already.

    Returns:
        The outbox row's id, which ``record_progress`` updates with the progress.

    Raises:
        Unacceptable: there are too few labels.
    """
    serialise(session, f"retrain {site_id}")
    if not has_enough_labels(labels.count(session, site_id)):
        raise Unacceptable(
            "There is too little to learn from. Decide at least %(number)s honest comments "
            "and %(number)s spam ones first.",
            number=MIN_LABELS,
        )
    pending = _pending_training(session, site_id)
    if pending is not None:
        return pending.id
    row = outbox.enqueue(session, RETRAIN, {}, runtime.now())
    session.flush()
    row.payload = {"site_id": site_id, "actor": actor, "row_id": row.id}
    return row.id


def has_enough_labels(counts: Mapping[str, int]) -> bool:
    """Return True if there are enough labels of each kind."""
    return min(counts.get(label, 0) for label in labels.LEARNED) >= MIN_LABELS


def _pending_training(session: Session, site_id: int) -> OutboxRow | None:
    """Return the site's unfinished training, None if there is none."""
    query = select(OutboxRow).where(
        OutboxRow.kind == RETRAIN, OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None)
    )
    rows = session.scalars(query.order_by(OutboxRow.id))
    return next((row for row in rows if row.payload.get("site_id") == site_id), None)


def progress(*, session: Session, site_id: int) -> Mapping[str, object]:
    """Return the progress of a training: ``running``, ``step``, ``done``, ``total``, ``error``."""
    row = _pending_training(session, site_id)
    if row is None:
        return {"running": False}
    progress_values = {key: row.payload.get(key) for key in ("step", "done", "total")}
    return {"running": True, **progress_values, "error": row.last_error}


def is_due(*, session: Session, runtime: Runtime, site_id: int) -> bool:
    """Return True if a training is due: enough new labels, or enough time with some."""
    last = next(iter(versions.of_site(session, site_id, limit=1)), None)
    newest_label = int(last.report.get("newest_label", 0)) if last else 0
    new = sum(labels.count(session, site_id, after=newest_label).values())
    if not has_enough_labels(labels.count(session, site_id)):
        return False
    if new >= runtime.settings.retrain_labels:
        return True
    day_passed = last is None or runtime.now() - last.created_at >= timedelta(days=1)
    return day_passed and new >= runtime.settings.retrain_least


def record_progress(
    *, session: Session, runtime: Runtime, row_id: int, step: str, of: tuple[int, int]
) -> None:
    """Store the progress and extend the lease, so that no second worker starts it."""
    row = session.get(OutboxRow, row_id)
    if row is not None:
        row.payload = {**row.payload, "step": step, "done": of[0], "total": of[1]}
        row.leased_until = runtime.now() + outbox.LEASE


def training_examples(*, session: Session, site_id: int) -> Iterator[Mapping[str, Any]]:
    """Yield the valid labels to learn from, oldest first, as training examples."""
    rows = labels.TrainingRows(session, site_id)
    for label in choose_labels(labels.training_ids(session, site_id), rows.of):
        yield {
            "id": label.id,
            "text": label.text,
            "spam": label.spam,
            "author": label.author,
            "email": label.email,
            "url": label.url,
            "created": label.created.isoformat(),
            "page": label.page,
            "page_title": label.page_title,
            "source": label.source,
            "weight": label.weight,
        }


def store_version(
    *,
    session: Session,
    runtime: Runtime,
    site_id: int,
    trained: TrainingResult,
    newest_label: int,
    actor: str,
) -> StoredVersion:
    """Store a trained model as a version, and activate it if the comparison allows it."""
    model_id = f"{trained.card['name']}-{trained.card['arrays_sha256'][:8]}"
    report = {**trained.report, "newest_label": newest_label}
    existing = versions.find(session, model_id)
    if existing is not None:  # the same labels gave the same model: only the report is new
        existing.report = report
        return StoredVersion(model_id, promoted=False)
    versions.retire_candidates(session, site_id)
    row = t.Model(id=model_id, site_id=site_id, state=versions.CANDIDATE, card=dict(trained.card))
    row.report, row.arrays, row.actor = report, trained.arrays, actor
    row.created_at = runtime.now()
    session.add(row)
    session.flush()
    promoted = trained.promoted
    if promoted and not _is_compared_with_active(session, runtime, site_id, report):
        row.report = {**report, "promoted": False, "sentence": _OVERTAKEN}
        promoted = False
    _announce_training(session, row, promoted=promoted)
    if promoted:
        reason = str(report["sentence"])
        activate.activate(session, runtime, site_id, model_id, actor=actor, reason=reason)
    return StoredVersion(model_id, promoted=promoted)


def _announce_training(session: Session, model: t.Model, *, promoted: bool) -> None:
    announce(
        session,
        events.model_trained.name,
        session.get_one(t.Site, model.site_id).key,
        model_id=model.id,
        promoted=promoted,
        sentence=str(model.report.get("sentence", "")),
    )


def _is_compared_with_active(
    session: Session, runtime: Runtime, site_id: int, report: Mapping[str, Any]
) -> bool:
    """Return False if an owner switched models while the training ran."""
    serialise(session, f"retrain {site_id}")
    active = versions.active_id(session, site_id)
    shipped = runtime.classifier.model_id if runtime.classifier else None
    return report.get("against") == (active or shipped)
