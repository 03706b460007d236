"""An owner turns a site's pointer to another model: promotion, or a rollback in one action."""

from sqlalchemy.orm import Session

from comment_service.errors import ModelUnknown, NothingToUndo
from comment_service.runtime import Runtime
from comment_service.storage import versions

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
    wanted = None if model_id == SHIPPED else model_id
    if wanted is not None:
        row = versions.find(session, wanted)
        if row is None or row.site_id != site_id:
            raise ModelUnknown(f"There is no model {model_id} here; `spam models` prints all.")
    if versions.active_id(session, site_id) == wanted:
        raise NothingToUndo("This model judges already.")
    versions.activate(
        session,
        site_id,
        wanted,
        actor=actor,
        reason=reason or "promoted by hand",
        now=runtime.now(),
    )
    return wanted


def rollback(*, session: Session, runtime: Runtime, site_id: int, actor: str) -> str | None:
    """Let the model before the last switch judge again; return its id, None for the shipped one.

    Raises:
        NothingToUndo: there was no switch.
    """
    last = next(iter(versions.switches(session, site_id, limit=1)), None)
    if last is None:
        raise NothingToUndo("No model was ever promoted here; there is nothing to go back to.")
    versions.activate(
        session,
        site_id,
        last.from_id,
        actor=actor,
        reason=f"rollback of {last.to_id or SHIPPED}",
        now=runtime.now(),
    )
    return last.from_id
