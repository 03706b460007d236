"""Mails to readers: is this wanted, what is new, your comment was published.

A comment that became public owes one row; that row is spread to one for each subscriber, each
delivered and retried alone. What is due to a subscriber at the same time comes as one mail: a
digest for who wants one a day, and for everyone where comments come in faster than ``GAP``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlencode

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext as _nl

from comment_service.actions.comments.on_published import TELL
from comment_service.actions.readers import subscription_link as links
from comment_service.notify import templates
from comment_service.runtime import Runtime
from comment_service.storage.db import outbox
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers import subscriptions
from comment_service.storage.readers.subscriptions import DAILY, REPLIES
from comment_service.storage.tables import PUBLISHED, Comment, Page, Subscription
from comment_service.text.links import apart
from comment_service.text.markdown import plain

TELL_ONE = "tell_reader"
"""Kind of the outbox row that tells one subscriber of one comment."""
GAP = timedelta(minutes=10)
"""Between two mails of one subscription: six an hour at most, what is more comes together."""
DAY = timedelta(days=1)
SPREAD = 500
"""Subscribers that one transaction puts rows for."""
GATHERED = 500
"""Comments that one mail stands for …"""
LISTED = 20
"""… and how many of them it shows."""
ALONE, AMONG = 2000, 400
"""Characters of a comment that a mail shows: of one that comes alone, of one among others."""


@dataclass(frozen=True)
class Heard:
    """A new comment as a mail tells it; every text is unescaped, and no address in it whole."""

    name: str
    text: str
    when: datetime
    url: str
    bare_name: str
    bare_text: str


def spread(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Owe a mail to each who is to be told of a comment, some hundreds in one transaction."""
    with transaction() as current:
        comment = current.get(Comment, payload["comment_id"])
        if comment is None or comment.status != PUBLISHED:
            return
        after, now = int(str(payload.get("after", 0))), runtime.now()
        found = subscriptions.to_be_told(current, comment, after=after, limit=SPREAD)
        again, of = bool(payload.get("again")), ("comment_id", comment.id)
        told = outbox.already(current, TELL_ONE, of, "subscription_id") if again else ()
        for row in found:
            if row.id not in told:
                one = {"comment_id": comment.id, "subscription_id": row.id}
                outbox.put(current, TELL_ONE, one, now, due=_due(row, now))
        if len(found) == SPREAD:
            rest = {"comment_id": comment.id, "again": again, "after": found[-1].id}
            outbox.put(current, TELL, rest, now)


