"""Flood protection: hold new comments of a page or site for a while, and notify moderators once.

A page is flooded by as many comments in ten minutes as the rule ``burst_comments`` says and at
least twice the site's usual rate; a site by three times that number and at least five times its
usual rate, so that a busy day is no flood. Comments from before the hold keep their status; the
queue lists them together for one bulk decision.
"""

from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.errors import DoesNotExist
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.admin.rules import Rules
from comment_service.storage.db import outbox
from comment_service.storage.db.session import announce, serialise
from comment_service.storage.moderation import floods

FLOOD_MAIL = "shield_mail"
"""Outbox kind: notify moderators of a flood."""
FLOOD_END = "shield_end"
"""Outbox kind: announce that flood protection ended by itself."""
WINDOW = timedelta(minutes=10)
SITE_LIMIT_FACTOR = 3
"""The site's limit, as a multiple of a page's limit."""
PAGE_USUAL_FACTOR, SITE_USUAL_FACTOR = 2, 5
"""Factors by which a page, or the site, must exceed the site's usual rate."""
_WEEK = timedelta(days=7)
MAX_HOLD_MINUTES = 10_080
"""The longest hold that the rules allow: a week."""


def is_on_hold(page: t.Page, now: datetime) -> bool:
    """Return True if new comments on a page are held because of a flood on the page or the site."""
    latest = now + timedelta(minutes=MAX_HOLD_MINUTES)  # later: set by a clock that was wrong
    ends = (page.shield_until, page.site.shield_until)
    return any(end is not None and now < end <= latest for end in ends)


def hold_on_flood(session: Session, runtime: Runtime, page: t.Page, rules: Rules) -> None:
    """Hold the page or the whole site if it received unusually many comments."""
    now, limit = runtime.now(), rules.burst_comments
    if not limit or is_on_hold(page, now):
        return
    minimum = limit, SITE_LIMIT_FACTOR * limit
    since = _flood_start(session, page, now - WINDOW, *minimum)
    if since is None:
        return
    serialise(session, f"flood {page.site_id}")
    session.refresh(page, ["shield_until"])
    session.refresh(page.site, ["shield_until"])
    usual = _usual_rate(session, runtime, page.site_id)
    limits = (
        max(minimum[0], ceil(PAGE_USUAL_FACTOR * usual)),
        max(minimum[1], ceil(SITE_USUAL_FACTOR * usual)),
    )
    scope = _exceeded_limit(session, page, since, *limits)
    if scope is not None and not is_on_hold(page, now):
        _start_hold(
            session, runtime, page, rules, whole_site=scope == "site", comments=limits, since=since
        )


def _flood_start(
    session: Session, page: t.Page, since: datetime, on_page: int, on_site: int
) -> datetime | None:
    """Return the start of the period that exceeds a limit, None if no limit is exceeded.

    Comments from before the end of an earlier flood do not count again.
    """
    if _exceeded_limit(session, page, since, on_page, on_site) is None:
        return None
    newest = floods.newest(session, page.site_id, page.id)
    if newest is None or newest.until <= since:
        return since
    scope = _exceeded_limit(session, page, newest.until, on_page, on_site)
    return newest.until if scope is not None else None


def _exceeded_limit(
    session: Session, page: t.Page, since: datetime, on_page: int, on_site: int
) -> str | None:
    """Return which limit is exceeded since a time: ``site``, ``page`` or None."""
    site_count = floods.count_recent(session, page.site_id, since, on_site)
    if site_count >= on_site:
        return "site"
    if site_count < on_page:  # the page cannot have more comments than the site
        return None
    page_count = floods.count_recent(session, page.site_id, since, on_page, page_id=page.id)
    return "page" if page_count >= on_page else None


def _usual_rate(session: Session, runtime: Runtime, site_id: int) -> float:
    """Return a site's usual comments per ten minutes over a week; cached for ten minutes."""
    now = runtime.now()
    measured_at, usual = runtime.usual.get(site_id, (None, 0.0))
    if measured_at is None or now - measured_at > WINDOW:
        week = floods.count_between(session, site_id, now - _WEEK, now - WINDOW)
        usual = week * (WINDOW / _WEEK)
        runtime.usual[site_id] = now, usual
    return usual


def _start_hold(
    session: Session,
    runtime: Runtime,
    page: t.Page,
    rules: Rules,
    *,
    whole_site: bool,
    comments: tuple[int, int],
    since: datetime,
) -> None:
    """Hold the page or the site, and enqueue the mail about it."""
    now = runtime.now()
    shield = t.Shield(site_id=page.site_id, page_id=None if whole_site else page.id, since=since)
    shield.comments, shield.began_at, shield.ended_by = comments[whole_site], now, ""
    shield.until = now + timedelta(minutes=rules.shield_minutes)
    session.add(shield)
    _set_hold(page.site if whole_site else page, shield.until)
    session.flush()
    outbox.enqueue(session, FLOOD_MAIL, {"shield_id": shield.id}, now)
    outbox.enqueue(session, FLOOD_END, {"shield_id": shield.id}, now, due=shield.until)
    announce(
        session,
        events.flood_began.name,
        page.site.key,
        flood_id=shield.id,
        page_id=shield.page_id,
        comments=shield.comments,
        until=shield.until.isoformat(),
    )


def end_hold(*, session: Session, runtime: Runtime, moderator_id: int, shield_id: int) -> t.Shield:
    """End flood protection early.

    Raises:
        DoesNotExist: there is no such flood on the moderator's sites.
    """
    shield = session.scalar(select(t.Shield).where(t.Shield.id == shield_id).with_for_update())
    if shield is None or not rights.rights_of(session, moderator_id).moderates(shield.site_id):
        raise DoesNotExist("There was no such flood; reload the queue.")
    if shield.until > runtime.now():
        shield.until, shield.ended_by = (
            runtime.now(),
            session.get_one(t.Moderator, moderator_id).name,
        )
        _set_hold(shield.page or session.get_one(t.Site, shield.site_id), None)
        session.flush()
        announce_end(session, shield)
    return shield


def announce_end(session: Session, shield: t.Shield) -> None:
    """Announce that flood protection ended."""
    announce(
        session,
        events.flood_ended.name,
        session.get_one(t.Site, shield.site_id).key,
        flood_id=shield.id,
        page_id=shield.page_id,
        ended_by=shield.ended_by,
    )


def _set_hold(scope: t.Page | t.Site, end: datetime | None) -> None:
    scope.shield_until = end
