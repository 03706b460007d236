"""Outgoing webhooks of a site."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.storage.tables import Webhook


def of_site(session: Session, site_id: int) -> Sequence[Webhook]:
    """Return a site's webhooks, oldest first."""
    return list(
        session.scalars(select(Webhook).where(Webhook.site_id == site_id).order_by(Webhook.id))
    )


def load(session: Session, webhook_id: int) -> Webhook | None:
    """Return a webhook by its id, locked until the transaction ends.

    New deliveries of other transactions do not wait for this lock.
    """
    query = select(Webhook).where(Webhook.id == webhook_id).with_for_update(key_share=True)
    return session.scalar(query.execution_options(populate_existing=True))


def broken(
    session: Session, *, site_id: int | None = None, failing_before: datetime
) -> Sequence[Webhook]:
    """Return webhooks that were switched off by failures, or fail since before a time.

    ``site_id`` None means those of every site.
    """
    query = select(Webhook).where(
        (Webhook.disabled_why != "")
        | (Webhook.disabled_at.is_(None) & (Webhook.failing_since < failing_before))
    )
    if site_id is not None:
        query = query.where(Webhook.site_id == site_id)
    return list(session.scalars(query.order_by(Webhook.id)))