def _due(row: Subscription, now: datetime) -> datetime:
    """Return when a subscriber is to be told of what became public now.

    A day's digest comes at the time of day at which the subscription was confirmed.
    """
    if row.pace == DAILY and row.confirmed_at is not None:
        return row.confirmed_at + DAY * ((now - row.confirmed_at) // DAY + 1)
    return now if row.sent_at is None else max(now, row.sent_at + GAP)


def tell(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Tell one subscriber of what is due to them, as far as it is public and wanted still.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be handed over.
    """
    with transaction() as current:
        row = subscriptions.get(current, int(str(payload["subscription_id"])))
        if row is None or not subscriptions.is_live(row):
            return
        ids = outbox.gather(
            current,
            int(str(payload["row_id"])),
            by="subscription_id",
            what="comment_id",
            now=runtime.now(),
            limit=GATHERED,
        )
    comments = subscriptions.public_of(session(), ids)
    if not comments:
        return
    newest, row_id = comments[-1].id, row.id
    templates.post(runtime, _news(runtime, row, comments), payload)
    with transaction() as current:
        told = subscriptions.get(current, row_id)
        if told is not None:
            told.sent_at, told.told_id = runtime.now(), max(newest, told.told_id or 0)


def _subject(kind: str, number: int, site: str) -> object:
    """Return the subject of a mail that tells of some comments, in the language of its writing."""
    if kind == REPLIES and number == 1:
        return _l("A new reply to you on %(site)s", site=site)
    if kind == REPLIES:
        return _nl(
            "%(num)d new reply to you on %(site)s",
            "%(num)d new replies to you on %(site)s",
            number,
            site=site,
        )
    if number == 1:
        return _l("A new comment on %(site)s", site=site)
    return _nl(
        "%(num)d new comment on %(site)s", "%(num)d new comments on %(site)s", number, site=site
    )


def _news(runtime: Runtime, row: Subscription, comments: Sequence[Comment]) -> EmailMessage:
    """Return the mail that tells a subscriber of comments, with the ways to have fewer of them."""
    most = ALONE if len(comments) == 1 else AMONG
    site, number = row.page.site.name, len(comments)
    subject = _subject(row.kind, len(comments), site)
    values = {
        "heard": [_heard(runtime, comment, most) for comment in comments[:LISTED]],
        "more": max(0, number - LISTED),
        "replies": row.kind == REPLIES,
        "manage_url": _link(runtime, links.MANAGE, row),
        "unsubscribe_url": _link(runtime, links.UNSUBSCRIBE, row),
    }
    values |= _about(runtime, row.page)
    message = templates.to_reader(runtime, row.email, row.lang, subject, "new_comments", **values)
    templates.offer_an_end(message, str(values["unsubscribe_url"]))
    return message


def ask(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Ask an address whether a subscription is wanted; nothing where that is settled.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be handed over.
    """
    row = subscriptions.get(session(), int(str(payload["subscription_id"])))
    if row is None or row.confirmed_at is not None or row.ended_at is not None:
        return
    values = {"replies": row.kind == REPLIES, "confirm_url": _link(runtime, links.CONFIRM, row)}
    values |= _about(runtime, row.page)
    subject = _l("Please confirm: new comments on %(site)s by mail", site=row.page.site.name)
    message = templates.to_reader(runtime, row.email, row.lang, subject, "confirm", **values)
    templates.post(runtime, message, payload)


def approved(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Tell an author that their comment is public, where it still is and the address is theirs.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be handed over.
    """
    comment = session().get(Comment, payload["comment_id"])
    if comment is None or comment.status != PUBLISHED:
        return
    if not comment.email or comment.author.proven_email != comment.email.lower():
        return
    values = {"heard": _heard(runtime, comment, ALONE), **_about(runtime, comment.page)}
    subject = _l("Your comment on %(site)s is published", site=comment.page.site.name)
    message = templates.to_reader(runtime, comment.email, "", subject, "approved", **values)
    templates.post(runtime, message, payload)


def _heard(runtime: Runtime, comment: Comment, most: int) -> Heard:
    text = plain(comment.html, most)
    return Heard(
        name=comment.name,
        text=text,
        when=comment.created_at,
        url=_thread(runtime, comment.page, comment.id),
        bare_name=apart(comment.name),
        bare_text=apart(text),
    )


def _about(runtime: Runtime, page: Page) -> Mapping[str, object]:
    """Return what every mail says of its page; its title and address come from a visitor too."""
    title = page.title or page.url
    return {
        "site": page.site.name,
        "page": title,
        "bare_page": apart(title),
        "thread_url": _thread(runtime, page, None),
    }


def _thread(runtime: Runtime, page: Page, focus: int | None) -> str:
    """Return the address of a page's thread with us, or of one comment there."""
    asked = {"site": page.site.key, "url": page.url}
    if focus is None:
        return templates.address(runtime, f"/thread.html?{urlencode(asked)}")
    return templates.address(
        runtime, f"/thread.html?{urlencode({**asked, 'focus': focus})}#comment-{focus}"
    )


def _link(runtime: Runtime, purpose: str, row: Subscription) -> str:
    token = links.sign(runtime, purpose, row)
    return templates.address(runtime, f"/subscriptions/{purpose}/{token}")
