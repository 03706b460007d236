"""Everything that a site stores under an e-mail address, with an account or as a guest."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from comment_service.storage.tables import (
    Author,
    Comment,
    ExternalCheck,
    Identity,
    Label,
    ListEntry,
    Moderator,
    OutboxRow,
    Subscription,
    Ticket,
)

AT_ONCE = 200


def is_address(column: InstrumentedAttribute[str], address: str) -> ColumnElement[bool]:
    """Return the condition that a column has an address, in any spelling of its letters."""
    return or_(func.lower(column) == address.lower(), column == address)


def _is_other_address(column: InstrumentedAttribute[str], address: str) -> ColumnElement[bool]:
    return and_(column != "", column != address, func.lower(column) != address.lower())


def whole_authors(session: Session, site_id: int, address: str) -> Sequence[Author]:
    """Return the authors to whom only this address belongs, oldest first.

    These are accounts for which it is proven, and guests who gave no other address.
    """
    vouched = or_(
        Author.proven_email == address.lower(),
        Author.id.in_(
            select(Identity.author_id).where(
                Identity.site_id == site_id, is_address(Identity.email, address)
            )
        ),
    )
    wrote = select(Comment.author_id).where(
        Comment.site_id == site_id, is_address(Comment.email, address)
    )
    others = select(Comment.id).where(
        Comment.author_id == Author.id, _is_other_address(Comment.email, address)
    )
    given = and_(
        or_(is_address(Author.email, address), Author.id.in_(wrote)),
        ~_is_other_address(Author.email, address),
        Author.proven_email == "",
        ~others.exists(),
    )
    query = select(Author).where(
        Author.site_id == site_id, Author.erased_at.is_(None), or_(vouched, given)
    )
    return list(session.scalars(query.order_by(Author.id)))


def count_comments(session: Session, author_id: int) -> int:
    """Return the number of an author's comments."""
    query = select(func.count()).select_from(Comment).where(Comment.author_id == author_id)
    return session.scalar(query) or 0


def other_comments(
    session: Session, site_id: int, address: str, whole: Sequence[Author]
) -> Iterator[Comment]:
    """Yield comments under the address by authors who have other addresses too, newest first."""
    last: int | None = None
    while True:
        query = select(Comment).where(
            Comment.site_id == site_id,
            is_address(Comment.email, address),
            Comment.author_id.not_in([author.id for author in whole]),
        )
        if last is not None:
            query = query.where(Comment.id < last)
        query = query.options(joinedload(Comment.page)).order_by(Comment.id.desc()).limit(AT_ONCE)
        batch = list(session.scalars(query))
        yield from batch
        if len(batch) < AT_ONCE:
            return
        last = batch[-1].id


def subscriptions(
    session: Session, site_id: int, address: str, whole: Sequence[Author]
) -> Sequence[Subscription]:
    """Return subscriptions of the address that do not belong to one of the authors."""
    query = select(Subscription).where(*_subscribed(site_id, address, whole))
    return list(session.scalars(query.options(joinedload(Subscription.page))))


def _subscribed(
    site_id: int, address: str, whole: Sequence[Author]
) -> tuple[ColumnElement[bool], ...]:
    ids = [author.id for author in whole]
    return (
        Subscription.site_id == site_id,
        or_(Subscription.address == address.lower(), is_address(Subscription.email, address)),
        or_(Subscription.author_id.is_(None), Subscription.author_id.not_in(ids)),
    )


def labels(session: Session, site_id: int, address: str) -> Sequence[Label]:
    """Return training examples that quote the address."""
    query = select(Label).where(Label.site_id == site_id, is_address(Label.email, address))
    return list(session.scalars(query.order_by(Label.id)))


def external_checks(session: Session, site_id: int, address: str) -> Sequence[ExternalCheck]:
    """Return texts under the address that other programs had checked."""
    query = select(ExternalCheck).where(
        ExternalCheck.site_id == site_id, is_address(ExternalCheck.email, address)
    )
    return list(session.scalars(query.order_by(ExternalCheck.id)))


def list_entries(session: Session, site_id: int, address: str) -> Sequence[ListEntry]:
    """Return the entries of the site's lists that are this address."""
    query = select(ListEntry).where(
        ListEntry.site_id == site_id,
        ListEntry.kind == "email",
        is_address(ListEntry.value, address),
    )
    return list(session.scalars(query))


def is_moderator(session: Session, address: str) -> bool:
    """Return True if the address is a moderator's; their account is not a reader's."""
    query = select(Moderator.id).where(is_address(Moderator.email, address))
    return session.scalar(query.limit(1)) is not None


def forget_elsewhere(
    session: Session, site_id: int, address: str, sign_in: str, hashed: str
) -> None:
    """Remove the address from all rows that are not an author's own or a comment's.

    Args:
        session: a transaction that writes.
        site_id: the site.
        address: the address.
        sign_in: purpose of one-time links for readers, and kind of their deliveries.
        hashed: the keyed hash of the address in those deliveries.
    """
    _execute(session, delete(Subscription).where(*_subscribed(site_id, address, [])))
    quoting = update(Label).where(Label.site_id == site_id, is_address(Label.email, address))
    _execute(session, quoting.values(author="", email="", url=""))
    checked = delete(ExternalCheck).where(
        ExternalCheck.site_id == site_id, is_address(ExternalCheck.email, address)
    )
    _execute(session, checked)
    theirs = update(Author).where(Author.site_id == site_id, is_address(Author.email, address))
    _execute(session, theirs.values(email=""))
    for ticket in session.scalars(select(Ticket).where(Ticket.purpose == sign_in)):
        same = str(ticket.about.get("email", "")).lower() == address.lower()
        if same and ticket.about.get("site_id") == site_id:
            session.delete(ticket)
    sent = delete(OutboxRow).where(
        OutboxRow.kind == sign_in,
        OutboxRow.done_at.is_not(None),
        OutboxRow.payload["address"].as_string() == hashed,
    )
    _execute(session, sent)
    session.flush()


def _execute(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
