"""Mails from templates: plain text, and the same as HTML without a link or image of a visitor's.

Links are made from ``COMMENTS_PUBLIC_URL``: the worker serves no request that would tell where the
service stands. Without it a mail has none.
"""

from email.message import EmailMessage

from flask import render_template
from flask_babel import force_locale

from comment_service.notify import mail
from comment_service.runtime import Runtime
from comment_service.storage.session import session
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
    with force_locale(runtime.settings.locale):
        message = mail.envelope(runtime.settings, str(subject), [known.email if known else str(to)])
        message.set_content(render_template(f"comments/mail/{template}.txt", **told))
        html = render_template(f"comments/mail/{template}.html", **told)
        message.add_alternative(html, subtype="html")
    if settings_url:
        message["List-Unsubscribe"] = f"<{settings_url}>"
    return message


def post(runtime: Runtime, message: EmailMessage) -> None:
    """Hand a mail over, with no transaction open meanwhile: a slow server must not hold one.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be handed over.
    """
    session().rollback()
    mail.send(runtime.settings, message)
