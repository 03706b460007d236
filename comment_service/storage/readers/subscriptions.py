"""E-mail subscriptions by address, page and author: find, count, end, delete.

Subscriptions that are confirmed, not ended and not muted are notified. Unconfirmed and ended ones
are kept only for ``KEPT``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased, joinedload

from comment_service.runtime import area_of
from comment_service.storage.comments.author_history import in_area
from comment_service.storage.db.paging import change_some, newest_page
from comment_service.storage.tables import PUBLISHED, Author, Comment, Subscription
from comment_service.storage.tables.base import MAX_ID

PAGE, REPLIES = "page", "replies"
KINDS = (REPLIES, PAGE)
"""What a reader can subscribe to: replies to their comments, or the whole page."""
EACH, DAILY = "each", "daily"
PACES = (EACH, DAILY)
KEPT = timedelta(days=30)
"""How long unconfirmed and ended subscriptions are kept, and how long their links work."""


@dataclass(frozen=True)
class ConfirmationCounts:
    """Confirmation mails sent to an address, caused by a network, and without an answer."""

    address_hour: int
    address_day: int
    network_hour: int
    unanswered: int
    area_hour: int  # caused by all networks of an IPv6 /48; 0 for other addresses


def find(session: Session, page_id: int, address: str, kind: str) -> Subscription | None:
    """Return an address's subscription of a kind on a page, in any state."""
    query = select(Subscription).where(
        Subscription.page_id == page_id,
        Subscription.address == address,
        Subscription.kind == kind,
    )
    return session.scalar(query)


def active(table: type[Subscription] = Subscription) -> ColumnElement[bool]:
    """Select active subscriptions: confirmed, not ended, not muted."""
    return and_(table.confirmed_at.is_not(None), table.ended_at.is_(None), table.muted_at.is_(None))


def is_active(row: Subscription) -> bool:
    """Return True if a subscription is confirmed, not ended and not muted."""
    return row.confirmed_at is not None and row.ended_at is None and row.muted_at is None


def has_active(session: Session, page_id: int) -> bool:
    """Return True if a page has an active subscription."""
    query = select(Subscription.id).where(Subscription.page_id == page_id, active())
    return session.scalar(query.limit(1)) is not None


def unasked(session: Session, comment: Comment, address: str) -> Sequence[Subscription]:
    """Return a comment author's unconfirmed subscriptions for which no mail was sent yet."""
    query = select(Subscription).where(
        Subscription.page_id == comment.page_id,
        Subscription.address == address,
        Subscription.author_id == comment.author_id,
        Subscription.confirmed_at.is_(None),
        Subscription.ended_at.is_(None),
        or_(Subscription.sent_at.is_(None), Subscription.sent_at < Subscription.asked_at),
    )
    return list(session.scalars(query.order_by(Subscription.id)))


def count_confirmations(
    session: Session, address: str, network: str, now: datetime
) -> ConfirmationCounts:
    """Count the confirmation mails of the last hour, day and ``KEPT``."""
    hour, day = now - timedelta(hours=1), now - timedelta(days=1)
    of_address = (Subscription.address == address, Subscription.asks > 0)
    count = select(func.count()).select_from(Subscription)
    asked = count.where(Subscription.asked_at.between(hour, now), Subscription.asks > 0)
    by_network = asked.where(Subscription.network == network)
    area = area_of(network)
    by_area = asked.where(in_area(Subscription.network, area))
    unanswered = select(func.sum(Subscription.asks)).where(
        *of_address, Subscription.confirmed_at.is_(None), Subscription.asked_at > now - KEPT
    )
    return ConfirmationCounts(
        session.scalar(count.where(*of_address, Subscription.asked_at.between(hour, now))) or 0,
        session.scalar(count.where(*of_address, Subscription.asked_at.between(day, now))) or 0,
        (session.scalar(by_network) or 0) if network else 0,
        session.scalar(unanswered) or 0,
        (session.scalar(by_area) or 0) if area else 0,
    )


def to_notify(
    session: Session, comment: Comment, *, after: int, limit: int
) -> Sequence[Subscription]:
    """Return the subscriptions to notify of a public comment, by id, without its own author's.

    A reply notifies the authors it answers, directly or further up. An address that is subscribed
    to the whole page is notified once.
    """
    own = {comment.email.lower(), comment.author.proven_email} - {""}
    query = select(Subscription).where(
        Subscription.page_id == comment.page_id,
        Subscription.id > after,
        active(),
        Subscription.address.not_in(own),
        or_(Subscription.author_id.is_(None), Subscription.author_id != comment.author_id),
        or_(Subscription.kind == PAGE, _reply_subscriptions(session, comment)),
    )
    return list(session.scalars(query.order_by(Subscription.id).limit(limit)))


