"""An author deletes a comment, within a while: what it said is gone, its place stays under replies.

The keyed hash of the sender's network stays as long as it does for every comment: else whoever
deletes what they sent could send without end.
"""

from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions import erase_comment, moderate, own_comment
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.storage import accounts, own, threads
from comment_service.storage import tables as t
from comment_service.storage.session import announce

DELETED_OWN = "comment deleted"
"""The change's name in the audit line of the author."""


def delete_own(*, session: Session, runtime: Runtime, viewer: Viewer, comment_id: int) -> t.Comment:
    """Wipe a comment of the viewer's: text, name, address, earlier texts, likes. Twice is once.

    Raises:
        NotYours: the viewer did not write it.
        TooLate: the time for it is over.
    """
    comment = own_comment.find(session=session, viewer=viewer, comment_id=comment_id, lock=True)
    if comment.status == t.DELETED:
        return comment
    own_comment.require_time(runtime, comment, "delete")
    about = {"comment": comment.id, "status": comment.status, "reports": comment.report_count}
    network = comment.network
    erase_comment.wipe(session, comment)
    comment.network = network
    moderate.name_author(session, comment)
    author = session.get_one(t.Author, comment.author_id)
    if viewer.is_guest and not own.has_other(session, author.id, comment.id):
        author.email = ""
    accounts.note(session, author, DELETED_OWN, about, now=runtime.now())
    threads.refresh(session, comment)
    told = {"comment_id": comment.id, "page_id": comment.page_id}
    announce(session, events.comment_deleted.name, comment.page.site.key, **told)
    return comment
