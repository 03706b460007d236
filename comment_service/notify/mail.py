"""Mails, written as plain text and sent by the worker; nothing a visitor sent is in a header."""

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from comment_service.config import Settings
from comment_service.errors import SetupError

TIMEOUT_SECONDS = 20


def envelope(settings: Settings, subject: str, to: Sequence[str] | None = None) -> EmailMessage:
    """Return a mail without a text, to these addresses or to those of ``COMMENTS_MAIL_TO``."""
    message = EmailMessage()
    message["Subject"] = " ".join(subject.split())
    message["From"] = settings.mail_from
    message["To"] = ", ".join(settings.mail_to if to is None else to)
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
