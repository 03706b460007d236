"""Notify moderators of a flood: one mail each with page, number of comments and options.

Also announces the end of flood protection that no moderator ended.
"""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from comment_service.actions.comments import flood
from comment_service.notify import templates
from comment_service.runtime import Runtime
from comment_service.storage.db import outbox
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import recipients
from comment_service.storage.tables import Moderator, Shield, Site

FLOOD_MAIL_TO_ONE = "shield_mail_to"
"""Kind of the outbox row for one recipient of one flood mail."""


def enqueue_mails(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Enqueue a mail to each moderator of the site who receives any mails.

    Moderators with digests are included, because this mail replaces many.
    """
    if not runtime.settings.smtp_url:
        return
    with transaction() as current:
        shield = current.get(Shield, payload["shield_id"])
        if shield is None:
            return
        about, now = {"shield_id": shield.id}, runtime.now()
        for person in recipients.of_site(current, shield.site_id, recipients.ANY):
            outbox.enqueue(current, FLOOD_MAIL_TO_ONE, {**about, "moderator_id": person.id}, now)
        for to in recipients.unclaimed_addresses(current, shield.site_id, runtime.settings.mail_to):
            outbox.enqueue(current, FLOOD_MAIL_TO_ONE, {**about, "address": to}, now)


def announce_end(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Announce that flood protection ended, unless a moderator ended it and that was announced."""
    with transaction() as current:
        shield = current.get(Shield, payload["shield_id"])
        if shield is not None and not shield.ended_by and shield.until <= runtime.now():
            flood.announce_end(current, shield)


def deliver_to_one(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Notify one recipient that flood protection is on for a page or the site.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be sent.
    """
    to: Moderator | str | None = str(payload.get("address", ""))
    if "moderator_id" in payload:
        person = session().get(Moderator, payload["moderator_id"])
        to = person if person is not None and person.left_at is None else None
    shield = session().get(Shield, payload["shield_id"])
    if to is None or shield is None:
        return
    site = session().get_one(Site, shield.site_id)
    subject = _l("A flood of comments on %(site)s", site=site.name)
    values = {
        "comments": shield.comments,
        "page": (shield.page.title or shield.page.url) if shield.page else "",
        "page_url": shield.page.url if shield.page else "",
        "site": site.name,
        "until": shield.until,
        "flood_url": templates.service_url(runtime, f"/moderation/pending?flood={shield.id}"),
    }
    message = templates.compose(runtime, to, subject, "flood", **values)
    if shield.page is not None:
        templates.group_by_page(runtime, message, shield.page.id)
    templates.send(runtime, message, payload)
