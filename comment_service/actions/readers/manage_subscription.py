"""Confirm, change and end an e-mail subscription."""

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.readers import subscriptions
from comment_service.storage.readers.subscriptions import of_address


def confirm(*, session: Session, runtime: Runtime, row: t.Subscription) -> None:
    """Confirm a subscription; one that was ended in the meantime stays ended."""
    if row.confirmed_at is None:
        row.confirmed_at, row.sent_at, row.asks = runtime.now(), None, 0
    session.flush()


def unsubscribe(*, session: Session, runtime: Runtime, row: t.Subscription) -> None:
    """End a subscription. Idempotent."""
    if row.ended_at is None:
        subscriptions.end(session, t.Subscription.id == row.id, now=runtime.now())


def unsubscribe_all(*, session: Session, runtime: Runtime, row: t.Subscription) -> int:
    """End all subscriptions of the same address on the site; return their number."""
    now, unended = runtime.now(), t.Subscription.ended_at.is_(None)
    number = subscriptions.end(session, *of_address(row), unended, now=now)
    if number:  # same time for this row, so that all that ended together can be resumed together
        subscriptions.end(session, t.Subscription.id == row.id, now=now)
    return number


def resubscribe(*, session: Session, runtime: Runtime, row: t.Subscription) -> None:
    """Resume an ended subscription: the link came by mail, so its address is confirmed."""
    subscriptions.end(session, t.Subscription.id == row.id, now=None)
    confirm(session=session, runtime=runtime, row=row)


def resubscribe_all(*, session: Session, runtime: Runtime, row: t.Subscription) -> None:
    """Resume all subscriptions that ended together with this one."""
    if row.ended_at is not None:
        together = t.Subscription.ended_at == row.ended_at
        subscriptions.end(session, *of_address(row), together, now=None)
    resubscribe(session=session, runtime=runtime, row=row)


def mute(*, session: Session, runtime: Runtime, row: t.Subscription, muted: bool) -> None:
    """Mute or unmute a subscription; comments from the muted time are not notified later."""
    when = runtime.now() if muted else None
    subscriptions.mute(session, t.Subscription.id == row.id, now=when)


def set_pace(*, session: Session, runtime: Runtime, row: t.Subscription, pace: str) -> None:
    """Set the delivery pace: each comment at once, or a daily digest.

    Raises:
        KeyError: ``pace`` is neither.
    """
    if pace not in subscriptions.PACES:
        raise KeyError(pace)
    row.pace = pace
    session.flush()
