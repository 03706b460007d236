"""The weekly spot check: twenty comments that no moderator decided, each judged right or wrong."""

from datetime import timedelta

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.moderation import spot_check
from comment_service.actions.moderation.spot_check import DAYS, POOLED
from comment_service.storage.admin import rights
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import queue as queues
from comment_service.storage.moderation import spot_check as spot
from comment_service.web.http.context import runtime
from comment_service.web.moderation import site_context
from comment_service.web.moderation.cards import cards


def show() -> str:
    """Show a site's newest spot check with its results so far."""
    site = site_context.requested_site(g.rights.sites)
    checks = spot.newest(session(), site.id, POOLED)
    check = checks[0] if checks else None
    rows = spot.samples(session(), check.id) if check else []
    samples = {row.comment_id: row for row in rows}
    shown = cards(queues.load_comments(session(), list(samples)))
    this_week = check is not None and check.week == spot_check.week_of(runtime().now())
    return site_context.render_page(
        "moderation/spot_check",
        site=site,
        sites=rights.allowed_sites(session(), g.rights.sites),
        check=check,
        cards=[(card, samples[card.id]) for card in shown],
        left=sum(1 for row in rows if not row.found),
        latest=spot_check.measure(session(), [check.id]) if check else None,
        pooled=spot_check.measure(session(), [past.id for past in checks]) if checks else None,
        checks=len(checks),
        may_draw=not this_week,
        days=DAYS,
    )


def draw() -> Response:
    """Draw this week's sample if there is none."""
    site = site_context.requested_site(g.rights.sites)
    key, site_id = site.key, site.id
    with transaction() as current:
        spot_check.draw(session=current, runtime=runtime(), site_id=site_id)
    return redirect(url_for("moderation.check", site=key), 303)


def judge(check_id: int, comment_id: int) -> Response:
    """Record whether the filter was right about a sample."""
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


def pending_samples() -> int:
    """Return the number of samples that still need a judgement on the moderator's sites."""
    since = runtime().now() - timedelta(days=DAYS)
    return spot.count_unjudged(session(), g.rights.sites, since)


ROUTES = (
    ("/check/", "check", "GET", show),
    ("/check/draw", "draw_check", "POST", draw),
    ("/check/<id:check_id>/<id:comment_id>", "judge", "POST", judge),
)
"""URL below the moderation pages, endpoint, method, view."""
