"""``check``: say in one line each what works, what does not, and what to do."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import time
from urllib.parse import urlsplit

import click

from comment_service.actions.admin.backup import status
from comment_service.actions.admin.readiness import OK, PROBLEM, WARNING, Condition, check_all
from comment_service.actions.pages.embed_check import check_readers
from comment_service.cli.assembly import Assembly
from comment_service.config import Settings, data_folder
from comment_service.errors import SetupError
from comment_service.runtime import Runtime
from comment_service.storage.admin import people, sites, webhooks
from comment_service.storage.db.folder import refuse_volatile
from comment_service.storage.db.session import session

COLOURS = {OK: "green", WARNING: "yellow", PROBLEM: "red"}
MAIL_SECONDS = 5
BACKUP_AGE = timedelta(days=2)
WEBHOOK_FAILS = timedelta(hours=1)


@click.command()
@click.option(
    "--backups",
    type=click.Path(path_type=Path),
    help="Folder of your own backups; the newest file must be younger than two days.",
)
@click.pass_obj
def check(assembly: Assembly, backups: Path | None) -> None:
    """Check configuration, database, disk, model, worker, mail, webhooks, clock and backups.

    Exit status 0 if there is no problem, 1 otherwise; warnings do not count.
    """
    app = assembly.app(prepared=False)
    with app.app_context():
        state: Runtime = app.extensions["comments"]
        found = [Condition("configuration", OK, "The configuration is valid.")]
        found += check_all(session=session(), runtime=state)
        unusable = {one.name for one in found if one.status == PROBLEM}
        if not unusable & {"database", "schema"}:
            found += _check_people(state)
            found += check_webhooks(state)
        found += [*_check_settings(state.settings), check_mail(state.settings)]
        if backups is not None:
            found.append(check_backups(backups))
        elif not unusable & {"database", "schema"}:
            found.append(check_plan(state))
    for one in found:
        status = click.style(f"{one.status:8}", fg=COLOURS[one.status])
        remedy = f" {one.remedy}" if one.status != OK and one.remedy else ""
        click.echo(f"{status} {one.name}: {one.sentence}{remedy}")
    if any(one.status == PROBLEM for one in found):
        raise SystemExit(1)


def _check_people(state: Runtime) -> Iterator[Condition]:
    """Check that there is a moderator, and that readers have different addresses."""
    if not people.any_moderator(session()):
        remedy = "Run `comment-service moderator link` and open the link."
        yield Condition("moderators", WARNING, "There is no moderator.", remedy)
    for one in check_readers(session(), sites.all_sites(session()), state.now()):
        yield Condition("proxy", one.status, one.sentence, one.remedy)


def check_webhooks(state: Runtime) -> Iterator[Condition]:
    """Check for webhooks that were switched off by failures, or fail for an hour."""
    for one in webhooks.broken(session(), failing_before=state.now() - WEBHOOK_FAILS):
        sentence = f"Webhook “{one.name}” of {one.site.name} fails for more than an hour."
        if one.disabled_why:
            sentence = f"Webhook “{one.name}” of {one.site.name} is off: {one.disabled_why}"
        yield Condition("webhooks", WARNING, sentence, "See Settings → Webhooks.")


def _check_settings(settings: Settings) -> Iterator[Condition]:
    """Check for settings that work but are not meant for a public server."""
    try:
        refuse_volatile(data_folder(settings))
    except SetupError:
        sentence = f"{data_folder(settings)} is emptied at reboot: every comment would be lost."
        yield Condition("folder", WARNING, sentence, "Set COMMENTS_FOLDER to a lasting place.")
    if not settings.public_url:
        sentence = "COMMENTS_PUBLIC_URL is not set, so mails cannot contain links."
        yield Condition("public_url", WARNING, sentence, "Set it to the service's address.")
    elif urlsplit(settings.public_url).scheme != "https":
        sentence = f"{settings.public_url} is not encrypted: passwords can be read on the way."
        yield Condition("public_url", WARNING, sentence, "Serve it with https.")


def check_mail(settings: Settings) -> Condition:
    """Connect to the mail server and greet it."""
    if not settings.smtp_url:
        remedy = "Set COMMENTS_SMTP_URL and COMMENTS_MAIL_FROM."
        return Condition("mail", WARNING, "No mail server is configured; nobody gets mail.", remedy)
    parts = urlsplit(settings.smtp_url)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(parts.hostname or "", parts.port or 0, timeout=MAIL_SECONDS) as server:
            server.noop()
    except OSError as error:  # includes smtplib.SMTPException
        sentence = f"{parts.hostname} does not answer ({error})."
        return Condition("mail", PROBLEM, sentence, "Check COMMENTS_SMTP_URL.")
    return Condition("mail", OK, f"{parts.hostname} answers.")


def check_plan(state: Runtime) -> Condition:
    """Check that the worker makes the backups that COMMENTS_BACKUP plans."""
    found = status(session=session(), runtime=state)
    if found.plan is None:
        remedy = "Set COMMENTS_BACKUP=daily:14, or check your own with --backups FOLDER."
        return Condition("backups", WARNING, "No backup is scheduled.", remedy)
    if found.error:
        sentence = f"The last backup failed: {found.error}."
        return Condition("backups", PROBLEM, sentence, "See docs/backup.md.")
    if found.age is None:
        sentence = f"{found.folder} holds no backup yet."
        return Condition("backups", WARNING, sentence, "The worker makes it within a minute.")
    sentence = f"The newest backup is {found.age.total_seconds() / 3600:.0f} hours old."
    if found.late:
        return Condition("backups", PROBLEM, sentence, "Check that the worker runs, and its log.")
    return Condition("backups", OK, sentence)


def check_backups(folder: Path) -> Condition:
    """Check the age of the newest backup."""
    files = [path for path in folder.glob("*") if path.is_file()] if folder.is_dir() else []
    if not files:
        return Condition("backups", PROBLEM, f"{folder} holds no backup.", "See docs/operating.md.")
    age = timedelta(seconds=time() - max(path.stat().st_mtime for path in files))
    sentence = f"The newest backup is {age.total_seconds() / 3600:.0f} hours old."
    status = OK if age < BACKUP_AGE else PROBLEM
    return Condition("backups", status, sentence, "Check the job that makes them.")
