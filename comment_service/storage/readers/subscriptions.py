"""Who asked to be told of new comments: found by address, by page, by author; counted; erased.

What is confirmed, not ended and not muted is told; what nobody confirmed, and what ended, is kept
for ``KEPT`` only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased, joinedload

from comment_service.storage.db.paging import newest
from comment_service.storage.tables import PUBLISHED, Author, Comment, Subscription
from comment_service.storage.tables.base import MAX_ID

PAGE, REPLIES = "page", "replies"
KINDS = (REPLIES, PAGE)
"""What one may wish to hear of: replies below one's own comments, or everything on the page."""
EACH, DAILY = "each", "daily"
PACES = (EACH, DAILY)
KEPT = timedelta(days=30)
"""How long a wish is kept that nobody confirmed, or that ended: so long its links work."""


@dataclass(frozen=True)
class Asked:
    """Mails that asked for a confirmation: an address, on a network's wish, without an answer."""

    address_hour: int
    address_day: int
    network_hour: int
    unanswered: int


def find(session: Session, page_id: int, address: str, kind: str) -> Subscription | None:
    """Return an address's wish of a kind on a page, whatever became of it."""
    query = select(Subscription).where(
        Subscription.page_id == page_id,
        Subscription.address == address,
        Subscription.kind == kind,
    )
    return session.scalar(query)


def live(table: type[Subscription] = Subscription) -> ColumnElement[bool]:
    """Select what is told: confirmed, not ended, not muted."""
    return and_(table.confirmed_at.is_not(None), table.ended_at.is_(None), table.muted_at.is_(None))


def is_live(row: Subscription) -> bool:
    """Tell whether a subscription is told: confirmed, not ended, not muted."""
    return row.confirmed_at is not None and row.ended_at is None and row.muted_at is None


def any_on(session: Session, page_id: int) -> bool:
    """Tell whether anybody is to be told of a page."""
    query = select(Subscription.id).where(Subscription.page_id == page_id, live())
    return session.scalar(query.limit(1)) is not None


def waiting(session: Session, comment: Comment, address: str) -> Sequence[Subscription]:
    """Return what its author wished for at this address and was not asked about yet."""
    query = select(Subscription).where(
        Subscription.page_id == comment.page_id,
        Subscription.address == address,
        Subscription.author_id == comment.author_id,
        Subscription.confirmed_at.is_(None),
        Subscription.ended_at.is_(None),
        or_(Subscription.sent_at.is_(None), Subscription.sent_at < Subscription.asked_at),
    )
    return list(session.scalars(query.order_by(Subscription.id)))


def asked(session: Session, address: str, network: str, now: datetime) -> Asked:
    """Count the mails that asked for a confirmation within the last hour, day, and ``KEPT``."""
    hour, day = now - timedelta(hours=1), now - timedelta(days=1)
    of_address = (Subscription.address == address, Subscription.asks > 0)
    count = select(func.count()).select_from(Subscription)
    by_network = count.where(
        Subscription.network == network, Subscription.asked_at > hour, Subscription.asks > 0
    )
    unanswered = select(func.sum(Subscription.asks)).where(
        *of_address, Subscription.confirmed_at.is_(None), Subscription.asked_at > now - KEPT
    )
    return Asked(
        session.scalar(count.where(*of_address, Subscription.asked_at > hour)) or 0,
        session.scalar(count.where(*of_address, Subscription.asked_at > day)) or 0,
        (session.scalar(by_network) or 0) if network else 0,
        session.scalar(unanswered) or 0,
    )


def to_be_told(
    session: Session, comment: Comment, *, after: int, limit: int
) -> Sequence[Subscription]:
    """Return who is to be told of a public comment, by id, but for its own author.

    Replies are told to whom they answer, directly or further up; an address that hears of the
    whole page hears of a comment once.
    """
    own = {comment.email.lower(), comment.author.proven_email} - {""}
    query = select(Subscription).where(
        Subscription.page_id == comment.page_id,
        Subscription.id > after,
        live(),
        Subscription.address.not_in(own),
        or_(Subscription.author_id.is_(None), Subscription.author_id != comment.author_id),
        or_(Subscription.kind == PAGE, _answered(session, comment)),
    )
    return list(session.scalars(query.order_by(Subscription.id).limit(limit)))


