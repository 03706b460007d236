"""Compose and send mails. Of a visitor's input, only a cleaned name or title is in a subject."""

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import closing, suppress
from email import policy
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from comment_service.config import Settings
from comment_service.errors import SetupError
from comment_service.text.links import defuse_links
from comment_service.text.names import clean_name

TIMEOUT_SECONDS = 20
_POLICY = policy.default.clone(max_line_length=998)
"""Header lines up to RFC 5322's limit; earlier folding would break the URLs in them."""
_FINAL = range(500, 600)
MAX_SUBJECT_PART = 60
"""Most characters of a name or a title in a subject."""


def envelope(settings: Settings, subject: str, to: Sequence[str] | None = None) -> EmailMessage:
    """Return a mail without body, to these addresses or to those of ``COMMENTS_MAIL_TO``."""
    message = EmailMessage(_POLICY)
    message["Subject"] = " ".join(subject.split())
    message["From"] = settings.mail_from
    message["To"] = ", ".join(settings.mail_to if to is None else to)
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=_domain(settings))
    message["Auto-Submitted"] = "auto-generated"
    return message


def _domain(settings: Settings) -> str | None:
    return settings.mail_from.rpartition("@")[2] or None


def set_message_id(settings: Settings, message: EmailMessage, key: str) -> None:
    """Set the Message-ID that belongs to ``key``, so that a retry counts as the same mail."""
    del message["Message-ID"]
    message["Message-ID"] = f"<{key}@{_domain(settings) or 'localhost'}>"


def subject_part(text: str) -> str:
    """Return a visitor's name or title for a subject.

    It is one line of at most ``MAX_SUBJECT_PART`` characters, without control, bidi and invisible
    characters, and no mail program finds an address in it.
    """
    shown = clean_name(text)
    if len(shown) > MAX_SUBJECT_PART:
        shown = shown[: MAX_SUBJECT_PART - 1].rstrip() + "…"
    return defuse_links(shown)


def set_thread(settings: Settings, message: EmailMessage, key: str) -> None:
    """Let mail programs show this mail with the others of ``key``, as answers to one mail."""
    for header in ("In-Reply-To", "References"):
        message[header] = f"<{key}@{_domain(settings) or 'localhost'}>"


def is_permanent_failure(error: Exception) -> bool:
    """Return True if the server permanently refused the recipients or the text.

    Errors about the sender, the password or the connection are not final: the owner can fix them.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return bool(error.recipients) and all(
            code in _FINAL for code, _text in error.recipients.values()
        )
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code in _FINAL


def _connect(host: str, port: int, *, secure: bool) -> smtplib.SMTP:
    """Connect; with implicit TLS, verify the certificate."""
    if secure:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
    return smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)


def send(settings: Settings, message: EmailMessage) -> None:
    """Send one mail through the server of ``COMMENTS_SMTP_URL``.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be sent.
        SetupError: a password is configured, but the server offers no TLS.
    """
    url = urlsplit(settings.smtp_url)
    secure = url.scheme == "smtps"
    with closing(_connect(url.hostname or "localhost", url.port or 0, secure=secure)) as server:
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
        with suppress(smtplib.SMTPException, OSError):  # the server has accepted the mail already
            server.quit()
