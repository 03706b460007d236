"""Notify moderators of held comments: one mail each, or one digest for many.

A held comment enqueues one outbox row, which is expanded to one row per recipient. A refused
address therefore does not delay the other recipients and is retried alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import lazy_gettext as _l

from comment_service.actions.moderation import decide_by_mail
from comment_service.notify import mail, templates
from comment_service.runtime import Runtime
from comment_service.storage.admin import rights
from comment_service.storage.db import outbox
from comment_service.storage.db.session import serialise, session, transaction
from comment_service.storage.moderation import filters, queue, recipients
from comment_service.storage.moderation.filters import Filter
from comment_service.storage.tables import PENDING, Comment, Moderator
from comment_service.text.markdown import plain_excerpt

HELD_ONE = "held_mail_to"
"""Kind of the outbox row that notifies one recipient of one held comment."""
HELD_DIGEST = "held_digest"
"""Kind of the outbox row that sends one moderator a digest of pending comments."""
MAX_MAILS_PER_HOUR = 10
"""Mails about held comments to one moderator per hour; further comments come in one digest."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DIGEST_COMMENTS = 20
"""Number of comments shown in a digest."""


@dataclass(frozen=True)
class HeldComment:
    """A held comment as shown in a mail; all texts are unescaped."""

    name: str
    page: str
    page_url: str
    text: str
    score: str
    reasons: Sequence[str]
    url: str


def enqueue_mails(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Enqueue a mail to each recipient who is notified of a held comment."""
    if not runtime.settings.smtp_url:
        return
    with transaction() as current:
        comment = current.get(Comment, payload["comment_id"])
        if comment is None or comment.status != PENDING:
            return
        now = runtime.now()
        lately = outbox.recent(current, HELD_ONE, now - HOUR)
        sent = [payload.get("moderator_id") for payload in lately]
        enqueued = {payload["moderator_id"] for payload in outbox.undelivered(current, HELD_DIGEST)}
        for person in recipients.of_site(current, comment.site_id):
            if sent.count(person.id) < MAX_MAILS_PER_HOUR:
                target = {"comment_id": comment.id, "moderator_id": person.id}
                outbox.enqueue(current, HELD_ONE, target, now)
            elif person.id not in enqueued:
                outbox.enqueue(
                    current, HELD_DIGEST, {"moderator_id": person.id}, now, due=now + HOUR
                )
        addresses = [payload.get("address") for payload in lately]
        for to in recipients.unclaimed_addresses(
            current, comment.site_id, runtime.settings.mail_to
        ):
            # Mails in the next hour mention the queue again.
            if addresses.count(to) < MAX_MAILS_PER_HOUR:
                outbox.enqueue(current, HELD_ONE, {"comment_id": comment.id, "address": to}, now)


def deliver_to_one(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Notify one recipient of a pending comment; do nothing if it is no longer pending.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be sent.
    """
    comment_id = int(str(payload["comment_id"]))
    to: Moderator | str | None = str(payload.get("address", ""))
    decide_url = ""
    if "moderator_id" in payload:
        to, decide_url = _moderator(runtime, int(str(payload["moderator_id"])), comment_id)
    comment = session().get(Comment, comment_id)
    if to is None or comment is None or comment.status != PENDING:
        return
    page = comment.page
    subject = _l(
        "%(name)s waits for review on %(page)s",
        name=mail.subject_part(comment.name),
        page=mail.subject_part(page.title or page.url),
    )
    values = {
        "told": _held_comment(runtime, comment),
        "decide_url": decide_url,
        "site": page.site.name,
    }
    message = templates.compose(runtime, to, subject, "pending", **values)
    templates.group_by_page(runtime, message, page.id)
    templates.send(runtime, message, payload)


def deliver_digest(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Send one moderator a digest with the newest pending comments; do nothing if there are none.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be sent.
    """
    person = session().get(Moderator, payload["moderator_id"])
    if person is None or person.left_at is not None or person.held_mail == recipients.NONE:
        return
    pending = _pending_filter(person)
    total = queue.count_filter(session(), pending)
    if not total.number:
        return
    found, _more = queue.load_page(
        session(), pending, sort="newest", after=None, limit=DIGEST_COMMENTS
    )
    values = {"comments": [_held_comment(runtime, comment) for comment in found], "total": total}
    number = f"{total.number}{'+' if total.more else ''}"
    subject = _l("Comments that wait: %(number)s", number=number)
    templates.send(
        runtime, templates.compose(runtime, person, subject, "digest", **values), payload
    )


def enqueue_digests(runtime: Runtime) -> None:
    """Enqueue the daily digest of each moderator who wants it and has pending comments."""
    now = runtime.now()
    with transaction() as current:
        serialise(current, "held digests")
        for person in recipients.for_digests(current):
            due = person.digest_at is None or now - person.digest_at >= DAY
            if due and filters.count(current, _pending_filter(person), limit=1):
                outbox.enqueue(current, HELD_DIGEST, {"moderator_id": person.id}, now)
                person.digest_at = now


def _pending_filter(person: Moderator) -> Filter:
    return Filter(PENDING, sites=rights.rights_of(session(), person.id).scope)


def _moderator(
    runtime: Runtime, moderator_id: int, comment_id: int
) -> tuple[Moderator | None, str]:
    """Return the moderator and a link to decide by mail; None if mails are not wanted any more."""
    with transaction() as current:
        person = current.get(Moderator, moderator_id)
        comment = current.get(Comment, comment_id)
        receives_mail = person and person.left_at is None and person.held_mail == recipients.EACH
        if person is None or comment is None or not receives_mail:
            return None, ""
        if not rights.rights_of(current, person.id).moderates(comment.site_id):
            return None, ""
        link = templates.service_url(runtime, "/moderation/mail/")
        if link:
            link += decide_by_mail.create_link(
                session=current, runtime=runtime, moderator_id=person.id, comment_id=comment.id
            )
    return person, link


def _held_comment(runtime: Runtime, comment: Comment) -> HeldComment:
    found = queue.verdicts(session(), [comment.id]).get(comment.id)
    return HeldComment(
        name=comment.name,
        page=comment.page.title or comment.page.url,
        page_url=comment.page.url,
        text=plain_excerpt(comment.html, 2000),
        score=f"{found.score:.0%}" if found is not None and found.score is not None else "",
        reasons=[str(reason["sentence"]) for reason in found.reasons] if found else [],
        url=templates.service_url(runtime, f"/moderation/comments/{comment.id}"),
    )
