"""An owner lets what one source taught count no more, or takes that back; both are audited."""

from sqlalchemy.orm import Session

from comment_service.errors import AlreadyDone, NothingToUndo
from comment_service.runtime import Runtime
from comment_service.storage.db.session import serialise
from comment_service.storage.filter import labels, sources
from comment_service.storage.tables import Forgetting


def forget(
    *, session: Session, runtime: Runtime, site_id: int, source: str, actor: str, by: str
) -> Forgetting:
    """Let everything that one source and actor taught until now count no more.

    The labels keep their own state: whatever happens to the decisions that they came from, they
    stay forgotten until this is taken back. What the source teaches from now on counts.

    Raises:
        AlreadyDone: there is nothing of this source that was not forgotten before.
    """
    serialise(session, f"forget {site_id}")
    left, in_force = sources.count(session, site_id, source, actor)
    if not left:
        raise AlreadyDone(f"Nothing that {actor or 'nobody'} taught by {source or 'nothing'} is "
                          "left to forget; reload the page.")  # fmt: skip
    row = Forgetting(site_id=site_id, source=source, actor=actor, labels=in_force, forgotten_by=by)
    row.newest_label, row.created_at = labels.newest(session, site_id), runtime.now()
    session.add(row)
    session.flush()
    return row


def take_back(
    *, session: Session, runtime: Runtime, site_id: int, forgetting_id: int, by: str
) -> Forgetting:
    """Let count again what a forgetting hid, so far as it counted by itself.

    Raises:
        NothingToUndo: it was taken back already, or a later one of the same source stands on it.
    """
    serialise(session, f"forget {site_id}")
    if forgetting_id not in sources.revocable(session, site_id):
        raise NothingToUndo("This was taken back already, or the source was forgotten again since.")
    row = session.get_one(Forgetting, forgetting_id)
    row.undone_by, row.undone_at = by, runtime.now()
    session.flush()
    return row
