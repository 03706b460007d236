"""An owner changes a site's active model: activation, or a rollback."""

from sqlalchemy.orm import Session

from comment_service import events
from comment_service.errors import ModelNotFound, NothingToUndo
from comment_service.runtime import Runtime
from comment_service.storage.db.session import announce
from comment_service.storage.filter import versions
from comment_service.storage.tables import Site
from comment_service.text.sentences import staff_sentence

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
        raise NothingToUndo("%(model)s judges already.", model=model_id)
    activate(
        session,
        runtime,
        site_id,
        version_id,
        actor=actor,
        reason=reason or staff_sentence("promoted by hand"),
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
        raise NothingToUndo(
            "%(model)s judges already; there is nothing to roll back.", model=target or SHIPPED
        )
    reason = staff_sentence("rollback of %(model)s", model=active or SHIPPED)
    activate(session, runtime, site_id, target, actor=actor, reason=reason)
    return target


def activate(
    session: Session,
    runtime: Runtime,
    site_id: int,
    model_id: str | None,
    *,
    actor: str,
    reason: str,
) -> None:
    """Change a site's active model (None: the shipped one) and announce it."""
    before, now = versions.active_id(session, site_id), runtime.now()
    versions.activate(session, site_id, model_id, actor=actor, reason=reason, now=now)
    announce(
        session,
        events.model_promoted.name,
        session.get_one(Site, site_id).key,
        model_id=model_id,
        before=before,
        actor=actor,
        reason=reason,
    )


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
            "%(model)s never judged here, so there is no way back to it; promote it instead.",
            model=model_id,
        )
    return version_id


def _require_version(session: Session, site_id: int, model_id: str) -> str | None:
    """Return the id of an existing version of the site, None for the shipped one."""
    if model_id == SHIPPED:
        return None
    if versions.find_without_arrays(session, site_id, model_id) is None:
        raise ModelNotFound(
            "There is no model %(model)s here; `spam models` prints all.", model=model_id[:64]
        )
    return model_id
