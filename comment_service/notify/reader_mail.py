"""Send mails to readers: confirm a subscription, new comments, comment published.

A published comment enqueues one outbox row, which is expanded to one row per subscriber; each is
delivered and retried separately. All rows due for a subscriber at the same time are combined in
one mail: a digest for daily subscribers, and for everyone if comments arrive faster than
``MIN_GAP``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlencode

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext as _nl

from comment_service.actions.comments.on_published import NEWS_MAIL
from comment_service.actions.readers import subscription_link as links
from comment_service.notify import mail, templates
from comment_service.runtime import Runtime
from comment_service.storage.db import outbox
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers import subscriptions
from comment_service.storage.readers.subscriptions import DAILY, REPLIES
from comment_service.storage.tables import PUBLISHED, Comment, Page, Subscription
from comment_service.text.links import defuse_links
from comment_service.text.markdown import plain_excerpt

NEWS_TO_ONE = "tell_reader"
"""Kind of the outbox row that notifies one subscriber of one comment."""
MIN_GAP = timedelta(minutes=10)
"""Minimum time between two mails of one subscription (six per hour); the rest is combined."""
DAY = timedelta(days=1)
ENQUEUE_BATCH = 500
"""Number of subscribers for whom one transaction enqueues rows."""
MAX_COMBINED = 500
"""Maximum number of comments combined in one mail …"""
MAX_SHOWN = 20
"""… and how many of them it shows."""
SINGLE_CHARS, LISTED_CHARS = 2000, 400
"""Characters shown of a comment: if it is alone in the mail, and among others."""


@dataclass(frozen=True)
class NewComment:
    """A new comment as shown in a mail; all texts are unescaped.

    ``bare_name`` and ``bare_text`` contain no address that a mail program would turn into a link.
    """

    name: str
    text: str
    when: datetime
    url: str
    bare_name: str
    bare_text: str


def enqueue_mails(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Enqueue a mail to each subscriber of a comment, some hundreds per transaction."""
    with transaction() as current:
        comment = current.get(Comment, payload["comment_id"])
        if comment is None or comment.status != PUBLISHED:
            return
        after, now = int(str(payload.get("after", 0))), runtime.now()
        found = subscriptions.to_notify(current, comment, after=after, limit=ENQUEUE_BATCH)
        again, reference = bool(payload.get("again")), ("comment_id", comment.id)
        notified = (
            outbox.already_merged(current, NEWS_TO_ONE, reference, "subscription_id")
            if again
            else ()
        )
        for row in found:
            if row.id not in notified:
                target = {"comment_id": comment.id, "subscription_id": row.id}
                outbox.enqueue(current, NEWS_TO_ONE, target, now, due=_delivery_time(row, now))
        if len(found) == ENQUEUE_BATCH:
            rest = {"comment_id": comment.id, "again": again, "after": found[-1].id}
            outbox.enqueue(current, NEWS_MAIL, rest, now)


