"""A sudden flood puts its page, or the site, on hold for a while; moderators are told once.

A flood on a page is as many in ten minutes as the rules say, and twice what the whole site is used
to; on a site three times as many, and five times what it is used to: a busy day is none. What came
in before stays as it is, and stands together in the queue for one decision.
"""

from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.errors import NotThere
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.admin.rules import Rules
from comment_service.storage.db import outbox
from comment_service.storage.db.session import serialise
from comment_service.storage.moderation import floods

SHIELD_MAIL = "shield_mail"
"""Kind of the outbox row that tells moderators of a flood."""
WINDOW = timedelta(minutes=10)
SITE_TIMES = 3
"""A site takes as many as this many pages may before all of it is on hold."""
PAGE_USUAL, SITE_USUAL = 2, 5
"""How many times what is usual for the site has to come in on a page, and on all of it."""
_WEEK = timedelta(days=7)


def is_up(page: t.Page, now: datetime) -> bool:
    """Tell whether everything on a page waits, because of a flood there or all over the site."""
    return any(end is not None and end > now for end in (page.shield_until, page.site.shield_until))


def raise_at_a_flood(session: Session, runtime: Runtime, page: t.Page, rules: Rules) -> None:
    """Put the page, or the whole site, on hold where more came in lately than it is used to."""
    now, limit = runtime.now(), rules.burst_comments
    if not limit or is_up(page, now):
        return
    least = limit, SITE_TIMES * limit
    since = _since(session, page, now - WINDOW, *least)
    if since is None:
        return
    serialise(session, f"flood {page.site_id}")
    session.refresh(page, ["shield_until"])
    session.refresh(page.site, ["shield_until"])
    usual = _usual(session, runtime, page.site_id)
    most = max(least[0], ceil(PAGE_USUAL * usual)), max(least[1], ceil(SITE_USUAL * usual))
    found = _exceeded(session, page, since, *most)
    if found is not None and not is_up(page, now):
        _raise(session, runtime, page, rules, whole=found == "site", comments=most, since=since)


def _since(
    session: Session, page: t.Page, since: datetime, on_page: int, on_site: int
) -> datetime | None:
    """Return since when more came in than may, None where it is less.

    What came in before the end of an earlier flood was part of that one.
    """
    if _exceeded(session, page, since, on_page, on_site) is None:
        return None
    newest = floods.newest(session, page.site_id, page.id)
    if newest is None or newest.until <= since:
        return since
    found = _exceeded(session, page, newest.until, on_page, on_site)
    return newest.until if found is not None else None


def _exceeded(
    session: Session, page: t.Page, since: datetime, on_page: int, on_site: int
) -> str | None:
    """Return what took as many since then as it may: ``site`` or ``page``."""
    everywhere = floods.came_in(session, page.site_id, since, on_site)
    if everywhere >= on_site:
        return "site"
    if everywhere < on_page:  # nor can there be more on the page
        return None
    here = floods.came_in(session, page.site_id, since, on_page, page_id=page.id)
    return "page" if here >= on_page else None


def _usual(session: Session, runtime: Runtime, site_id: int) -> float:
    """Return how many comments a site takes in ten minutes, over a week, asked now and then."""
    now = runtime.now()
    asked, usual = runtime.usual.get(site_id, (None, 0.0))
    if asked is None or now - asked > WINDOW:
        week = floods.came_in_between(session, site_id, now - _WEEK, now - WINDOW)
        usual = week * (WINDOW / _WEEK)
        runtime.usual[site_id] = now, usual
    return usual


def _raise(
    session: Session,
    runtime: Runtime,
    page: t.Page,
    rules: Rules,
    *,
    whole: bool,
    comments: tuple[int, int],
    since: datetime,
) -> None:
    """Put the page or the site on hold, and owe the mail that says so."""
    now = runtime.now()
    shield = t.Shield(site_id=page.site_id, page_id=None if whole else page.id, since=since)
    shield.comments, shield.began_at, shield.ended_by = comments[whole], now, ""
    shield.until = now + timedelta(minutes=rules.shield_minutes)
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
