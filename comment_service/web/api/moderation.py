"""Operations of moderators: queue, decisions, bulk actions, undo."""

from comment_service.actions.moderation import bulk, decide
from comment_service.errors import CommentNotFound, DoesNotExist
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import comment_history
from comment_service.storage.moderation import queue as queues
from comment_service.web.api import present, shapes
from comment_service.web.api.caller import Caller
from comment_service.web.api.comments import cursor, matching
from comment_service.web.http.context import runtime


def list_queue(caller: Caller, query: shapes.QueueQuery) -> shapes.Queue:
    """List comments with the filter's reasons."""
    rows, following = queues.load_page(
        session(), matching(caller, query), sort="newest", after=query.position, limit=query.limit
    )
    ids = [row.id for row in rows]
    verdicts, decisions = queues.verdicts(session(), ids), queues.decisions(session(), ids)
    return shapes.Queue(
        items=[
            present.queue_item(row, verdicts.get(row.id), decisions.get(row.id)) for row in rows
        ],
        next=cursor(following),
    )


def decide_comment(caller: Caller, comment_id: int, body: shapes.NewDecision) -> shapes.Decision:
    """Decide about a comment."""
    person = caller.person()
    caller.comment(comment_id)
    with transaction() as current:
        done = decide.decide(
            session=current,
            runtime=runtime(),
            moderator_id=person,
            comment_id=comment_id,
            decision=body.decision,
            note=body.note,
            expected=body.expected,
        )
    return present.decision(body.decision, done)


def undo_decision(caller: Caller, decision_id: int) -> shapes.Decision:
    """Undo a comment's newest decision."""
    person = caller.person()
    row = session().get(t.Decision, decision_id)
    if row is None:
        raise CommentNotFound(rights.NOBODYS)
    caller.comment(row.comment_id)
    with transaction() as current:
        done = decide.undo(
            session=current, runtime=runtime(), moderator_id=person, decision_id=decision_id
        )
    return present.decision(decide.UNDO, done)


def decide_comments(caller: Caller, body: shapes.NewBatch) -> shapes.Batch:
    """Decide about many comments; all must be of the key."""
    person, ids = caller.person(), sorted(set(body.comment_ids))
    caller.require_comments(ids)
    with transaction() as current:
        row = bulk.begin(
            session=current,
            runtime=runtime(),
            moderator_id=person,
            decision=body.decision,
            selected=ids,
        )
        while row.finished_at is None:
            row = bulk.step(
                session=current, runtime=runtime(), moderator_id=person, batch_id=row.id
            )
        batch_id = row.id
    return present.batch(session().get_one(t.Batch, batch_id))


def get_batch(caller: Caller, batch_id: int) -> shapes.Batch:
    """Get a bulk action."""
    return present.batch(_batch(caller, batch_id))


def undo_batch(caller: Caller, batch_id: int) -> shapes.Batch:
    """Undo a bulk action."""
    person = caller.person()
    _batch(caller, batch_id)
    more = True
    while more:
        with transaction() as current:
            more = bulk.undo_step(
                session=current, runtime=runtime(), moderator_id=person, batch_id=batch_id
            )
    return present.batch(session().get_one(t.Batch, batch_id))


def _batch(caller: Caller, batch_id: int) -> t.Batch:
    """Return a bulk action all of whose comments are on sites of the key and of its person.

    Raises:
        DoesNotExist: there is none.
    """
    role = caller.rights()
    row = bulk.find(session(), role, batch_id) if role else session().get(t.Batch, batch_id)
    if row is not None:
        named = bulk.site_ids(row)
        decided = comment_history.batch_sites(session(), batch_id)
        if caller.covers(named) and caller.covers(decided):
            return row
    raise DoesNotExist("There is no such bulk action.")
