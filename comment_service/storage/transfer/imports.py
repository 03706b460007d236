"""Imports of a site: state, list, and the comments that an import added."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import cast, delete, func, insert, select
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.orm import Session, aliased

from comment_service.storage.comments.replies import unlink_replies
from comment_service.storage.db.paging import newest_page
from comment_service.storage.tables import (
    Author,
    Comment,
    Identity,
    Import,
    ImportedComment,
    ImportedPage,
    Label,
    OutboxRow,
    Page,
    PageLike,
    Subscription,
)

FETCHING = "fetching"
"""The comments of a running WordPress are being fetched; nothing is imported."""
CHECKING = "checking"
"""An uploaded file is being read; nothing is imported."""
CHECKED = "checked"
"""The dry run can be seen; an owner may start."""
RUNNING = "running"
FINISHED = "finished"
FAILED = "failed"
UNDOING = "undoing"
UNDONE = "undone"
UNFINISHED = (FETCHING, CHECKING, RUNNING, UNDOING)
"""States in which there is work to do."""


class Known(NamedTuple):
    """An imported comment: its id and date here (None if it was deleted), and its digest."""

    comment_id: int | None
    created: datetime | None
    digest: str


class Place(NamedTuple):
    """Where a comment is in its thread; the root of a top-level comment is itself."""

    page_id: int
    root_id: int
    depth: int = 0
    parent_id: int | None = None


def find(session: Session, site_id: int, import_id: int) -> Import | None:
    """Return a site's import."""
    query = select(Import).where(Import.site_id == site_id, Import.id == import_id)
    return session.scalar(query)


def next_to_fetch(session: Session) -> Import | None:
    """Return the oldest import of all sites whose comments are to be fetched."""
    query = select(Import).where(Import.state == FETCHING)
    return session.scalar(query.order_by(Import.id).limit(1))


def interrupted(session: Session, site_id: int, sha256: str, kind: str) -> Import | None:
    """Return the import of the same file into the same site that did not finish."""
    query = select(Import).where(
        Import.site_id == site_id,
        Import.sha256 == sha256,
        Import.format == kind,
        Import.state == RUNNING,
    )
    return session.scalar(query.order_by(Import.id.desc()).limit(1))


def of_site(
    session: Session, site_id: int, *, before: int | None, limit: int
) -> tuple[Sequence[Import], int | None]:
    """Return a page of a site's imports, newest first, and the next key."""
    query = select(Import).where(Import.site_id == site_id)
    return newest_page(session, query, Import.id, before=before, limit=limit)


def count_added(session: Session, import_id: int) -> int:
    """Return how many comments of an import exist."""
    query = select(func.count()).where(
        ImportedComment.import_id == import_id, ImportedComment.comment_id.is_not(None)
    )
    return session.scalar(query) or 0


def known(
    session: Session, site_id: int, source: str, source_ids: Collection[str]
) -> Mapping[str, Known]:
    """Return source id → what was imported under it, from any import of this source."""
    columns = (ImportedComment.comment_id, Comment.created_at, ImportedComment.digest)
    query = (
        select(ImportedComment.source_id, *columns)
        .outerjoin(Comment, Comment.id == ImportedComment.comment_id)
        .where(
            ImportedComment.site_id == site_id,
            ImportedComment.source == source,
            ImportedComment.source_id.in_(source_ids),
        )
    )
    rows = session.execute(query)
    return {key: Known(number, created, digest) for key, number, created, digest in rows}


def pages_of(session: Session, comment_ids: Collection[int]) -> Mapping[int, int]:
    """Return comment id → page id."""
    query = select(Comment.id, Comment.page_id).where(Comment.id.in_(comment_ids))
    return dict(session.execute(query).all())


def authors_of(
    session: Session, site_id: int, issuer: str, subjects: Collection[str]
) -> Mapping[str, int]:
    """Return subject → author id of an imported source."""
    query = select(Identity.subject, Identity.author_id).where(
        Identity.site_id == site_id, Identity.issuer == issuer, Identity.subject.in_(subjects)
    )
    return dict(session.execute(query).all())


