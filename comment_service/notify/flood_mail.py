"""The one mail about a flood, to each who decides there: where, how many, what to do about it."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from comment_service.notify import templates
from comment_service.runtime import Runtime
from comment_service.storage.db import outbox
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import recipients
from comment_service.storage.tables import Moderator, Shield, Site

SHIELD_ONE = "shield_mail_to"
"""Kind of the outbox row that tells one recipient of one flood."""


def spread(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Owe a mail to each who decides on the site and wishes any, for it takes the place of many."""
    if not runtime.settings.smtp_url:
        return
    with transaction() as current:
        shield = current.get(Shield, payload["shield_id"])
        if shield is None:
            return
        about, now = {"shield_id": shield.id}, runtime.now()
        for person in recipients.of_site(current, shield.site_id, recipients.ANY):
            outbox.put(current, SHIELD_ONE, {**about, "moderator_id": person.id}, now)
        for to in recipients.nobodys(current, shield.site_id, runtime.settings.mail_to):
            outbox.put(current, SHIELD_ONE, {**about, "address": to}, now)


def one(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Tell one recipient that a page or the site is on hold.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be handed over.
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
        "flood_url": templates.address(runtime, f"/moderation/pending?flood={shield.id}"),
    }
    templates.post(runtime, templates.write(runtime, to, subject, "flood", **values), payload)
