"""An author deletes a comment, within a while: what it said is gone, its place stays under replies.

The keyed hash of the sender's network stays as long as it does for every comment: else whoever
deletes what they sent could send without end.
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
"""The change's name in the audit line of the author."""


def delete_own(*, session: Session, runtime: Runtime, viewer: Viewer, comment_id: int) -> t.Comment:
    """Wipe a comment of the viewer's: text, name, address, earlier texts, likes. Twice is once.

    Raises:
        NotYours: the viewer did not write it.
        TooLate: the time for it is over.
    """
    comment = permissions.find(session=session, viewer=viewer, comment_id=comment_id, lock=True)
    if comment.status == t.DELETED:
        return comment
    permissions.require_time(runtime, comment, "delete")
    about = {"comment": comment.id, "status": comment.status, "reports": comment.report_count}
    network = comment.network
    wipe.wipe_comment(session, comment)
    comment.network = network
    resolve_author.publish_author_name(session, comment)
    author = session.get_one(t.Author, comment.author_id)
    if viewer.is_guest and not own.has_other(session, author.id, comment.id):
        author.email = ""
    accounts.note(session, author, DELETED_OWN, about, now=runtime.now())
    threads.refresh(session, comment)
    told = {"comment_id": comment.id, "page_id": comment.page_id}
    announce(session, events.comment_deleted.name, comment.page.site.key, **told)
    return comment
