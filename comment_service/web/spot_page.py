"""The weekly spot check: twenty comments nobody decided about, each right or wrong."""

from datetime import timedelta

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions import spot_check
from comment_service.actions.spot_check import DAYS, POOLED
from comment_service.storage import queue as queues
from comment_service.storage import rights, spot
from comment_service.storage.session import session, transaction
from comment_service.web import owner_frame
from comment_service.web.cards import cards
from comment_service.web.context import runtime


def show() -> str:
    """Show a site's newest check with what was found so far."""
    site = owner_frame.site_of(g.rights.sites)
    checks = spot.newest(session(), site.id, POOLED)
    check = checks[0] if checks else None
    rows = spot.samples(session(), check.id) if check else []
    of = {row.comment_id: row for row in rows}
    shown = cards(queues.some(session(), list(of)))
    this_week = check is not None and check.week == spot_check.week_of(runtime().now())
    return owner_frame.page(
        "check",
        site=site,
        sites=rights.sites(session(), g.rights.sites),
        check=check,
        cards=[(card, of[card.id]) for card in shown],
        left=sum(1 for row in rows if not row.found),
        latest=spot_check.measured(session(), [check.id]) if check else None,
        pooled=spot_check.measured(session(), [one.id for one in checks]) if checks else None,
        checks=len(checks),
        may_draw=not this_week,
        days=DAYS,
    )


def draw() -> Response:
    """Draw this week's check where there is none."""
    site = owner_frame.site_of(g.rights.sites)
    key, site_id = site.key, site.id
    with transaction() as current:
        spot_check.draw(session=current, runtime=runtime(), site_id=site_id)
    return redirect(url_for("moderation.check", site=key), 303)


def judge(check_id: int, comment_id: int) -> Response:
    """Say that the filter was right about a sample, or wrong."""
    with transaction() as current:
        spot_check.judge(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            check_id=check_id,
            comment_id=comment_id,
            right=request.form.get("right") == "1",
            expected=request.form.get("expected", ""),
        )
    site = request.values.get("site") or None
    return redirect(url_for("moderation.check", site=site) + f"#card-{comment_id}", 303)


def waiting() -> int:
    """Return how many samples wait for the asker."""
    since = runtime().now() - timedelta(days=DAYS)
    return spot.waiting(session(), g.rights.sites, since)


ROUTES = (
    ("/check/", "check", "GET", show),
    ("/check/draw", "draw_check", "POST", draw),
    ("/check/<id:check_id>/<id:comment_id>", "judge", "POST", judge),
)
"""Address below the moderation pages, endpoint, method, view."""