def _answered(session: Session, comment: Comment) -> ColumnElement[bool]:
    """Select the wishes for replies of those above a comment who do not hear of the whole page."""
    authors = _above(session, comment)
    proven = select(Author.proven_email).where(Author.id.in_(authors), Author.proven_email != "")
    whole = aliased(Subscription)
    hears_all = select(whole.id).where(
        whole.page_id == Subscription.page_id,
        whole.address == Subscription.address,
        whole.kind == PAGE,
        live(whole),
    )
    answered = or_(Subscription.author_id.in_(authors), Subscription.address.in_(proven))
    return and_(answered, ~hears_all.exists())


def _above(session: Session, comment: Comment) -> Sequence[int]:
    """Return the authors of what a comment answers, directly or further up."""
    chain = (
        select(Comment.id, Comment.parent_id, Comment.author_id)
        .where(Comment.id == comment.parent_id)
        .cte("chain", recursive=True)
    )
    further = select(Comment.id, Comment.parent_id, Comment.author_id)
    chain = chain.union_all(further.join(chain, Comment.id == chain.c.parent_id))
    return list(session.scalars(select(chain.c.author_id).distinct()))


def public_of(session: Session, ids: Sequence[int]) -> Sequence[Comment]:
    """Return which of these comments are public, in the order in which they were written."""
    query = select(Comment).where(Comment.id.in_(ids), Comment.status == PUBLISHED)
    return list(session.scalars(query.options(joinedload(Comment.page)).order_by(Comment.id)))


def of_author(
    session: Session, author: Author, before: int | None, limit: int
) -> tuple[Sequence[Subscription], int | None]:
    """Return an author's confirmed subscriptions, the newest first, and where the next begin.

    They are the author's own, and those of the address that they have shown to be theirs.
    """
    query = select(Subscription).where(
        mine(author), Subscription.confirmed_at.is_not(None), Subscription.ended_at.is_(None)
    )
    query = query.options(joinedload(Subscription.page))
    return newest(session, query, Subscription.id, before=before, limit=limit)


def mine(author: Author) -> ColumnElement[bool]:
    """Select what is an author's to see and to end: by author, or by proven address."""
    whose = Subscription.author_id == author.id
    if author.proven_email:
        whose = or_(whose, Subscription.address == author.proven_email)
    return and_(Subscription.site_id == author.site_id, whose)


def belongs_to(session: Session, row: Subscription, author: Author) -> bool:
    """Tell whether a subscription is an author's to see and to end."""
    query = select(Subscription.id).where(Subscription.id == row.id, mine(author))
    return session.scalar(query) is not None


def of_address(row: Subscription) -> tuple[ColumnElement[bool], ...]:
    """Select everything of a subscription's address on its site."""
    return Subscription.site_id == row.site_id, Subscription.address == row.address


def end(session: Session, *which: ColumnElement[bool], now: datetime | None) -> int:
    """End the subscriptions selected, or with None let them go on; return how many."""
    query = update(Subscription).where(*which).values(ended_at=now)
    return int(session.execute(query).rowcount)  # type: ignore[attr-defined]


def mute(session: Session, *which: ColumnElement[bool], now: datetime | None) -> int:
    """Mute the subscriptions selected, or with None unmute them; return how many."""
    query = update(Subscription).where(*which).values(muted_at=now)
    return int(session.execute(query).rowcount)  # type: ignore[attr-defined]


def erase_of(session: Session, author: Author, address: str) -> int:
    """Delete every subscription of an author, and of an address in small letters, on their site."""
    of_site = Subscription.site_id == author.site_id
    whose = Subscription.author_id == author.id
    if address:
        whose = or_(whose, Subscription.address == address)
    gone = delete(Subscription).where(of_site, whose)
    return int(session.execute(gone).rowcount)  # type: ignore[attr-defined]


def sweep(session: Session, now: datetime) -> None:
    """Erase what nobody confirmed, and what ended, when its time is over."""
    before = now - KEPT
    unconfirmed = and_(Subscription.confirmed_at.is_(None), Subscription.asked_at < before)
    stale = delete(Subscription).where(or_(unconfirmed, Subscription.ended_at < before))
    session.execute(stale.execution_options(synchronize_session=False))


def forget_networks(session: Session, before: datetime) -> None:
    """Erase the keyed hashes of addresses older than this."""
    query = update(Subscription).where(Subscription.asked_at < before, Subscription.network != "")
    session.execute(query.values(network="").execution_options(synchronize_session=False))


def get(session: Session, subscription_id: int) -> Subscription | None:
    """Return a subscription by its id."""
    return session.get(Subscription, subscription_id) if 0 < subscription_id <= MAX_ID else None
