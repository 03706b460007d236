"""``mail``: send a test mail, list failed deliveries, retry them."""

import smtplib
from urllib.parse import urlsplit

import click

from comment_service.cli.assembly import Assembly
from comment_service.errors import SetupError
from comment_service.notify import mail as mails
from comment_service.storage.db import outbox
from comment_service.storage.db.session import session, transaction

_HINT = "Set COMMENTS_SMTP_URL (smtp://user:password@host:587) and COMMENTS_MAIL_FROM first."
MAX_SHOWN = 50


@click.group()
def mail() -> None:
    """Send a test mail, list failed deliveries, retry them."""


@mail.command("test")
@click.argument("address")
@click.pass_obj
def test(assembly: Assembly, address: str) -> None:
    """Send one mail to ADDRESS now, and print the server's answer."""
    with assembly.context() as runtime:
        settings = runtime.settings
        if not settings.smtp_url:
            raise click.ClickException(f"No mail server is configured. {_HINT}")
        message = mails.envelope(settings, f"A test from {settings.site_name}", [address])
        message.set_content("If you read this, comment_service can send mails.\n")
        server = urlsplit(settings.smtp_url)
        click.echo(
            f"Sending a mail to {address} via {server.hostname}:{server.port or 'default'} …"
        )
        try:
            mails.send(settings, message)
        except (OSError, smtplib.SMTPException, SetupError) as error:
            raise click.ClickException(_explained(error)) from error
    click.echo("The server accepted it. If it does not arrive, check the spam folder, and whether")
    click.echo(f"SPF and DKIM of {settings.mail_from.rpartition('@')[2]} allow this server.")


def _explained(error: Exception) -> str:
    """Return what went wrong and what to do."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"The server refused user and password ({error}). Check COMMENTS_SMTP_URL."
    if isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPSenderRefused):
        return f"The server refused sender or recipient ({error}). Check COMMENTS_MAIL_FROM."
    if isinstance(error, smtplib.SMTPException | SetupError):
        return f"The server did not accept it: {error}"
    return f"The server could not be reached ({error}). Check host and port in COMMENTS_SMTP_URL."


@mail.command("dead")
@click.pass_obj
def dead(assembly: Assembly) -> None:
    """Print failed deliveries, newest first, with their last error."""
    with assembly.context():
        rows = outbox.dead_letters(session(), MAX_SHOWN)
        for row in rows:
            click.echo(f"{row.id}\t{row.kind}\t{row.attempts} tries\t{row.last_error}")
        if not rows:
            click.echo("No failed deliveries.")


@mail.command("retry")
@click.pass_obj
def retry(assembly: Assembly) -> None:
    """Retry all failed deliveries."""
    with assembly.context() as runtime, transaction() as current:
        number = outbox.retry_dead(current, runtime.now())
    click.echo(f"Queued for another try: {number}.")
