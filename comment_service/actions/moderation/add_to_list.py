"""A moderator puts a word, a link, a domain or an address of a comment on the site's list."""

from sqlalchemy.orm import Session

from comment_service.errors import InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights, sites

OUTCOMES = (t.PENDING, t.SPAM)


def list_from_card(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    comment_id: int,
    kind: str,
    value: str,
    status: str,
) -> int:
    """List a value for the comment's site; return 1 where it is new, 0 where it stood there.

    Raises:
        CommentGone: there is no such comment where this moderator decides.
        InvalidFields: the kind, the value or what it comes to is none.
    """
    comment = rights.comment(session, moderator_id, comment_id)
    value = " ".join(value.replace("\0", "").split())
    if kind not in sites.LIST_KINDS or status not in OUTCOMES or not value:
        raise InvalidFields({"value": ["Choose a list and write what shall stand on it."]})
    actor = session.get_one(t.Moderator, moderator_id).name
    try:
        return sites.list_values(
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
