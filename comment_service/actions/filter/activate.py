"""An owner turns a site's pointer to another model: promotion, or a rollback in one action."""

from sqlalchemy.orm import Session

from comment_service.errors import ModelUnknown, NothingToUndo
from comment_service.runtime import Runtime
from comment_service.storage.filter import versions

SHIPPED = "shipped"
"""The name under which the model that ships with the package is chosen."""


def promote(
    *, session: Session, runtime: Runtime, site_id: int, model_id: str, actor: str, reason: str = ""
) -> str | None:
    """Let a version of the site's, or the shipped model, judge from now on; return its id.

    Raises:
        ModelUnknown: the site has no such version.
        NothingToUndo: it judges already.
    """
    wanted = _known(session, site_id, model_id)
    if versions.active_id(session, site_id) == wanted:
        raise NothingToUndo(f"{model_id} judges already.")
    versions.activate(
        session,
        site_id,
        wanted,
        actor=actor,
        reason=reason or "promoted by hand",
        now=runtime.now(),
    )
    return wanted


def rollback(
    *, session: Session, runtime: Runtime, site_id: int, actor: str, model_id: str = ""
) -> str | None:
    """Let a model that judged before judge again; return its id, None for the shipped one.

    Args:
        session: of a transaction.
        runtime: the app's state.
        site_id: of the site.
        actor: who does it, for the audit line.
        model_id: a version, or ``shipped``; empty: the one before the last switch.

    Raises:
        ModelUnknown: the site has no such version, or it was removed.
        NothingToUndo: there was no switch, it judges already, or it never judged here.
    """
    active = versions.active_id(session, site_id)
    back = _named(session, site_id, model_id) if model_id else _before(session, site_id)
    if back == active:
        raise NothingToUndo(f"{back or SHIPPED} judges already; there is nothing to roll back.")
    reason = f"rollback of {active or SHIPPED}"
    versions.activate(session, site_id, back, actor=actor, reason=reason, now=runtime.now())
    return back


def _before(session: Session, site_id: int) -> str | None:
    """Return the model that judged before the last switch."""
    last = versions.last_switch(session, site_id)
    if last is None:
        raise NothingToUndo("No model was ever promoted here; there is nothing to go back to.")
    return _known(session, site_id, last.from_id or SHIPPED)


def _named(session: Session, site_id: int, model_id: str) -> str | None:
    """Return a version that judged here before."""
    wanted = _known(session, site_id, model_id)
    if not versions.judged(session, site_id, wanted):
        raise NothingToUndo(
            f"{model_id} never judged here, so there is no way back to it; promote it instead."
        )
    return wanted


def _known(session: Session, site_id: int, model_id: str) -> str | None:
    """Return the id of a version of the site's, None for the shipped one."""
    if model_id == SHIPPED:
        return None
    if versions.about(session, site_id, model_id) is None:
        raise ModelUnknown(f"There is no model {model_id[:64]} here; `spam models` prints all.")
    return model_id
