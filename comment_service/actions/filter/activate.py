"""An owner changes a site's active model: activation, or a rollback."""

from sqlalchemy.orm import Session

from comment_service.errors import ModelNotFound, NothingToUndo
from comment_service.runtime import Runtime
from comment_service.storage.filter import versions

SHIPPED = "shipped"
"""Name that selects the model shipped with the package."""


def promote(
    *, session: Session, runtime: Runtime, site_id: int, model_id: str, actor: str, reason: str = ""
) -> str | None:
    """Activate a version of the site, or the shipped model; return its id (None if shipped).

    Raises:
        ModelNotFound: the site has no such version.
        NothingToUndo: it is active already.
    """
    version_id = _require_version(session, site_id, model_id)
    if versions.active_id(session, site_id) == version_id:
        raise NothingToUndo(f"{model_id} judges already.")
    versions.activate(
        session,
        site_id,
        version_id,
        actor=actor,
        reason=reason or "promoted by hand",
        now=runtime.now(),
    )
    return version_id


def rollback(
    *, session: Session, runtime: Runtime, site_id: int, actor: str, model_id: str = ""
) -> str | None:
    """Activate an earlier model again; return its id, None for the shipped one.

    Args:
        session: of a transaction.
        runtime: the app's state.
        site_id: of the site.
        actor: who rolls back, for the audit log.
        model_id: a version or ``shipped``; empty for the one that was active before this one.

    Raises:
        ModelNotFound: the site has no such version, or it was removed.
        NothingToUndo: there is none before, it is active already, or it was never active here.
    """
    active = versions.active_id(session, site_id)
    target = (
        _formerly_active(session, site_id, model_id)
        if model_id
        else _previous_model(session, site_id)
    )
    if target == active:
        raise NothingToUndo(f"{target or SHIPPED} judges already; there is nothing to roll back.")
    reason = f"{versions.ROLLBACK} {active or SHIPPED}"
    versions.activate(session, site_id, target, actor=actor, reason=reason, now=runtime.now())
    return target


def _previous_model(session: Session, site_id: int) -> str | None:
    """Return the model that was active before the current one."""
    earlier = versions.formerly_active(session, site_id)
    if not earlier:
        raise NothingToUndo("No model was active before this one; there is nothing to go back to.")
    return _require_version(session, site_id, earlier[0] or SHIPPED)


def _formerly_active(session: Session, site_id: int, model_id: str) -> str | None:
    """Return a version that was active here before."""
    version_id = _require_version(session, site_id, model_id)
    if not versions.was_active(session, site_id, version_id):
        raise NothingToUndo(
            f"{model_id} never judged here, so there is no way back to it; promote it instead."
        )
    return version_id


def _require_version(session: Session, site_id: int, model_id: str) -> str | None:
    """Return the id of an existing version of the site, None for the shipped one."""
    if model_id == SHIPPED:
        return None
    if versions.find_without_arrays(session, site_id, model_id) is None:
        raise ModelNotFound(f"There is no model {model_id[:64]} here; `spam models` prints all.")
    return model_id
