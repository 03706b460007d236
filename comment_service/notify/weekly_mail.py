"""Send the weekly overview mail: on Mondays, or seven days after the last one."""

from collections.abc import Mapping
from datetime import timedelta

from flask_babel import lazy_gettext as _l

from comment_service.actions.moderation.overview import overview
from comment_service.notify import templates
from comment_service.runtime import Runtime
from comment_service.storage.admin import rights
from comment_service.storage.db import outbox
from comment_service.storage.db.session import serialise, session, transaction
from comment_service.storage.moderation import recipients
from comment_service.storage.tables import Moderator

WEEKLY = "weekly_mail"
"""Kind of the outbox row that sends one moderator the weekly overview."""
MONDAY = 0
WEEK = timedelta(days=7)
MAX_SITES = 20
"""Maximum number of sites in one mail."""


def enqueue_mails(runtime: Runtime) -> None:
    """Enqueue the weekly mail of each moderator who wants it, when it is due."""
    now = runtime.now()
    with transaction() as current:
        serialise(current, "weekly mails")
        for person in recipients.for_weekly_mail(current):
            ago = None if person.weekly_at is None else now - person.weekly_at
            monday = now.weekday() == MONDAY and (ago is None or ago > timedelta(days=1))
            if monday or (ago is not None and ago >= WEEK):
                outbox.enqueue(current, WEEKLY, {"moderator_id": person.id}, now)
                person.weekly_at = now


def deliver(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Send one moderator the week of their sites; do nothing if there was no activity.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be sent.
    """
    person = session().get(Moderator, payload["moderator_id"])
    if person is None or person.left_at is not None or not person.weekly_mail:
        return
    allowed = rights.rights_of(session(), person.id)
    sites = rights.allowed_sites(session(), allowed.sites) if allowed.any else []
    views = [overview(session=session(), runtime=runtime, site=site) for site in sites[:MAX_SITES]]
    busy = [view for view in views if not view.quiet]
    if not busy:
        return
    url = templates.service_url(runtime, "/moderation/week/")
    message = templates.compose(
        runtime, person, _l("Your week of comments"), "weekly", views=busy, week_url=url
    )
    templates.send(runtime, message, payload)
