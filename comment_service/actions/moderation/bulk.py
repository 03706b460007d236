"""One decision about many comments: begun once, done in stretches, taken back as one.

A stretch is one transaction, so that a hundred thousand do not keep everybody else from writing.
Each comment gets its own decision, with its audit line and its label; the batch ties them together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.actions.moderation import bulk_undo, decide
from comment_service.errors import CommentGone, InvalidFields, NothingToUndo, NotThere
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.admin.rights import Rights
from comment_service.storage.db import locks
from comment_service.storage.moderation import comment_history, filters
from comment_service.storage.moderation.filters import Filter
from comment_service.storage.tables.base import MAX_ID

STRETCH = 100
"""Comments decided in one transaction."""
MOST_PICKED = 1000


def begin(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    decision: str,
    asked: Filter | None = None,
    picked: Sequence[int] = (),
    expected: int | None = None,
) -> t.Batch:
    """Write the audit line of a batch: over a filter as it stands now, or over picked comments.

    Whatever is asked for, it stays within the sites where the moderator decides. ``expected`` is
    how many there are, where that was counted before.

    Raises:
        InvalidFields: the decision is none, or nothing is chosen.
        NotThere: none of the picked comments is there where this moderator decides.
    """
    if decision not in decide.OUTCOMES or (asked is None and not picked):
        raise InvalidFields({"decision": ["Choose comments, and what shall become of them."]})
    may = rights.of(session, moderator_id)
    asked = replace(asked, sites=may.scope) if asked else None
    ids, sites = _picked(session, may, picked) if asked is None else ([], [])
    newest = ids[:1] if asked is None else _newest(session, asked)
    chosen = {"ids": ids, "sites": sites} if asked is None else {"filter": stored(asked)}
    return comment_history.begin_batch(
        session,
        moderator_id=moderator_id,
        decision=decision,
        query=chosen,
        expected=len(ids) if asked is None else expected or filters.count(session, asked),
        newest_id=newest[0] if newest else 0,
        now=runtime.now(),
    )


def _picked(
    session: Session, may: Rights, picked: Sequence[int]
) -> tuple[list[int], Sequence[int]]:
    """Return the picked comments that are the moderator's to decide, and their sites.

    Raises:
        NotThere: none is.
    """
    wanted = sorted({int(key) for key in picked}, reverse=True)[:MOST_PICKED]
    query = select(t.Comment.id, t.Comment.site_id).where(t.Comment.id.in_(wanted))
    sites: dict[int, int] = dict(session.execute(query).all())
    ids = [key for key in wanted if key in sites and may.moderates(sites[key])]
    if not ids:
        raise NotThere("None of the chosen comments is there (any more).")
    return ids, sorted({sites[key] for key in ids})


def of_moderator(session: Session, may: Rights, batch_id: int) -> t.Batch | None:
    """Return a batch, None where it is about a site on which the moderator does not decide."""
    batch = session.get(t.Batch, batch_id)
    return batch if batch is not None and is_for(batch, may) else None


def is_for(batch: t.Batch, may: Rights) -> bool:
    """Tell whether a batch is a moderator's to see, to go on with and to take back.

    It is about sites on which they decide, and no others; what took a person's decisions back is
    the site's owner's.
    """
    if batch.decision == decide.UNDO:
        return may.owns(batch.query["site"])
    return may.covers(_sites(batch))


def _sites(batch: t.Batch) -> Sequence[int] | None:
    """Return the sites that a batch is about, None for every one."""
    chosen: Mapping[str, Any] = batch.query.get("filter", batch.query)
    found: Sequence[int] | None = chosen.get("sites")
    return [chosen["site"]] if chosen.get("site") is not None else found


def step(*, session: Session, runtime: Runtime, moderator_id: int, batch_id: int) -> t.Batch:
    """Decide the next stretch of a batch; one that is finished, or taken back, stays as it is.

    Raises:
        NotThere: there is no such batch where this moderator decides.
    """
    batch = _locked(session, moderator_id, batch_id)
    if batch.finished_at is not None or batch.undo_at is not None:
        return batch
    if batch.decision == decide.UNDO:
        ids = bulk_undo.stretch(
            session=session,
            runtime=runtime,
            moderator_id=moderator_id,
            batch=batch,
            limit=STRETCH,
        )
    else:
        ids = _decide(session, runtime, moderator_id, batch)
    batch.reached_id = ids[-1] if ids else 0
    if len(ids) < STRETCH:
        batch.finished_at = runtime.now()
    session.flush()
    return batch


def _decide(session: Session, runtime: Runtime, moderator_id: int, batch: t.Batch) -> Sequence[int]:
    """Decide about the next comments of a batch; return their ids."""
    ids = _next(session, batch)
    locks.pages_of(session, ids)
    outcome = decide.OUTCOMES[batch.decision]
    query = select(t.Comment.id, t.Comment.status).where(t.Comment.id.in_(ids))
    statuses: dict[int, str] = dict(session.execute(query).all())
    for key in ids:
        if statuses.get(key, t.DELETED) not in {outcome, t.DELETED}:
            decide.decide(
                session=session,
                runtime=runtime,
                moderator_id=moderator_id,
                comment_id=key,
                decision=batch.decision,
                batch_id=batch.id,
            )
            batch.decided += 1
    return ids


def undo_step(*, session: Session, runtime: Runtime, moderator_id: int, batch_id: int) -> bool:
    """Take the next stretch of a batch back; return whether there is more.

    What was decided anew since is left as it is.

    Raises:
        NotThere: there is no such batch where this moderator decides.
    """
    batch = _locked(session, moderator_id, batch_id)
    if batch.undo_at is not None and batch.undo_reached_id == 0:
        return False
    if batch.undo_at is None:
        batch.undo_at, batch.undo_by_id = runtime.now(), moderator_id
        batch.finished_at = batch.finished_at or runtime.now()
    query = select(t.Decision).where(
        t.Decision.batch_id == batch.id, t.Decision.id < (batch.undo_reached_id or MAX_ID)
    )
    rows = list(session.scalars(query.order_by(t.Decision.id.desc()).limit(STRETCH)))
    locks.pages_of(session, [row.comment_id for row in rows])
    for row in rows:
        batch.undone += _undo(session, runtime, moderator_id, row)
    batch.undo_reached_id = rows[-1].id if rows else 0
    session.flush()
    return len(rows) == STRETCH


def _undo(session: Session, runtime: Runtime, moderator_id: int, row: t.Decision) -> int:
    """Take one decision back, or decide again what the batch took back; return how many it was."""
    try:
        if row.undoes_id is None:
            decide.undo(
                session=session, runtime=runtime, moderator_id=moderator_id, decision_id=row.id
            )
        else:
            decide.redo(session=session, runtime=runtime, moderator_id=moderator_id, undo_id=row.id)
    except (CommentGone, NothingToUndo):  # erased, taken back one by one, or decided anew
        return 0
    return 1


def _locked(session: Session, moderator_id: int, batch_id: int) -> t.Batch:
    batch = session.get(t.Batch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None or not is_for(batch, rights.of(session, moderator_id)):
        raise NotThere("There is no such batch.")
    return batch


def _newest(session: Session, asked: Filter) -> list[int]:
    return [key for _, key in filters.stretch(session, asked, sort="newest", after=None, limit=1)]


def _next(session: Session, batch: t.Batch) -> Sequence[int]:
    """Return the next comments of a batch, the youngest first."""
    if "ids" in batch.query:
        return [key for key in batch.query["ids"] if key < batch.reached_id][:STRETCH]
    asked = replace(restored(batch.query["filter"]), newest_id=batch.newest_id)
    after = (0, batch.reached_id)
    found = filters.stretch(session, asked, sort="newest", after=after, limit=STRETCH)
    return [key for _, key in found]


def stored(asked: Filter) -> dict[str, Any]:
    """Return a filter as plain values."""
    found = asdict(asked)
    for name in ("since", "until"):
        found[name] = found[name].isoformat() if found[name] else None
    return found


def restored(found: Mapping[str, Any]) -> Filter:
    """Return the filter that was stored."""
    times = {
        name: datetime.fromisoformat(found[name]) if found.get(name) else None
        for name in ("since", "until")
    }
    sites = None if found.get("sites") is None else tuple(found["sites"])
    return Filter(**{**found, **times, "sites": sites})