def identities_of(
    session: Session, site_id: int, issuer: str, subjects: Collection[str]
) -> Sequence[Identity]:
    """Return the identities of authors of an imported source, in the order of their creation."""
    query = select(Identity).where(
        Identity.site_id == site_id, Identity.issuer == issuer, Identity.subject.in_(subjects)
    )
    return list(session.scalars(query.order_by(Identity.id)))


def campaigns_of(session: Session, site_id: int, hashes: Collection[str]) -> Mapping[str, int]:
    """Return text hash → the campaign of the oldest comment with that text."""
    query = (
        select(Comment.text_hash, func.min(Comment.campaign_id))
        .where(Comment.site_id == site_id, Comment.text_hash.in_(hashes))
        .group_by(Comment.text_hash)
    )
    return {key: number for key, number in session.execute(query) if number is not None}


def reserve_ids(session: Session, number: int, *, above: int) -> Sequence[int]:
    """Return the ids of the next comments, higher than ``above``; the transaction must write.

    With ids above those of the source, an old address such as ``#comment-7`` cannot mean a new
    comment.
    """
    if session.get_bind().dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(Comment.__tablename__, "id")
        last = func.coalesce(func.pg_sequence_last_value(cast(sequence, REGCLASS)), 0)
        session.execute(select(func.setval(sequence, above)).where(last < above))
        numbers = func.generate_series(1, number).table_valued("n")
        query = select(func.nextval(sequence)).select_from(numbers)
        return sorted(session.scalars(query))
    newest = max(session.scalar(select(func.max(Comment.id))) or 0, above)
    return range(newest + 1, newest + 1 + number)


def place(session: Session, comment_ids: Collection[int | None]) -> Mapping[int, Place]:
    """Return comment id → its place."""
    query = select(Comment.id, Comment.page_id, Comment.root_id, Comment.depth, Comment.parent_id)
    rows = session.execute(query.where(Comment.id.in_(comment_ids)))
    return {key: Place(page, root or key, depth, parent) for key, page, root, depth, parent in rows}


def hidden_parents(session: Session, comment_ids: Collection[int]) -> Sequence[Comment]:
    """Return the parents of shown comments that are not shown themselves."""
    child = aliased(Comment)
    shown = select(child.parent_id).where(child.id.in_(comment_ids), child.shown.is_(True))
    query = select(Comment).where(Comment.id.in_(shown), Comment.shown.is_(False))
    return list(session.scalars(query.order_by(Comment.id)))


