"""Convert database rows to the shapes of the API."""

from collections.abc import Iterable, Mapping, Sequence

from comment_service.actions.moderation.conflict import shown_as
from comment_service.actions.moderation.decide import DecisionResult
from comment_service.storage import tables as t
from comment_service.text.addresses import comment_url
from comment_service.web.api import shapes


def site(row: t.Site) -> shapes.Site:
    """Return a site."""
    return shapes.Site(
        key=row.key, name=row.name, origins=list(row.origins), created_at=row.created_at
    )


def page(row: t.Page, of: t.Site) -> shapes.Page:
    """Return a page of a site."""
    return shapes.Page(
        id=row.id,
        site=of.key,
        url=row.url,
        title=row.title,
        comments=row.comment_count,
        likes=row.like_count,
        closed=row.closed_at is not None,
        created_at=row.created_at,
    )


def post(row: t.SyndicatedThread) -> shapes.Post:
    """Return a post elsewhere whose replies a page shows."""
    return shapes.Post(
        id=row.id,
        page_id=row.page_id,
        service=row.service.removesuffix("_thread"),  # type: ignore[arg-type]
        url=row.url,
        added_at=row.created_at,
        read_at=row.read_at,
        error=row.error,
    )


def comment(row: t.Comment, on: t.Page, of: t.Site) -> shapes.Comment:
    """Return a comment as somebody who may read it sees it."""
    return shapes.Comment(
        id=row.id,
        site=of.key,
        page_id=on.id,
        page_url=on.url,
        url=comment_url(on.url, row.id),
        parent_id=row.parent_id,
        root_id=row.root_id or row.id,
        status=row.status,  # type: ignore[arg-type]
        author=shapes.Author(
            name=row.name,
            url=row.url,
            moderator=row.by_moderator,
            owner=row.by_owner,
            writer=row.writer,
        ),
        source_url=row.source_url,
        text=row.text,
        html=row.html,
        likes=row.like_count,
        replies=row.reply_count,
        created_at=row.created_at,
        edited_at=row.edited_at,
    )


def public_comment(row: t.Comment, on: t.Page, of: t.Site) -> shapes.Comment:
    """Return a comment of a public thread; of one that is not public, only its place."""
    shown = comment(row, on, of)
    if row.status == t.PUBLISHED:
        return shown
    nobody = shapes.Author(name="", url="", moderator=False, owner=False, writer=False)
    hidden = {"source_url": "", "text": "", "html": "", "likes": 0}
    return shown.model_copy(update={"status": t.DELETED, "author": nobody, **hidden})


def root_comment(
    row: t.Comment, replies: Iterable[t.Comment], on: t.Page, of: t.Site
) -> shapes.RootComment:
    """Return a top-level comment of a public thread with its first replies."""
    below = [public_comment(reply, on, of) for reply in replies]
    return shapes.RootComment(**dict(public_comment(row, on, of)), first_replies=below)


def queue_item(
    row: t.Comment, verdict: t.Verdict | None, decision: t.Decision | None
) -> shapes.QueueItem:
    """Return a comment with its newest verdict and the decision in effect."""
    return shapes.QueueItem(
        **dict(comment(row, row.page, row.page.site)),
        email=row.email,
        score=verdict.score if verdict else None,
        hold_at=verdict.hold_at if verdict else None,
        spam_at=verdict.spam_at if verdict else None,
        model=verdict.model if verdict else "",
        reasons=reasons(verdict.reasons if verdict else ()),
        reports=row.report_count,
        decision=latest_decision(decision) if decision else None,
        state=shown_as(row),
    )


def reasons(stored: Sequence[Mapping[str, object]]) -> list[shapes.Reason]:
    """Return the stored reasons of a verdict."""
    return [shapes.Reason.model_validate(one) for one in stored]


def latest_decision(row: t.Decision) -> shapes.LatestDecision:
    """Return the decision in effect."""
    return shapes.LatestDecision(
        id=row.id,
        comment_id=row.comment_id,
        decision=row.decision,
        from_status=row.from_status,
        to_status=row.to_status,
        by=row.moderator.name,
        note=row.note,
        decided_at=row.created_at,
    )


def decision(name: str, done: DecisionResult) -> shapes.Decision:
    """Return what a decision, or an undo, did."""
    return shapes.Decision(
        id=done.decision_id,
        comment_id=done.comment_id,
        decision=name,
        from_status=done.from_status,
        to_status=done.to_status,
    )


def batch(row: t.Batch) -> shapes.Batch:
    """Return a bulk action."""
    return shapes.Batch(
        id=row.id,
        decision=row.decision,
        chosen=row.expected,
        decided=row.decided,
        undone=row.undone,
        created_at=row.created_at,
        finished_at=row.finished_at,
        undone_at=row.undo_at,
    )


def model(row: t.Model) -> shapes.Model:
    """Return a trained model."""
    return shapes.Model(
        id=row.id,
        state=row.state,  # type: ignore[arg-type]
        trained_by=row.actor,
        created_at=row.created_at,
        sentence=str(row.report.get("sentence", "")),
    )


def model_details(row: t.Model) -> shapes.ModelDetails:
    """Return a trained model with its card and its report."""
    return shapes.ModelDetails(**dict(model(row)), card=dict(row.card), report=dict(row.report))
