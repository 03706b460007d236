"""Mails, written as plain text and sent by the worker; nothing a visitor sent is in a header."""

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from comment_service.config import Settings
from comment_service.errors import SetupError
from comment_service.runtime import Runtime
from comment_service.storage import queue
from comment_service.storage.session import session
from comment_service.storage.tables import HELD, Comment
from comment_service.text.markdown import plain

TIMEOUT_SECONDS = 20


def held(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Tell the moderators that a comment waits; nothing is sent where it no longer does.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be handed over.
    """
    comment = session().get(Comment, payload["comment_id"])
    if comment is None or comment.status != HELD or not runtime.settings.smtp_url:
        return
    message = held_message(runtime.settings, comment)
    send(runtime.settings, message)


def held_message(settings: Settings, comment: Comment) -> EmailMessage:
    """Write the mail about a held comment: what was said, why it waits, where to decide."""
    found = queue.verdicts(session(), [comment.id]).get(comment.id)
    reasons = [f"  - {reason['sentence']}" for reason in found.reasons] if found else []
    score = f"{found.score:.0%} spam\n" if found is not None and found.score is not None else ""
    where = f"{settings.public_url.rstrip('/')}/moderation/" if settings.public_url else ""
    message = envelope(settings, f"A comment waits on {comment.page.site.name}")
    message.set_content(
        f"{comment.name} wrote on {comment.page.title or comment.page.url}\n"
        f"{comment.page.url}\n\n{plain(comment.html, 2000)}\n\n{score}"
        + "\n".join(reasons)
        + (f"\n\nDecide: {where}\n" if where else "\n")
    )
    return message


def envelope(settings: Settings, subject: str) -> EmailMessage:
    """Return a mail to those who are told, still without a text."""
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = settings.mail_from
    message["To"] = ", ".join(settings.mail_to)
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=settings.mail_from.rpartition("@")[2] or None)
    message["Auto-Submitted"] = "auto-generated"
    return message


def _connect(host: str, port: int, *, secure: bool) -> smtplib.SMTP:
    """Connect; the certificate is verified where TLS is spoken from the beginning."""
    if secure:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
    return smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)


def send(settings: Settings, message: EmailMessage) -> None:
    """Hand one mail to the server of ``COMMENTS_SMTP_URL``.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be handed over.
        SetupError: there is a password and no TLS.
    """
    url = urlsplit(settings.smtp_url)
    secure = url.scheme == "smtps"
    with _connect(url.hostname or "localhost", url.port or 0, secure=secure) as server:
        if not secure:
            server.ehlo_or_helo_if_needed()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                secure = True
        if url.username and not secure:
            raise SetupError("The mail server offers no TLS; a password is not sent in the clear.")
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message)
