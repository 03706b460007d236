"""Bulk actions: one decision for many comments, carried out in batches and undone as one.

Each batch of comments is one transaction, so that a large action does not block other writers for
long. Each comment gets its own decision with audit entry and label; the bulk action links them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.actions.moderation import bulk_undo, decide, delete_permanently
from comment_service.actions.moderation.delete_permanently import ERASE
from comment_service.errors import CommentNotFound, DoesNotExist, InvalidFields, NothingToUndo
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.admin.rights import Rights
from comment_service.storage.db import locks
from comment_service.storage.moderation import comment_history, filters
from comment_service.storage.moderation.filters import Filter
from comment_service.storage.tables.base import MAX_ID
from comment_service.text.sentences import staff_sentence

BATCH_SIZE = 100
"""Comments decided in one transaction."""
MAX_SELECTED = 1000


def begin(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    decision: str,
    matching: Filter | None = None,
    selected: Sequence[int] = (),
    expected: int | None = None,
) -> t.Batch:
    """Create a bulk action for all comments that match a filter now, or for selected comments.

    It is limited to the sites where the moderator decides. ``expected`` is the number of comments,
    if the caller has counted them. ``ERASE`` deletes spam permanently, and cannot be undone.

    Raises:
        InvalidFields: the decision is unknown, or nothing is selected.
        DoesNotExist: none of the selected comments is on the moderator's sites.
    """
    if not _is_possible(decision, matching) or (matching is None and not selected):
        sentence = staff_sentence("Choose comments, and what to do with them.")
        raise InvalidFields({"decision": [sentence]})
    granted = rights.rights_of(session, moderator_id)
    matching = replace(matching, sites=granted.scope) if matching else None
    ids, sites = _selected(session, granted, selected) if matching is None else ([], [])
    newest = ids[0] if matching is None else newest_id(session, matching)
    query = (
        {"ids": ids, "sites": sites} if matching is None else {"filter": filter_to_json(matching)}
    )
    return comment_history.begin_batch(
        session,
        moderator_id=moderator_id,
        decision=decision,
        query=query,
        expected=len(ids) if matching is None else expected or filters.count(session, matching),
        newest_id=newest,
        now=runtime.now(),
    )


def _is_possible(decision: str, matching: Filter | None) -> bool:
    """Return True for a decision; permanent deletion concerns nothing but the spam queue."""
    if decision == ERASE:
        return matching is not None and matching.queue == t.SPAM
    return decision in decide.OUTCOMES


def _selected(
    session: Session, granted: Rights, selected: Sequence[int]
) -> tuple[list[int], Sequence[int]]:
    """Return the ids of the selected comments on the moderator's sites, and the sites' ids.

    Raises:
        DoesNotExist: there are none.
    """
    ids_sorted = sorted({int(key) for key in selected}, reverse=True)[:MAX_SELECTED]
    query = select(t.Comment.id, t.Comment.site_id).where(t.Comment.id.in_(ids_sorted))
    sites: dict[int, int] = dict(session.execute(query).all())
    ids = [key for key in ids_sorted if key in sites and granted.moderates(sites[key])]
    if not ids:
        raise DoesNotExist("None of the chosen comments is there (any more).")
    return ids, sorted({sites[key] for key in ids})


def find(session: Session, granted: Rights, batch_id: int) -> t.Batch | None:
    """Return a bulk action, None if it concerns a site that the moderator does not moderate."""
    batch = session.get(t.Batch, batch_id)
    return batch if batch is not None and may_access(batch, granted) else None


def may_access(batch: t.Batch, granted: Rights) -> bool:
    """Return True if a moderator may see, continue and undo a bulk action.

    They must moderate all its sites; the bulk undo of a person's decisions requires the site's
    owner.
    """
    if batch.decision == decide.UNDO:
        return granted.owns(batch.query["site"])
    return granted.covers(site_ids(batch))


def site_ids(batch: t.Batch) -> Sequence[int] | None:
    """Return the ids of the sites of a bulk action, None for every site."""
    query: Mapping[str, Any] = batch.query.get("filter", batch.query)
    several: Sequence[int] | None = query.get("sites")
    return [query["site"]] if query.get("site") is not None else several


def step(*, session: Session, runtime: Runtime, moderator_id: int, batch_id: int) -> t.Batch:
    """Decide the next comments of a bulk action; a finished or undone one stays as it is.

    Raises:
        DoesNotExist: there is no such bulk action on the moderator's sites.
    """
    batch = _lock(session, moderator_id, batch_id)
    if batch.finished_at is not None or batch.undo_at is not None:
        return batch
    if batch.decision == decide.UNDO:
        ids = bulk_undo.undo_next(
            session=session,
            runtime=runtime,
            moderator_id=moderator_id,
            batch=batch,
            limit=BATCH_SIZE,
        )
    else:
        ids = _decide(session, runtime, moderator_id, batch)
    batch.reached_id = ids[-1] if ids else 0
    if len(ids) < BATCH_SIZE:
        batch.finished_at = runtime.now()
        comment_history.forget_if_marked(batch)
    session.flush()
    return batch


def _decide(session: Session, runtime: Runtime, moderator_id: int, batch: t.Batch) -> Sequence[int]:
    """Decide the next comments; return their ids."""
    ids = _next(session, batch)
    if batch.decision == ERASE:
        batch.decided += delete_permanently.erase_spam(
            session=session,
            runtime=runtime,
            moderator_id=moderator_id,
            comment_ids=ids,
            batch_id=batch.id,
        )
        return ids
    locks.lock_pages_of(session, ids)
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
    """Undo the next decisions of a bulk action; return True if there are more.

    Comments that were decided again since then are left as they are.

    Raises:
        DoesNotExist: there is no such bulk action on the moderator's sites.
        NothingToUndo: it deleted comments permanently.
    """
    batch = _lock(session, moderator_id, batch_id)
    if batch.decision == ERASE:
        raise NothingToUndo("These comments were deleted permanently; nothing is left to undo.")
    if batch.undo_at is not None and batch.undo_reached_id == 0:
        return False
    if batch.undo_at is None:
        batch.undo_at, batch.undo_by_id = runtime.now(), moderator_id
        batch.finished_at = batch.finished_at or runtime.now()
        comment_history.forget_if_marked(batch)
    query = select(t.Decision).where(
        t.Decision.batch_id == batch.id, t.Decision.id < (batch.undo_reached_id or MAX_ID)
    )
    rows = list(session.scalars(query.order_by(t.Decision.id.desc()).limit(BATCH_SIZE)))
    locks.lock_pages_of(session, [row.comment_id for row in rows])
    for row in rows:
        batch.undone += _undo(session, runtime, moderator_id, row)
    batch.undo_reached_id = rows[-1].id if rows else 0
    session.flush()
    return len(rows) == BATCH_SIZE


def _undo(session: Session, runtime: Runtime, moderator_id: int, row: t.Decision) -> int:
    """Undo a decision, or redo one that a bulk undo undid; return the number of changes."""
    try:
        if row.undoes_id is None:
            decide.undo(
                session=session, runtime=runtime, moderator_id=moderator_id, decision_id=row.id
            )
        else:
            decide.redo(session=session, runtime=runtime, moderator_id=moderator_id, undo_id=row.id)
    except (CommentNotFound, NothingToUndo):  # deleted, undone on its own, or decided again
        return 0
    return 1


def _lock(session: Session, moderator_id: int, batch_id: int) -> t.Batch:
    batch = session.get(t.Batch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None or not may_access(batch, rights.rights_of(session, moderator_id)):
        raise DoesNotExist("There is no such batch.")
    return batch


def newest_id(session: Session, matching: Filter) -> int:
    """Return the id of the newest comment that matches a filter, 0 if none does."""
    found = filters.load_keys(session, matching, sort="newest", after=None, limit=1)
    return found[0][1] if found else 0


def _next(session: Session, batch: t.Batch) -> Sequence[int]:
    """Return the ids of the next comments of a bulk action, newest first."""
    if "ids" in batch.query:
        return [key for key in batch.query["ids"] if key < batch.reached_id][:BATCH_SIZE]
    matching = replace(filter_from_json(batch.query["filter"]), newest_id=batch.newest_id)
    after = (0, batch.reached_id)
    keys = filters.load_keys(session, matching, sort="newest", after=after, limit=BATCH_SIZE)
    return [key for _, key in keys]


def filter_to_json(matching: Filter) -> dict[str, Any]:
    """Return a filter as JSON values."""
    values = asdict(matching)
    for name in ("since", "until"):
        values[name] = values[name].isoformat() if values[name] else None
    return values


def filter_from_json(values: Mapping[str, Any]) -> Filter:
    """Return the filter from its JSON values."""
    times = {
        name: datetime.fromisoformat(values[name]) if values.get(name) else None
        for name in ("since", "until")
    }
    sites = None if values.get("sites") is None else tuple(values["sites"])
    return Filter(**{**values, **times, "sites": sites})
