"""The one mail about a flood: where, how many, until when, where to decide about all of it."""

from collections.abc import Mapping, Sequence
from email.message import EmailMessage

from comment_service.config import Settings
from comment_service.notify import letters, mail
from comment_service.runtime import Runtime
from comment_service.storage import recipients
from comment_service.storage.session import session
from comment_service.storage.tables import Shield, Site


def flood(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Tell the moderators that a page or the site is on hold.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be handed over.
    """
    shield = session().get(Shield, payload["shield_id"])
    settings = runtime.settings
    if shield is None or not settings.smtp_url:
        return
    told = [person.email for person in recipients.of_site(session(), shield.site_id)]
    told += recipients.nobodys(session(), shield.site_id, settings.mail_to)
    if told:
        letters.post(runtime, flood_message(settings, shield, told))


def flood_message(settings: Settings, shield: Shield, to: Sequence[str]) -> EmailMessage:
    """Write the mail about a flood."""
    site = session().get_one(Site, shield.site_id)
    page = shield.page
    message = mail.envelope(settings, f"A flood of comments on {site.name}", to)
    base = settings.public_url.rstrip("/")
    where = f"{base}/moderation/?flood={shield.id}" if base else ""
    told = f"{page.title or page.url}\n{page.url}" if page else f"all of {site.name}"
    message.set_content(
        f"{shield.comments} comments came in within ten minutes on\n{told}\n\n"
        f"Until {shield.until:%Y-%m-%d %H:%M} UTC every comment there waits for you, and there is "
        "no mail for each.\n" + (f"\nDecide about all of them: {where}\n" if where else "")
    )
    return message
