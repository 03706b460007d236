"""A site's spam models: immutable versions, the active one, and the log of switches."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.orm import Session, undefer

from comment_service.storage.db import paging, prepared
from comment_service.storage.tables import Model, Site, Switch

CANDIDATE = "candidate"
ACTIVE = "active"
RETIRED = "retired"

ROLLBACK = "rollback of"
"""Beginning of the reason of a switch that is a rollback."""
MAX_REPLAYED = 200
"""How many switches a rollback without a target looks back."""


_ACTIVE = select(Site.model_id).where(Site.id == bindparam("site_id"))
_CANDIDATE = (
    select(Model.id)
    .where(Model.site_id == bindparam("site_id"), Model.state == CANDIDATE)
    .order_by(Model.created_at.desc())
    .limit(prepared.fixed_limit(1))
)


def active_id(session: Session, site_id: int) -> str | None:
    """Return the id of the active model; None is the shipped one."""
    found: str | None = prepared.first(session, _ACTIVE, site_id=site_id)
    return found


def active_cards(session: Session) -> Sequence[tuple[str, Mapping[str, Any] | None]]:
    """Return (site key, card) of each site with an active model of its own; None if it is gone."""
    query = select(Site.key, Model.card).outerjoin(Model, Model.id == Site.model_id)
    rows = session.execute(query.where(Site.model_id.is_not(None)).order_by(Site.id))
    return [(key, card) for key, card in rows]


def find(session: Session, model_id: str) -> Model | None:
    """Return a version with its arrays."""
    query = select(Model).where(Model.id == model_id).options(undefer(Model.arrays))
    return session.scalar(query)


def find_without_arrays(session: Session, site_id: int, model_id: str) -> Model | None:
    """Return a site's version without its arrays."""
    return session.scalar(select(Model).where(Model.id == model_id, Model.site_id == site_id))


def of_site(session: Session, site_id: int, limit: int = 50) -> Sequence[Model]:
    """Return a site's newest versions without their arrays."""
    return versions_page(session, site_id, before=None, limit=limit)[0]


def all_versions(session: Session, site_id: int) -> Iterator[Model]:
    """Yield all versions of a site without their arrays, newest first."""
    before: str | None = None
    while True:
        found, before = versions_page(session, site_id, before=before, limit=50)
        yield from found
        if before is None:
            return


def versions_page(
    session: Session, site_id: int, *, before: str | None, limit: int
) -> tuple[Sequence[Model], str | None]:
    """Return a page of versions older than ``before``, newest first, and the next key."""
    query = select(Model).where(Model.site_id == site_id)
    last = find_without_arrays(session, site_id, before) if before is not None else None
    if last is not None:
        same = and_(Model.created_at == last.created_at, Model.id < last.id)
        query = query.where(or_(Model.created_at < last.created_at, same))
    query = query.order_by(Model.created_at.desc(), Model.id.desc())
    found = list(session.scalars(query.limit(limit + 1)))
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def candidate_id(session: Session, site_id: int) -> str | None:
    """Return the id of the newest candidate, which scores in shadow."""
    found: str | None = prepared.first(session, _CANDIDATE, site_id=site_id)
    return found


def formerly_active(session: Session, site_id: int) -> Sequence[str | None]:
    """Return the models that a rollback leads back through, nearest first (None: the shipped one).

    A rollback takes the models after its target away, so a second one goes further back and not
    forward again. Follows the newest ``MAX_REPLAYED`` switches.
    """
    newest, _next = switches(session, site_id, before=None, limit=MAX_REPLAYED)
    path: list[str | None] = [newest[-1].from_id] if newest else [None]
    for switch in reversed(newest):
        before = [at for at, model_id in enumerate(path[:-1]) if model_id == switch.to_id]
        if switch.reason.startswith(ROLLBACK) and before:
            del path[before[-1] + 1 :]
        else:
            path.append(switch.to_id)
    return path[-2::-1]


def switches(
    session: Session, site_id: int, *, before: int | None, limit: int
) -> tuple[Sequence[Switch], int | None]:
    """Return a page of switches of the active model, newest first, and the next key."""
    query = select(Switch).where(Switch.site_id == site_id)
    return paging.newest_page(session, query, Switch.id, before=before, limit=limit)


def was_active(session: Session, site_id: int, model_id: str | None) -> bool:
    """Return True if a version (None: the shipped one) was ever active."""
    if model_id is None:
        return True
    named = or_(Switch.from_id == model_id, Switch.to_id == model_id)
    query = select(Switch.id).where(Switch.site_id == site_id, named).limit(1)
    return session.scalar(query) is not None


def activate(
    session: Session, site_id: int, model_id: str | None, *, actor: str, reason: str, now: datetime
) -> None:
    """Change the site's active model, update both models' states, and write the audit entry."""
    before = active_id(session, site_id)
    _set_state(session, before, RETIRED)
    _set_state(session, model_id, ACTIVE)
    turned = update(Site).where(Site.id == site_id).values(model_id=model_id)
    session.execute(turned.execution_options(synchronize_session="fetch"))
    row = Switch(site_id=site_id, from_id=before, to_id=model_id, actor=actor, reason=reason)
    row.created_at = now
    session.add(row)
    session.flush()


def retire_candidates(session: Session, site_id: int) -> None:
    """Stop the shadow scoring of older candidates."""
    query = update(Model).where(Model.site_id == site_id, Model.state == CANDIDATE)
    session.execute(query.values(state=RETIRED).execution_options(synchronize_session="fetch"))


def _set_state(session: Session, model_id: str | None, state: str) -> None:
    if model_id is not None:
        turned = update(Model).where(Model.id == model_id).values(state=state)
        session.execute(turned.execution_options(synchronize_session="fetch"))
