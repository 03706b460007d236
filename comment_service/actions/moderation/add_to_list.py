"""A moderator adds a word, link, domain or address of a comment to the site's blocklist."""

from sqlalchemy.orm import Session

from comment_service.errors import InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights, sites
from comment_service.text.sentences import staff_sentence

OUTCOMES = (t.PENDING, t.SPAM)


def add_to_blocklist(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    comment_id: int,
    kind: str,
    value: str,
    status: str,
) -> int:
    """Add a value to the blocklist of the comment's site; return 1 if it is new, else 0.

    Raises:
        CommentNotFound: there is no such comment on the moderator's sites.
        InvalidFields: the kind, the value or the status is invalid.
    """
    comment = rights.require_comment(session, moderator_id, comment_id)
    value = " ".join(value.replace("\0", "").split())
    if kind not in sites.LIST_KINDS or status not in OUTCOMES or not value:
        sentence = staff_sentence("Choose a list and enter what to put on it.")
        raise InvalidFields({"value": [sentence]})
    actor = session.get_one(t.Moderator, moderator_id).name
    try:
        return sites.add_to_list(
            session,
            comment.site_id,
            kind=kind,
            values=[value],
            status=status,
            actor=actor,
            now=runtime.now(),
        )
    except InvalidFields as refusal:
        raise InvalidFields({"value": refusal.fields["values"]}) from None
