"""Render mails as plain text and HTML; the HTML has no links or images from visitors.

Links start with ``COMMENTS_PUBLIC_URL``, because the worker serves no request that would reveal
the service's URL. Without the key, mails have no links.
"""

from collections.abc import Mapping
from email.message import EmailMessage

from flask import render_template
from flask_babel import force_locale, get_locale

from comment_service import catalogues
from comment_service.notify import mail
from comment_service.runtime import Runtime
from comment_service.storage.db.session import session
from comment_service.storage.tables import Moderator


def service_url(runtime: Runtime, path: str) -> str:
    """Return the absolute URL of one of our paths, "" if ``COMMENTS_PUBLIC_URL`` is not set."""
    root = runtime.settings.public_url.rstrip("/")
    return f"{root}{path}" if root else ""


def compose(
    runtime: Runtime, to: Moderator | str, subject: object, template: str, **values: object
) -> EmailMessage:
    """Return a mail to a moderator or to an address of the installation.

    A visitor's input occurs only in the body, escaped in the HTML. ``subject`` is a lazy text
    that is translated here. A moderator's mail has a header with the settings page, where it can
    be stopped.
    """
    moderator = to if isinstance(to, Moderator) else None
    settings_url = service_url(runtime, "/moderation/me/") if moderator else ""
    values = {
        "settings_url": settings_url,
        "queue_url": service_url(runtime, "/moderation/"),
        "site": "",
        **values,
    }
    with force_locale(catalogues.staff_language(runtime.settings.locale)):
        values |= _language()
        message = mail.envelope(
            runtime.settings, str(subject), [moderator.email if moderator else str(to)]
        )
        _fill(message, template, values)
    if settings_url:
        message["List-Unsubscribe"] = f"<{settings_url}>"
    return message


def compose_for_reader(
    runtime: Runtime, to: str, lang: str, subject: object, template: str, **values: object
) -> EmailMessage:
    """Return a mail to a reader, in their language or the installation's."""
    code = catalogues.best_match(lang, runtime.languages) or runtime.settings.locale
    with force_locale(code):
        values |= _language()
        message = mail.envelope(runtime.settings, str(subject), [to])
        _fill(message, template, values)
    return message


def _language() -> Mapping[str, object]:
    """Return the attributes of the HTML part: its language and the direction of its script."""
    locale = get_locale()
    return {"lang": str(locale).replace("_", "-"), "dir": locale.text_direction}


def _fill(message: EmailMessage, template: str, values: Mapping[str, object]) -> None:
    """Add the text part and the HTML part, encoded with short lines that every server accepts."""
    text = render_template(f"comments/mail/{template}.txt", **values)
    html = render_template(f"comments/mail/{template}.html", **values)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")


def add_unsubscribe_headers(message: EmailMessage, url: str) -> None:
    """Add the List-Unsubscribe headers (RFC 2369); one-click (RFC 8058) if the URL is HTTPS."""
    message["List-Unsubscribe"] = f"<{url}>"
    if url.startswith("https://"):
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def group_by_page(runtime: Runtime, message: EmailMessage, page_id: int) -> None:
    """Let mail programs show this mail with the others about the same page."""
    key = runtime.keyed_hash("page of mails", str(page_id))[:16]
    mail.set_thread(runtime.settings, message, f"page-{page_id}.{key}")


def send(runtime: Runtime, message: EmailMessage, payload: Mapping[str, object]) -> None:
    """Send a mail outside the database transaction, because a mail server may be slow.

    Every try of a delivery has the same Message-ID: if the connection broke after the server
    accepted the mail, the second copy is recognised as the same.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be sent.
    """
    row_id = str(payload["row_id"])
    key = runtime.keyed_hash("message", row_id)[:16]
    mail.set_message_id(runtime.settings, message, f"{row_id}.{key}")
    session().rollback()
    mail.send(runtime.settings, message)
