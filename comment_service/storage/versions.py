"""A site's spam models: immutable versions, the one that judges, and every switch between them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, undefer

from comment_service.storage.tables import Model, Site, Switch

CANDIDATE = "candidate"
ACTIVE = "active"
RETIRED = "retired"


def active_id(session: Session, site_id: int) -> str | None:
    """Return the id of the model that judges; None for the one that ships."""
    return session.scalar(select(Site.model_id).where(Site.id == site_id))


def find(session: Session, model_id: str) -> Model | None:
    """Return a version with its arrays."""
    query = select(Model).where(Model.id == model_id).options(undefer(Model.arrays))
    return session.scalar(query)


def of_site(session: Session, site_id: int, limit: int = 50) -> Sequence[Model]:
    """Return a site's versions without their arrays, newest first."""
    query = select(Model).where(Model.site_id == site_id)
    return list(session.scalars(query.order_by(Model.created_at.desc(), Model.id).limit(limit)))


def candidate_id(session: Session, site_id: int) -> str | None:
    """Return the newest candidate, which is scored in the shadow."""
    query = select(Model.id).where(Model.site_id == site_id, Model.state == CANDIDATE)
    return session.scalar(query.order_by(Model.created_at.desc()).limit(1))


def switches(session: Session, site_id: int, limit: int = 50) -> Sequence[Switch]:
    """Return the changes of the active model, newest first."""
    query = select(Switch).where(Switch.site_id == site_id)
    return list(session.scalars(query.order_by(Switch.id.desc()).limit(limit)))


def activate(
    session: Session, site_id: int, model_id: str | None, *, actor: str, reason: str, now: datetime
) -> None:
    """Turn the site's pointer, give both models their state, and write the audit line."""
    before = active_id(session, site_id)
    _state(session, before, RETIRED)
    _state(session, model_id, ACTIVE)
    turned = update(Site).where(Site.id == site_id).values(model_id=model_id)
    session.execute(turned.execution_options(synchronize_session="fetch"))
    row = Switch(site_id=site_id, from_id=before, to_id=model_id, actor=actor, reason=reason)
    row.created_at = now
    session.add(row)
    session.flush()


def retire_candidates(session: Session, site_id: int) -> None:
    """Let no older candidate be scored in the shadow any more."""
    query = update(Model).where(Model.site_id == site_id, Model.state == CANDIDATE)
    session.execute(query.values(state=RETIRED).execution_options(synchronize_session="fetch"))


def _state(session: Session, model_id: str | None, state: str) -> None:
    if model_id is not None:
        turned = update(Model).where(Model.id == model_id).values(state=state)
        session.execute(turned.execution_options(synchronize_session="fetch"))
