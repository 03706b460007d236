"""Sign in by a link in a mail: whoever opens it has the address. Single use, fifteen minutes.

The link works in the browser that asked for it; anywhere else it wants the code that browser shows.
So a link that somebody was sent unasked lets nobody in but its owner, and that one only by hand.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from comment_service.errors import LinkSpent
from comment_service.identity import Person
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people
from comment_service.storage.db import outbox
from comment_service.storage.db.session import serialise
from comment_service.text.sentences import sentence

EMAIL = "email"
"""Issuer and provider of an address that was proven by a link."""
EMAIL_LINK = "email_link"
"""Purpose of such a link, and kind of the outbox row that mails it."""
LINK_MINUTES = 15
TRIES = 5
"""Wrong codes that a link survives: one of 32^6 is right."""
HOUR = timedelta(hours=1)
TO_ONE = 4
"""Links to one address within an hour; what is more is not sent, and nobody is told."""
FROM_ONE = 12
"""Links that one network may ask for within an hour."""
ALTOGETHER = 500
"""Links within an hour altogether: the mail server's good name is not a stranger's to spend."""
SPENT = sentence("This link was used or is too old. Ask for a new one where you want to comment.")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True)
class Wish:
    """A wish for a link: the address, for which window, and how a mail is written to its owner.

    ``browser`` is what only the asking browser knows, ``code`` what it shows.
    """

    address: str
    url: str
    challenge: str
    browser: str
    lang: str
    network: str


def new_code() -> str:
    """Return six characters that are easily typed."""
    return "".join(secrets.choice(_LETTERS) for _ in range(6))


def ask(*, session: Session, runtime: Runtime, site: t.Site, wish: Wish, code: str) -> None:
    """Owe a mail with a link; over the bounds nothing happens, and it looks the same."""
    now = runtime.now()
    serialise(session, "links by mail")
    about = {
        "address": runtime.keyed_hash("link address", wish.address.lower()),
        "network": runtime.keyed_hash("link network", wish.network),
    }
    lately = outbox.lately(session, EMAIL_LINK, now - HOUR)
    to_one = sum(told.get("address") == about["address"] for told in lately)
    from_one = sum(told.get("network") == about["network"] for told in lately)
    if to_one >= TO_ONE or from_one >= FROM_ONE or len(lately) >= ALTOGETHER:
        return
    kept = {
        "site_id": site.id,
        "email": wish.address,
        "url": wish.url,
        "challenge": wish.challenge,
        "lang": wish.lang,
        "state": wish.browser[:16],
        "browser": runtime.keyed_hash("link browser", wish.browser),
        "code": runtime.keyed_hash("link code", code),
        "tries": 0,
    }
    token = people.open_ticket(
        session, purpose=EMAIL_LINK, now=now, minutes=LINK_MINUTES, about=kept
    )
    session.flush()
    ticket = people.find_ticket(session, token, EMAIL_LINK, now)
    if ticket is not None:
        outbox.put(session, EMAIL_LINK, {"ticket_id": ticket.id, **about}, now)


def _signer(runtime: Runtime) -> URLSafeSerializer:
    return URLSafeSerializer(runtime.secret, salt="email link")


def token_of(runtime: Runtime, ticket: t.Ticket) -> str:
    """Return what stands in the link: the ticket's number, signed."""
    return str(_signer(runtime).dumps(ticket.id))


def opened(*, session: Session, runtime: Runtime, token: str, lock: bool = False) -> t.Ticket:
    """Return the ticket of a link that is still good.

    Raises:
        LinkSpent: it is none of ours, was used, or is too old.
    """
    try:
        ticket_id = _signer(runtime).loads(token)
    except BadData:
        raise LinkSpent(SPENT) from None
    ticket = session.get(t.Ticket, ticket_id, with_for_update=lock, populate_existing=lock)
    fine = ticket is not None and ticket.purpose == EMAIL_LINK and ticket.used_at is None
    if ticket is None or not fine or ticket.expires_at <= runtime.now():
        raise LinkSpent(SPENT)
    if ticket.about["tries"] >= TRIES:
        raise LinkSpent(SPENT)
    return ticket


def is_browser(runtime: Runtime, about: Mapping[str, object], browser: str) -> bool:
    """Tell whether the browser that asked is the one that came."""
    return bool(browser) and about["browser"] == runtime.keyed_hash("link browser", browser)


def use(
    *, session: Session, runtime: Runtime, token: str, browser: str, code: str
) -> Person | None:
    """Spend a link and return who has the address; None where the code is wrong.

    The wrong try is counted in the caller's transaction, so the caller commits before it refuses.

    Raises:
        LinkSpent: it was used, is too old, or there were too many wrong codes.
    """
    ticket = opened(session=session, runtime=runtime, token=token, lock=True)
    typed = runtime.keyed_hash("link code", "".join(code.split()).upper())
    if not is_browser(runtime, ticket.about, browser) and typed != ticket.about["code"]:
        ticket.about = {**ticket.about, "tries": ticket.about["tries"] + 1}
        return None
    if not people.spend_ticket(session, ticket, runtime.now()):
        raise LinkSpent(SPENT)
    address = str(ticket.about["email"])
    return Person(EMAIL, address.lower(), email=address)