def add_rows(session: Session, table: type, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert many rows of a table."""
    if rows:
        session.execute(insert(table), [dict(row) for row in rows])


def added_before(session: Session, import_id: int, *, before: int, limit: int) -> Sequence[int]:
    """Return ids of an import's comments below ``before``, newest first."""
    query = select(ImportedComment.comment_id).where(
        ImportedComment.import_id == import_id, ImportedComment.comment_id < before
    )
    found = session.scalars(query.order_by(ImportedComment.comment_id.desc()).limit(limit))
    return [number for number in found if number is not None]


def with_replies(session: Session, comment_ids: Collection[int]) -> set[int]:
    """Return those of these comments that have a reply outside of this set."""
    query = select(Comment.parent_id).where(
        Comment.parent_id.in_(comment_ids), Comment.id.not_in(comment_ids)
    )
    return {number for number in session.scalars(query) if number is not None}


def parents_of(session: Session, comment_ids: Collection[int]) -> Mapping[int, int | None]:
    """Return comment id → parent id."""
    query = select(Comment.id, Comment.parent_id).where(Comment.id.in_(comment_ids))
    return dict(session.execute(query).all())


def unpin(session: Session, comment_ids: Collection[int]) -> None:
    """Unpin comments that are about to be deleted."""
    for page in session.scalars(select(Page).where(Page.pinned_id.in_(comment_ids))):
        page.pinned_id = None
    session.flush()


def delete_comments(session: Session, comment_ids: Collection[int]) -> None:
    """Delete comments with their labels; the database deletes what else belongs to them."""
    unlink_replies(session, Comment.id.in_(comment_ids))
    for table, column in ((Label, Label.comment_id), (Comment, Comment.id)):
        gone = delete(table).where(column.in_(comment_ids))
        session.execute(gone.execution_options(synchronize_session=False))


def forget_comments(session: Session, import_id: int, comment_ids: Collection[int]) -> None:
    """Delete the notes of where these comments came from."""
    gone = delete(ImportedComment).where(
        ImportedComment.import_id == import_id, ImportedComment.comment_id.in_(comment_ids)
    )
    session.execute(gone.execution_options(synchronize_session=False))


def forget_import(session: Session, import_id: int) -> None:
    """Delete the rest of an import's notes, of comments that were deleted before."""
    gone = delete(ImportedComment).where(ImportedComment.import_id == import_id)
    session.execute(gone.execution_options(synchronize_session=False))


def note_page(
    session: Session, import_id: int, page_id: int, *, created: bool, closed: bool
) -> None:
    """Note what an import did to a page; a second change is added to the first."""
    query = select(ImportedPage).where(
        ImportedPage.import_id == import_id, ImportedPage.page_id == page_id
    )
    row = session.scalar(query) or ImportedPage(
        import_id=import_id, page_id=page_id, created=False, closed=False
    )
    row.created, row.closed = row.created or created, row.closed or closed
    session.add(row)
    session.flush()


def pages_of_import(session: Session, import_id: int) -> Sequence[tuple[ImportedPage, Page]]:
    """Return what an import did to pages."""
    query = select(ImportedPage, Page).join(Page, Page.id == ImportedPage.page_id)
    query = query.where(ImportedPage.import_id == import_id).order_by(ImportedPage.id)
    return [(row, page) for row, page in session.execute(query)]


def is_unused(session: Session, page_id: int) -> bool:
    """Return True if a page has neither comments nor likes nor subscriptions."""
    return not any(
        session.scalar(select(table.id).where(table.page_id == page_id).limit(1))
        for table in (Comment, PageLike, Subscription)
    )


def delete_unused_authors(session: Session, site_id: int, issuer: str) -> int:
    """Delete the imported authors of a source who have no comment, and are not blocked."""
    commented = select(Comment.id).where(Comment.author_id == Author.id).exists()
    imported = select(Identity.id).where(
        Identity.author_id == Author.id, Identity.site_id == site_id, Identity.issuer == issuer
    )
    gone = delete(Author).where(
        Author.site_id == site_id,
        Author.blocked_at.is_(None),
        imported.exists(),
        ~commented,
    )
    rows = session.execute(gone.execution_options(synchronize_session=False))
    return int(rows.rowcount)  # type: ignore[attr-defined]


def forget_pictures(session: Session, kind: str) -> None:
    """Delete waiting deliveries of pictures (of the outbox kind ``kind``) for nobody any more."""
    wanted = select(Identity.id).where(Identity.id == OutboxRow.payload["identity_id"].as_integer())
    gone = delete(OutboxRow).where(
        OutboxRow.done_at.is_(None),
        OutboxRow.dead_at.is_(None),
        OutboxRow.kind == kind,
        ~wanted.exists(),
    )
    session.execute(gone.execution_options(synchronize_session=False))


def example_comments(session: Session, import_id: int) -> Sequence[Comment]:
    """Return the first, a middle and the last public comment that an import added."""
    query = (
        select(ImportedComment.comment_id)
        .join(Comment, Comment.id == ImportedComment.comment_id)
        .where(ImportedComment.import_id == import_id, Comment.status == "published")
    )
    number = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    places = sorted({0, number // 2, max(number - 1, 0)})
    in_order = query.order_by(ImportedComment.comment_id)  # the index's order: nothing is sorted
    ids = [session.scalar(in_order.offset(at).limit(1)) for at in places]
    found = (session.get(Comment, number) for number in dict.fromkeys(ids) if number is not None)
    return [comment for comment in found if comment is not None]
