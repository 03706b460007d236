"""What the queue says of a flood, and the end of one before its time."""

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
from comment_service.web.http.return_to import back
from comment_service.web.moderation.view_models import FloodView


def floods() -> list[FloodView]:
    """Return the floods on the asker's sites that are on hold, or left something waiting."""
    found = [_flood(one) for one in shields.lately(session(), g.rights.scope, runtime().now())]
    return [flood for flood in found if flood.up or flood.waiting]


def end(shield_id: int) -> Response:
    """Let comments through again."""
    with transaction() as current:
        shield.end(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            shield_id=shield_id,
        )
    return redirect(back(), 303)


def _flood(row: Shield) -> FloodView:
    page, up = row.page, row.until > runtime().now()
    asked = Filter(
        site=row.site_id,
        page=row.page_id,
        since=row.since,
        until=None if up else row.until,
    )
    waiting = queues.counted(session(), asked)
    came = queues.counted(session(), replace(asked, queue="all"))
    return FloodView(
        where=(page.title or page.url) if page else session().get_one(Site, row.site_id).name,
        comments=max(came.number, row.comments),
        since=row.began_at,
        until=row.until,
        up=up,
        ended_by=row.ended_by,
        waiting=waiting.number,
        more=waiting.more,
        waiting_url=url_for("moderation.queue", queue="pending", flood=row.id),
        all_url=url_for("moderation.queue", queue="all", flood=row.id),
        end_url=url_for("moderation.end_shield", shield_id=row.id),
    )


ROUTES = (("/shields/<id:shield_id>/end", "end_shield", "POST", end),)
"""Address below the moderation pages, endpoint, method, view."""
