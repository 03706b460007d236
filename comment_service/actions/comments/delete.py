"""An author deletes a comment within the edit window; a comment with replies leaves a tombstone.

The keyed hash of the sender's network is kept as long as for every comment; otherwise senders could
evade the rate limit by deleting what they sent.
"""

from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments import permissions, resolve_author, wipe
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.comments import own, threads
from comment_service.storage.db.session import announce
from comment_service.storage.readers import accounts

DELETED_OWN = "comment deleted"
"""Name of the change in the author's audit log."""


def delete_own(*, session: Session, runtime: Runtime, viewer: Viewer, comment_id: int) -> t.Comment:
    """Wipe a comment of the viewer: text, name, address, revisions, likes. Idempotent.

    Raises:
        NotTheAuthor: the viewer is not its author.
        EditWindowOver: the edit window is over.
    """
    comment = permissions.require_own(
        session=session, viewer=viewer, comment_id=comment_id, lock=True
    )
    if comment.status == t.DELETED:
        return comment
    permissions.require_time(runtime, comment, "delete")
    remove_own(session, runtime, comment)
    return comment


def remove_own(session: Session, runtime: Runtime, comment: t.Comment) -> None:
    """Wipe a locked comment as its author does; a guest's address goes with the last comment."""
    seen = t.PUBLISHED if own.is_believed_public(comment) else comment.status
    about = {"comment": comment.id, "status": seen, "reports": comment.report_count}
    network = comment.network
    wipe.wipe_comment(session, comment)
    comment.network = network
    resolve_author.publish_author_name(session, comment)
    resolve_author.forget_address(session, comment)
    author = session.get_one(t.Author, comment.author_id)
    accounts.add_audit_entry(session, author, DELETED_OWN, about, now=runtime.now())
    threads.refresh_counts(session, comment)
    payload = {"comment_id": comment.id, "page_id": comment.page_id}
    announce(session, events.comment_deleted.name, comment.page.site.key, **payload)