def _delivery_time(row: Subscription, now: datetime) -> datetime:
    """Return when to notify a subscriber of a comment published now.

    A daily digest is sent at the time of day at which the subscription was confirmed.
    """
    if row.pace == DAILY and row.confirmed_at is not None:
        return row.confirmed_at + DAY * ((now - row.confirmed_at) // DAY + 1)
    return now if row.sent_at is None else max(now, row.sent_at + MIN_GAP)


def deliver_new_comments(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Notify one subscriber of all due comments that are still published.

    Does nothing if the subscription has ended.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be sent.
    """
    with transaction() as current:
        row = subscriptions.get(current, int(str(payload["subscription_id"])))
        if row is None or not subscriptions.is_active(row):
            return
        ids = outbox.merge(
            current,
            int(str(payload["row_id"])),
            by="subscription_id",
            what="comment_id",
            now=runtime.now(),
            limit=MAX_COMBINED,
        )
    comments = subscriptions.public_of(session(), ids)
    if not comments:
        return
    newest, row_id = comments[-1].id, row.id
    templates.send(runtime, _new_comments_mail(runtime, row, comments), payload)
    with transaction() as current:
        subscription = subscriptions.get(current, row_id)
        if subscription is not None:
            subscription.sent_at = runtime.now()
            subscription.told_id = max(newest, subscription.told_id or 0)


def _subject(kind: str, comments: Sequence[Comment], page: Page) -> object:
    """Return the lazily translated subject of a mail about new comments on a page.

    A single comment is named with its author; it is public, so their name passed screening.
    """
    number, title = len(comments), mail.subject_part(page.title or page.url)
    if number == 1:
        name = mail.subject_part(comments[0].name)
        if kind == REPLIES:
            return _l("%(name)s replied to you on %(page)s", name=name, page=title)
        return _l("%(name)s commented on %(page)s", name=name, page=title)
    if kind == REPLIES:
        return _nl(
            "%(num)d new reply to you on %(page)s",
            "%(num)d new replies to you on %(page)s",
            number,
            page=title,
        )
    return _nl(
        "%(num)d new comment on %(page)s", "%(num)d new comments on %(page)s", number, page=title
    )


def _new_comments_mail(
    runtime: Runtime, row: Subscription, comments: Sequence[Comment]
) -> EmailMessage:
    """Return the mail about new comments, with links to manage and to end the subscription."""
    most = SINGLE_CHARS if len(comments) == 1 else LISTED_CHARS
    number = len(comments)
    subject = _subject(row.kind, comments, row.page)
    values = {
        "heard": [_new_comment(runtime, comment, most) for comment in comments[:MAX_SHOWN]],
        "more": max(0, number - MAX_SHOWN),
        "replies": row.kind == REPLIES,
        "manage_url": _link(runtime, links.MANAGE, row),
        "unsubscribe_url": _link(runtime, links.UNSUBSCRIBE, row),
    }
    values |= _page_values(runtime, row.page)
    message = templates.compose_for_reader(
        runtime, row.email, row.lang, subject, "new_comments", **values
    )
    templates.group_by_page(runtime, message, row.page.id)
    templates.add_unsubscribe_headers(message, str(values["unsubscribe_url"]))
    return message


def deliver_confirmation(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Send the double opt-in mail; do nothing if the subscription is confirmed or ended.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be sent.
    """
    row = subscriptions.get(session(), int(str(payload["subscription_id"])))
    if row is None or row.confirmed_at is not None or row.ended_at is not None:
        return
    values = {"replies": row.kind == REPLIES, "confirm_url": _link(runtime, links.CONFIRM, row)}
    values |= _page_values(runtime, row.page)
    subject = _l("Please confirm: e-mail notifications from %(site)s", site=row.page.site.name)
    message = templates.compose_for_reader(
        runtime, row.email, row.lang, subject, "confirm", **values
    )
    templates.group_by_page(runtime, message, row.page.id)
    templates.send(runtime, message, payload)


def deliver_approval(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Notify an author that their comment was published.

    Does nothing if it is not published any more or if the address is not verified as the author's.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be sent.
    """
    comment = session().get(Comment, payload["comment_id"])
    if comment is None or comment.status != PUBLISHED:
        return
    if not comment.email or comment.author.proven_email != comment.email.lower():
        return
    values = {
        "heard": _new_comment(runtime, comment, SINGLE_CHARS),
        **_page_values(runtime, comment.page),
    }
    title = mail.subject_part(comment.page.title or comment.page.url)
    subject = _l("Your comment on %(page)s is published", page=title)
    message = templates.compose_for_reader(
        runtime, comment.email, "", subject, "approved", **values
    )
    templates.group_by_page(runtime, message, comment.page.id)
    templates.send(runtime, message, payload)


def _new_comment(runtime: Runtime, comment: Comment, most: int) -> NewComment:
    text = plain_excerpt(comment.html, most)
    return NewComment(
        name=comment.name,
        text=text,
        when=comment.created_at,
        url=_thread(runtime, comment.page, comment.id),
        bare_name=defuse_links(comment.name),
        bare_text=defuse_links(text),
    )


def _page_values(runtime: Runtime, page: Page) -> Mapping[str, object]:
    """Return the values that every mail shows about its page.

    The title and URL come from a visitor too, so there is a variant without links.
    """
    title = page.title or page.url
    return {
        "site": page.site.name,
        "page": title,
        "bare_page": defuse_links(title),
        "thread_url": _thread(runtime, page, None),
    }


def _thread(runtime: Runtime, page: Page, focus: int | None) -> str:
    """Return the URL of a page's thread on this service, or of one comment in it."""
    query = {"site": page.site.key, "url": page.url}
    if focus is None:
        return templates.service_url(runtime, f"/thread.html?{urlencode(query)}")
    return templates.service_url(
        runtime, f"/thread.html?{urlencode({**query, 'focus': focus})}#comment-{focus}"
    )


def _link(runtime: Runtime, purpose: str, row: Subscription) -> str:
    token = links.sign(runtime, purpose, row)
    return templates.service_url(runtime, f"/subscriptions/{purpose}/{token}")
