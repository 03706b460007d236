"""The queue's banner about floods, and the view that ends flood protection early."""

from dataclasses import replace

from flask import g, redirect, url_for
from werkzeug.wrappers import Response

from comment_service.actions.comments import flood as shield
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import floods as shields
from comment_service.storage.moderation import queue as queues
from comment_service.storage.moderation.filters import Filter
from comment_service.storage.tables import Shield, Site
from comment_service.web.http.context import runtime
from comment_service.web.http.return_to import return_url
from comment_service.web.moderation.view_models import FloodView


def floods() -> list[FloodView]:
    """Return recent floods on the moderator's sites that hold comments or left pending ones."""
    found = [
        _flood(row) for row in shields.active_or_recent(session(), g.rights.scope, runtime().now())
    ]
    return [flood for flood in found if flood.up or flood.waiting]


def end_hold(shield_id: int) -> Response:
    """End flood protection."""
    with transaction() as current:
        shield.end_hold(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            shield_id=shield_id,
        )
    return redirect(return_url(), 303)


def _flood(row: Shield) -> FloodView:
    page, active = row.page, row.until > runtime().now()
    flood_filter = Filter(
        site=row.site_id,
        page=row.page_id,
        since=row.since,
        until=None if active else row.until,
    )
    waiting = queues.count_filter(session(), flood_filter)
    total = queues.count_filter(session(), replace(flood_filter, queue="all"))
    return FloodView(
        where=(page.title or page.url) if page else session().get_one(Site, row.site_id).name,
        comments=max(total.number, row.comments),
        since=row.began_at,
        until=row.until,
        up=active,
        ended_by=row.ended_by,
        waiting=waiting.number,
        more=waiting.more,
        waiting_url=url_for("moderation.queue", queue="pending", flood=row.id),
        all_url=url_for("moderation.queue", queue="all", flood=row.id),
        end_url=url_for("moderation.end_shield", shield_id=row.id),
    )


ROUTES = (("/shields/<id:shield_id>/end", "end_shield", "POST", end_hold),)
"""URL below the moderation pages, endpoint, method, view."""
