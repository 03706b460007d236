"""Confirm, change and end an e-mail subscription."""

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.readers import subscriptions
from comment_service.storage.readers.subscriptions import of_address


def confirm(*, session: Session, runtime: Runtime, row: t.Subscription) -> None:
    """Note that the owner of the address wants it; what ended meanwhile stays ended."""
    if row.confirmed_at is None:
        row.confirmed_at, row.sent_at, row.asks = runtime.now(), None, 0
    session.flush()


def unsubscribe(*, session: Session, runtime: Runtime, row: t.Subscription) -> None:
    """End a subscription; ending it twice is ending it once."""
    if row.ended_at is None:
        subscriptions.end(session, t.Subscription.id == row.id, now=runtime.now())


def unsubscribe_all(*, session: Session, runtime: Runtime, row: t.Subscription) -> int:
    """End everything of a subscription's address on its site; return how many that were."""
    now, unended = runtime.now(), t.Subscription.ended_at.is_(None)
    number = subscriptions.end(session, *of_address(row), unended, now=now)
    if number:  # the row that the link is of tells which ended together
        subscriptions.end(session, t.Subscription.id == row.id, now=now)
    return number


def again(*, session: Session, runtime: Runtime, row: t.Subscription) -> None:
    """Let an ended subscription go on: the link that asks for it came by mail to its address."""
    subscriptions.end(session, t.Subscription.id == row.id, now=None)
    confirm(session=session, runtime=runtime, row=row)


def again_all(*, session: Session, runtime: Runtime, row: t.Subscription) -> None:
    """Let go on what ended together with a subscription."""
    if row.ended_at is not None:
        together = t.Subscription.ended_at == row.ended_at
        subscriptions.end(session, *of_address(row), together, now=None)
    again(session=session, runtime=runtime, row=row)


def mute(*, session: Session, runtime: Runtime, row: t.Subscription, muted: bool) -> None:
    """Tell nothing of a page until unmuted; what came meanwhile is not told later."""
    when = runtime.now() if muted else None
    subscriptions.mute(session, t.Subscription.id == row.id, now=when)


def set_pace(*, session: Session, runtime: Runtime, row: t.Subscription, pace: str) -> None:
    """Tell of each comment, or once a day.

    Raises:
        KeyError: ``pace`` is neither.
    """
    if pace not in subscriptions.PACES:
        raise KeyError(pace)
    row.pace = pace
    session.flush()
