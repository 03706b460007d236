"""Who is told that a comment waits: one mail each, one for many when they come in floods.

A held comment owes one row; that row is spread to one for each recipient, so that an address that
is refused keeps no other from being told, and is tried again alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import lazy_gettext as _l

from comment_service.actions.moderation import decide_by_mail
from comment_service.notify import templates
from comment_service.runtime import Runtime
from comment_service.storage.admin import rights
from comment_service.storage.db import outbox
from comment_service.storage.db.session import serialise, session, transaction
from comment_service.storage.moderation import filters, queue, recipients
from comment_service.storage.moderation.filters import Filter
from comment_service.storage.tables import PENDING, Comment, Moderator
from comment_service.text.markdown import plain

HELD_ONE = "held_mail_to"
"""Kind of the outbox row that tells one recipient of one held comment."""
HELD_DIGEST = "held_digest"
"""Kind of the outbox row that tells one moderator of what waits altogether."""
HOURLY = 10
"""Mails about held comments to one moderator within an hour; what is more comes as one."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LISTED = 20
"""Comments that a digest shows."""


@dataclass(frozen=True)
class Told:
    """A held comment as a mail tells it; every text is unescaped."""

    name: str
    page: str
    page_url: str
    text: str
    score: str
    reasons: Sequence[str]
    url: str


def spread(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Owe a mail to each who is to be told of a held comment."""
    if not runtime.settings.smtp_url:
        return
    with transaction() as current:
        comment = current.get(Comment, payload["comment_id"])
        if comment is None or comment.status != PENDING:
            return
        now = runtime.now()
        lately = outbox.lately(current, HELD_ONE, now - HOUR)
        sent = [told.get("moderator_id") for told in lately]
        owed = {told["moderator_id"] for told in outbox.owed(current, HELD_DIGEST)}
        for person in recipients.of_site(current, comment.site_id):
            if sent.count(person.id) < HOURLY:
                one = {"comment_id": comment.id, "moderator_id": person.id}
                outbox.put(current, HELD_ONE, one, now)
            elif person.id not in owed:
                outbox.put(current, HELD_DIGEST, {"moderator_id": person.id}, now, due=now + HOUR)
        bare = [told.get("address") for told in lately]
        for to in recipients.nobodys(current, comment.site_id, runtime.settings.mail_to):
            if bare.count(to) < HOURLY:  # the next hour's mails tell of the queue again
                outbox.put(current, HELD_ONE, {"comment_id": comment.id, "address": to}, now)


def one(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Tell one recipient that a comment waits; nothing is sent where it no longer does.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be handed over.
    """
    comment_id = int(str(payload["comment_id"]))
    to: Moderator | str | None = str(payload.get("address", ""))
    decide_url = ""
    if "moderator_id" in payload:
        to, decide_url = _moderator(runtime, int(str(payload["moderator_id"])), comment_id)
    comment = session().get(Comment, comment_id)
    if to is None or comment is None or comment.status != PENDING:
        return
    subject = _l("A comment waits on %(site)s", site=comment.page.site.name)
    values = {"told": _told(runtime, comment), "decide_url": decide_url}
    templates.post(runtime, templates.write(runtime, to, subject, "pending", **values), payload)


def digest(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Tell one moderator what waits, the newest of it in words; nothing where nothing does.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be handed over.
    """
    person = session().get(Moderator, payload["moderator_id"])
    if person is None or person.left_at is not None or person.held_mail == recipients.NONE:
        return
    asked = _asked(person)
    total = queue.counted(session(), asked)
    if not total.number:
        return
    found, _more = queue.load(session(), asked, sort="newest", after=None, limit=LISTED)
    values = {"comments": [_told(runtime, comment) for comment in found], "total": total}
    number = f"{total.number}{'+' if total.more else ''}"
    subject = _l("Comments that wait: %(number)s", number=number)
    templates.post(runtime, templates.write(runtime, person, subject, "digest", **values), payload)


def order_digests(runtime: Runtime) -> None:
    """Owe a digest to each who wants one a day, where something waits."""
    now = runtime.now()
    with transaction() as current:
        serialise(current, "held digests")
        for person in recipients.who_want_digests(current):
            due = person.digest_at is None or now - person.digest_at >= DAY
            if due and filters.count(current, _asked(person), limit=1):
                outbox.put(current, HELD_DIGEST, {"moderator_id": person.id}, now)
                person.digest_at = now


def _asked(person: Moderator) -> Filter:
    return Filter(PENDING, sites=rights.of(session(), person.id).scope)


def _moderator(
    runtime: Runtime, moderator_id: int, comment_id: int
) -> tuple[Moderator | None, str]:
    """Return the moderator with a link to decide, None where they are not to be told any more."""
    with transaction() as current:
        person = current.get(Moderator, moderator_id)
        comment = current.get(Comment, comment_id)
        wanted = person and person.left_at is None and person.held_mail == recipients.EACH
        if person is None or comment is None or not wanted:
            return None, ""
        if not rights.of(current, person.id).moderates(comment.site_id):
            return None, ""
        link = templates.address(runtime, "/moderation/mail/")
        if link:
            link += decide_by_mail.open_link(
                session=current, runtime=runtime, moderator_id=person.id, comment_id=comment.id
            )
    return person, link


def _told(runtime: Runtime, comment: Comment) -> Told:
    found = queue.verdicts(session(), [comment.id]).get(comment.id)
    return Told(
        name=comment.name,
        page=comment.page.title or comment.page.url,
        page_url=comment.page.url,
        text=plain(comment.html, 2000),
        score=f"{found.score:.0%}" if found is not None and found.score is not None else "",
        reasons=[str(reason["sentence"]) for reason in found.reasons] if found else [],
        url=templates.address(runtime, f"/moderation/comments/{comment.id}"),
    )
