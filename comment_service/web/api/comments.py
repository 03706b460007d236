"""Operations on comments: list, submit as a program, reply, edit, delete."""

import secrets

from flask import request
from werkzeug.datastructures import MultiDict

from comment_service.actions.comments.submit import prepare
from comment_service.actions.comments.submit_by_program import (
    ProgramComment,
    draft_of,
    submit_by_program,
)
from comment_service.actions.moderation import delete_permanently
from comment_service.actions.moderation import edit_comment as edit
from comment_service.actions.moderation.reply import reply
from comment_service.errors import CommentNotFound, InvalidFields
from comment_service.screening import model_cache
from comment_service.storage import tables as t
from comment_service.storage.comments import threads
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import queue as queues
from comment_service.storage.moderation.filters import Filter
from comment_service.web.api import present, shapes
from comment_service.web.api.caller import Caller
from comment_service.web.api.reply import Reply
from comment_service.web.http import place
from comment_service.web.http.context import runtime
from comment_service.web.http.viewer import sent_network

IDEMPOTENCY_KEY = "Idempotency-Key"
MAX_KEY = 255


def list_comments(caller: Caller, query: shapes.CommentQuery) -> shapes.CommentList:
    """List published or pending comments."""
    rows, following = queues.load_page(
        session(), matching(caller, query), sort="newest", after=query.position, limit=query.limit
    )
    return shapes.CommentList(
        items=[present.comment(row, row.page, row.page.site) for row in rows],
        next=cursor(following),
    )


def matching(caller: Caller, query: shapes.CommentQuery | shapes.QueueQuery) -> Filter:
    """Return the filter of a query, on the site of the caller alone."""
    site = caller.site(query.site)
    return Filter(
        query.status, sites=(site.id,), site=site.id, page=query.page_id, since=query.since
    )


def cursor(position: tuple[int, int] | None) -> str | None:
    """Return a position as the cursor of the next part."""
    return f"{position[0]}.{position[1]}" if position else None


def get_comment(caller: Caller, comment_id: int) -> shapes.Comment:
    """Get a comment."""
    row = caller.comment(comment_id)
    return present.comment(row, row.page, row.page.site)


def list_replies(caller: Caller, comment_id: int, query: shapes.Paging) -> shapes.CommentList:
    """List the public replies below a top-level comment."""
    root = caller.comment(comment_id)
    if not root.shown:
        raise CommentNotFound("This comment has no public place.")
    if root.parent_id is not None:
        raise InvalidFields({"comment_id": ["Name the top-level comment; see its root_id."]})
    after = query.before or 0
    rows, rest = threads.load_more_replies(session(), root, after=after, limit=query.limit)
    page = root.page
    return shapes.CommentList(
        items=[present.public_comment(row, page, page.site) for row in rows],
        next=str(rows[-1].id) if rows and rest else None,
    )


def create_comment(
    caller: Caller, query: shapes.SiteQuery, body: shapes.NewComment
) -> Reply[shapes.Comment]:
    """Submit a comment for a person."""
    site = caller.site(query.site)
    asked = {"site": site.key, "url": body.url, "title": body.title}
    at = place.page_ref(MultiDict(asked))
    sent = ProgramComment(
        page_url=at.url,
        page_title=at.title,
        text=body.text,
        name=body.author.name,
        email=body.author.email,
        url=body.author.url,
        author_id=body.author.id,
        network=sent_network(body.author.ip, "author.ip"),
        parent_id=body.parent_id,
    )
    draft = draft_of(runtime(), caller.key_id, sent, idempotency_key())
    draft = prepare(session=session(), runtime=runtime(), site=site, draft=draft)
    with transaction() as current:
        done = submit_by_program(
            session=current,
            runtime=runtime(),
            site=site,
            key_id=caller.key_id,
            sent=sent,
            draft=draft,
        )
    row = session().get_one(t.Comment, done.comment_id)
    return Reply(
        present.comment(row, row.page, row.page.site), status=200 if done.repeated else None
    )


def idempotency_key() -> str:
    """Return the name that the client gave to its call, "" if it gave none.

    Raises:
        InvalidFields: it is too long.
    """
    sent = request.headers.get(IDEMPOTENCY_KEY, "").strip()
    if len(sent) > MAX_KEY:
        raise InvalidFields({IDEMPOTENCY_KEY: [f"At most {MAX_KEY} characters."]})
    return sent


def reply_to_comment(
    caller: Caller, comment_id: int, body: shapes.NewReply
) -> Reply[shapes.Comment]:
    """Reply as the moderator for whom the key acts."""
    person, site_id = caller.person(), caller.comment(comment_id).site_id
    named = idempotency_key()
    key = f"reply {caller.key_id} {named}" if named else secrets.token_hex(16)
    model_cache.warm(session(), runtime(), site_id)
    with transaction() as current:
        done = reply(
            session=current,
            runtime=runtime(),
            moderator_id=person,
            comment_id=comment_id,
            text=body.text,
            key=runtime().keyed_hash("reply by a program", key)[:40],
        )
    row = session().get_one(t.Comment, done.comment_id)
    return Reply(
        present.comment(row, row.page, row.page.site), status=200 if done.repeated else None
    )


def edit_comment(caller: Caller, comment_id: int, body: shapes.TextChange) -> shapes.Comment:
    """Replace a comment's text."""
    person = caller.person()
    caller.comment(comment_id)
    with transaction() as current:
        if "if_edited_at" in body.model_fields_set:
            edit.require_unchanged(
                session=current,
                moderator_id=person,
                comment_id=comment_id,
                text=body.text,
                edited_at=body.if_edited_at,
            )
        edit.edit_comment(
            session=current,
            runtime=runtime(),
            moderator_id=person,
            comment_id=comment_id,
            text=body.text,
        )
    row = caller.comment(comment_id)
    return present.comment(row, row.page, row.page.site)


def delete_comment(caller: Caller, comment_id: int) -> None:
    """Delete a comment permanently."""
    person = caller.person()
    caller.comment(comment_id)
    with transaction() as current:
        delete_permanently.erase_comment(
            session=current, runtime=runtime(), moderator_id=person, comment_id=comment_id
        )
