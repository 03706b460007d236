"""A sudden flood puts its page, or the site, on hold for a while; moderators are told once.

A flood is more than a page, or three times as many as a site, takes in ten minutes, and many times
what the site is used to: a busy day is none. What came in before stays as it is, and stands
together in the queue for one decision.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.errors import NotThere
from comment_service.runtime import Runtime
from comment_service.storage import outbox, rights, shields
from comment_service.storage import tables as t
from comment_service.storage.rules import Rules

SHIELD_MAIL = "shield_mail"
"""Kind of the outbox row that tells moderators of a flood."""
WINDOW = timedelta(minutes=10)
SITE_TIMES = 3
"""A site takes as many as this many pages may before all of it is on hold."""
USUAL_TIMES = 5
"""A flood is this many times what came in ten minutes over the last week."""
_WEEK = timedelta(days=7)


def until(page: t.Page) -> datetime | None:
    """Return until when everything on a page waits, None where it was never on hold."""
    return max(filter(None, (page.shield_until, page.site.shield_until)), default=None)


def raise_at_a_flood(session: Session, runtime: Runtime, page: t.Page, rules: Rules) -> None:
    """Put the page, or the whole site, on hold where more came in lately than it is used to."""
    now, limit = runtime.now(), rules.burst_comments
    up = until(page)
    if not limit or (up is not None and up > now):
        return
    since = now - WINDOW
    here = shields.came_in(session, page.site_id, since, limit, page_id=page.id)
    everywhere = shields.came_in(session, page.site_id, since, SITE_TIMES * limit)
    if here < limit and everywhere < SITE_TIMES * limit:
        return
    usual = shields.came_in_between(session, page.site_id, now - _WEEK, since) * (WINDOW / _WEEK)
    if everywhere < USUAL_TIMES * usual:
        return
    whole = everywhere >= SITE_TIMES * limit
    shield = t.Shield(site_id=page.site_id, page_id=None if whole else page.id, since=since)
    shield.comments, shield.began_at = everywhere if whole else here, now
    shield.until = now + timedelta(minutes=rules.shield_minutes)
    shield.ended_by = ""
    session.add(shield)
    _hold(page.site if whole else page, shield.until)
    session.flush()
    outbox.put(session, SHIELD_MAIL, {"shield_id": shield.id}, now)


def end(*, session: Session, runtime: Runtime, moderator_id: int, shield_id: int) -> t.Shield:
    """Let comments through again before a shield's time is over.

    Raises:
        NotThere: there is no such shield where this moderator decides.
    """
    shield = session.scalar(select(t.Shield).where(t.Shield.id == shield_id).with_for_update())
    if shield is None or not rights.of(session, moderator_id).moderates(shield.site_id):
        raise NotThere("There was no such flood; reload the queue.")
    if shield.until > runtime.now():
        shield.until, shield.ended_by = (
            runtime.now(),
            session.get_one(t.Moderator, moderator_id).name,
        )
        _hold(shield.page or session.get_one(t.Site, shield.site_id), None)
        session.flush()
    return shield


def _hold(what: t.Page | t.Site, end: datetime | None) -> None:
    what.shield_until = end