def _reply_subscriptions(session: Session, comment: Comment) -> ColumnElement[bool]:
    """Select reply subscriptions of authors above a comment who are not subscribed to the page."""
    authors = _ancestor_authors(session, comment)
    proven = select(Author.proven_email).where(Author.id.in_(authors), Author.proven_email != "")
    whole = aliased(Subscription)
    hears_all = select(whole.id).where(
        whole.page_id == Subscription.page_id,
        whole.address == Subscription.address,
        whole.kind == PAGE,
        active(whole),
    )
    answered = or_(Subscription.author_id.in_(authors), Subscription.address.in_(proven))
    return and_(answered, ~hears_all.exists())


def _ancestor_authors(session: Session, comment: Comment) -> Sequence[int]:
    """Return the authors of the comments above a comment."""
    chain = (
        select(Comment.id, Comment.parent_id, Comment.author_id)
        .where(Comment.id == comment.parent_id)
        .cte("chain", recursive=True)
    )
    further = select(Comment.id, Comment.parent_id, Comment.author_id)
    chain = chain.union_all(further.join(chain, Comment.id == chain.c.parent_id))
    return list(session.scalars(select(chain.c.author_id).distinct()))


def public_of(session: Session, ids: Sequence[int]) -> Sequence[Comment]:
    """Return those of these comments that are public, oldest first."""
    query = select(Comment).where(Comment.id.in_(ids), Comment.status == PUBLISHED)
    return list(session.scalars(query.options(joinedload(Comment.page)).order_by(Comment.id)))


def of_author(
    session: Session, author: Author, before: int | None, limit: int
) -> tuple[Sequence[Subscription], int | None]:
    """Return a page of an author's confirmed subscriptions, newest first, and the next key.

    They are the author's own, and those of the author's verified address.
    """
    query = select(Subscription).where(
        visible_to(author), Subscription.confirmed_at.is_not(None), Subscription.ended_at.is_(None)
    )
    query = query.options(joinedload(Subscription.page))
    return newest_page(session, query, Subscription.id, before=before, limit=limit)


def visible_to(author: Author) -> ColumnElement[bool]:
    """Select what an author can see and end: own subscriptions, and those of a verified address."""
    whose = Subscription.author_id == author.id
    if author.proven_email:
        whose = or_(whose, Subscription.address == author.proven_email)
    return and_(Subscription.site_id == author.site_id, whose)


def belongs_to(session: Session, row: Subscription, author: Author) -> bool:
    """Return True if an author can see and end a subscription."""
    query = select(Subscription.id).where(Subscription.id == row.id, visible_to(author))
    return session.scalar(query) is not None


def of_address(row: Subscription) -> tuple[ColumnElement[bool], ...]:
    """Select all subscriptions of a subscription's address on its site."""
    return Subscription.site_id == row.site_id, Subscription.address == row.address


def end(session: Session, *which: ColumnElement[bool], now: datetime | None) -> int:
    """End the selected subscriptions, or with None resume them; return how many."""
    query = update(Subscription).where(*which).values(ended_at=now)
    return int(session.execute(query).rowcount)  # type: ignore[attr-defined]


def mute(session: Session, *which: ColumnElement[bool], now: datetime | None) -> int:
    """Mute the selected subscriptions, or with None unmute them; return how many."""
    query = update(Subscription).where(*which).values(muted_at=now)
    return int(session.execute(query).rowcount)  # type: ignore[attr-defined]


def delete_of(session: Session, author: Author, address: str) -> int:
    """Delete all subscriptions of an author, and of a lower-case address, on the author's site."""
    of_site = Subscription.site_id == author.site_id
    whose = Subscription.author_id == author.id
    if address:
        whose = or_(whose, Subscription.address == address)
    gone = delete(Subscription).where(of_site, whose)
    return int(session.execute(gone).rowcount)  # type: ignore[attr-defined]


def delete_expired(session: Session, now: datetime, limit: int) -> int:
    """Delete some unconfirmed and ended subscriptions older than ``KEPT``; return how many."""
    before = now - KEPT
    unconfirmed = and_(Subscription.confirmed_at.is_(None), Subscription.asked_at < before)
    stale = delete(Subscription).where(or_(unconfirmed, Subscription.ended_at < before))
    return change_some(session, stale, limit)


def forget_networks(session: Session, before: datetime, limit: int) -> int:
    """Erase at most ``limit`` keyed hashes of addresses older than a time; return how many."""
    query = update(Subscription).where(Subscription.asked_at < before, Subscription.network != "")
    return change_some(session, query.values(network=""), limit)


def get(session: Session, subscription_id: int) -> Subscription | None:
    """Return a subscription by its id."""
    return session.get(Subscription, subscription_id) if 0 < subscription_id <= MAX_ID else None
