"""An owner removes a training source, or restores it; both are in the audit log."""

from sqlalchemy.orm import Session

from comment_service.errors import AlreadyDone, NothingToUndo
from comment_service.runtime import Runtime
from comment_service.storage.db.session import serialise
from comment_service.storage.filter import labels, sources
from comment_service.storage.tables import Forgetting


def retract(
    *, session: Session, runtime: Runtime, site_id: int, source: str, actor: str, by: str
) -> Forgetting:
    """Retract all labels that a source and actor have added so far.

    The labels keep their own state and stay retracted, whatever happens to their decisions, until
    this is undone. Labels that the source adds later count.

    Raises:
        AlreadyDone: the source has no labels that are not retracted.
    """
    serialise(session, f"forget {site_id}")
    left, in_force = sources.count(session, site_id, source, actor)
    if not left:
        raise AlreadyDone(
            "Nothing that %(actor)s taught by %(source)s is left to forget; reload the page.",
            actor=actor or "nobody",
            source=source or "nothing",
        )
    row = Forgetting(site_id=site_id, source=source, actor=actor, labels=in_force, forgotten_by=by)
    row.newest_label, row.created_at = labels.newest_id(session, site_id), runtime.now()
    session.add(row)
    session.flush()
    return row


def undo_retraction(
    *, session: Session, runtime: Runtime, site_id: int, forgetting_id: int, by: str
) -> Forgetting:
    """Undo a retraction; labels that were withdrawn on their own stay withdrawn.

    Raises:
        NothingToUndo: it was undone already, or a later retraction of the same source follows.
    """
    serialise(session, f"forget {site_id}")
    if forgetting_id not in sources.reversible(session, site_id):
        raise NothingToUndo("This was undone already, or the source was removed again since.")
    row = session.get_one(Forgetting, forgetting_id)
    row.undone_by, row.undone_at = by, runtime.now()
    session.flush()
    return row
