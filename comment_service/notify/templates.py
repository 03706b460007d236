"""Mails from templates: plain text, and the same as HTML without a link or image of a visitor's.

Links are made from ``COMMENTS_PUBLIC_URL``: the worker serves no request that would tell where the
service stands. Without it a mail has none.
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


def address(runtime: Runtime, path: str) -> str:
    """Return the whole address of a path of ours, "" where the service's own is not known."""
    root = runtime.settings.public_url.rstrip("/")
    return f"{root}{path}" if root else ""


def write(
    runtime: Runtime, to: Moderator | str, subject: object, template: str, **values: object
) -> EmailMessage:
    """Return a mail; what a visitor sent stands in its text alone, escaped in the HTML.

    ``subject`` is a lazy text, put into words here; a moderator's mail says where to stop it.
    """
    known = to if isinstance(to, Moderator) else None
    settings_url = address(runtime, "/moderation/me/") if known else ""
    told = {"settings_url": settings_url, "queue_url": address(runtime, "/moderation/"), **values}
    with force_locale(catalogues.SOURCE):
        message = mail.envelope(runtime.settings, str(subject), [known.email if known else str(to)])
        _fill(message, template, told)
    if settings_url:
        message["List-Unsubscribe"] = f"<{settings_url}>"
    return message


def to_reader(
    runtime: Runtime, to: str, lang: str, subject: object, template: str, **values: object
) -> EmailMessage:
    """Return a mail to a reader in their language, or in the installation's."""
    code = catalogues.best(lang, runtime.languages) or runtime.settings.locale
    with force_locale(code):
        locale = get_locale()
        values |= {"lang": str(locale).replace("_", "-"), "dir": locale.text_direction}
        message = mail.envelope(runtime.settings, str(subject), [to])
        _fill(message, template, values)
    return message


def _fill(message: EmailMessage, template: str, values: Mapping[str, object]) -> None:
    """Give a mail its two parts, as text and as HTML, in lines that every server takes."""
    text = render_template(f"comments/mail/{template}.txt", **values)
    html = render_template(f"comments/mail/{template}.html", **values)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")


def offer_an_end(message: EmailMessage, url: str) -> None:
    """Let the mail program offer to unsubscribe: by itself with one click, where it is HTTPS.

    RFC 2369 and RFC 8058.
    """
    message["List-Unsubscribe"] = f"<{url}>"
    if url.startswith("https://"):
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def post(runtime: Runtime, message: EmailMessage, payload: Mapping[str, object]) -> None:
    """Hand a mail over, with no transaction open meanwhile: a slow server must not hold one.

    Each delivery has one Message-ID however often it is tried: where a server took a mail and the
    line broke before it said so, the second one is recognised as the same.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be handed over.
    """
    row_id = str(payload["row_id"])
    key = runtime.keyed_hash("message", row_id)[:16]
    mail.name(runtime.settings, message, f"{row_id}.{key}")
    session().rollback()
    mail.send(runtime.settings, message)
