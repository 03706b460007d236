"""Magic links: whoever opens one owns the address. Single use, valid for fifteen minutes.

The link works in the browser that requested it; any other browser needs the code which that browser
shows. So a link that someone else requested signs in only the mailbox owner, and only deliberately.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from comment_service.errors import LinkExpired
from comment_service.identity import Person
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people
from comment_service.storage.db import outbox
from comment_service.storage.db.session import serialise
from comment_service.text.sentences import sentence

EMAIL = "email"
"""Issuer and provider of an address verified by a link."""
EMAIL_LINK = "email_link"
"""Ticket purpose, and outbox kind of the mail with the link."""
LINK_MINUTES = 15
MAX_WRONG_CODES = 5
"""Wrong codes before a link becomes invalid; there are 32^6 codes."""
HOUR = timedelta(hours=1)
MAX_PER_ADDRESS = 4
"""Maximum links per address and hour; more are silently not sent."""
MAX_PER_NETWORK = 12
"""Maximum links requested per network and hour."""
MAX_TOTAL = 500
"""Maximum links per hour in total, to protect the mail server's reputation."""
SPENT = sentence("This link was used or is too old. Ask for a new one where you want to comment.")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True)
class LinkRequest:
    """A requested link: the address, the sign-in window, and the language of the mail.

    ``browser`` is a secret of the requesting browser; the code that it shows is separate.
    """

    address: str
    url: str
    challenge: str
    browser: str
    lang: str
    network: str


def new_code() -> str:
    """Return a code of six characters that are easy to type."""
    return "".join(secrets.choice(_LETTERS) for _ in range(6))


def enqueue_link(
    *, session: Session, runtime: Runtime, site: t.Site, request: LinkRequest, code: str
) -> None:
    """Queue a sign-in mail.

    Silently does nothing over the rate limits, so that callers cannot probe addresses.
    """
    now = runtime.now()
    serialise(session, "links by mail")
    keys = {
        "address": runtime.keyed_hash("link address", request.address.lower()),
        "network": runtime.keyed_hash("link network", request.network),
    }
    recent = outbox.recent(session, EMAIL_LINK, now - HOUR)
    for_address = sum(payload.get("address") == keys["address"] for payload in recent)
    for_network = sum(payload.get("network") == keys["network"] for payload in recent)
    if for_address >= MAX_PER_ADDRESS or for_network >= MAX_PER_NETWORK or len(recent) >= MAX_TOTAL:
        return
    stored = {
        "site_id": site.id,
        "email": request.address,
        "url": request.url,
        "challenge": request.challenge,
        "lang": request.lang,
        "state": request.browser[:16],
        "browser": runtime.keyed_hash("link browser", request.browser),
        "code": runtime.keyed_hash("link code", code),
        "tries": 0,
    }
    token = people.create_link(
        session, purpose=EMAIL_LINK, now=now, minutes=LINK_MINUTES, about=stored
    )
    session.flush()
    ticket = people.find_link(session, token, EMAIL_LINK, now)
    if ticket is not None:
        outbox.enqueue(session, EMAIL_LINK, {"ticket_id": ticket.id, **keys}, now)


def _signer(runtime: Runtime) -> URLSafeSerializer:
    return URLSafeSerializer(runtime.secret, salt="email link")


def token_of(runtime: Runtime, ticket: t.Ticket) -> str:
    """Return the token in the link: the ticket's id, signed."""
    return str(_signer(runtime).dumps(ticket.id))


def require_ticket(
    *, session: Session, runtime: Runtime, token: str, lock: bool = False
) -> t.Ticket:
    """Return the ticket of a valid link.

    Raises:
        LinkExpired: the link is unknown, used or expired.
    """
    try:
        ticket_id = _signer(runtime).loads(token)
    except BadData:
        raise LinkExpired(SPENT) from None
    ticket = session.get(t.Ticket, ticket_id, with_for_update=lock, populate_existing=lock)
    valid = ticket is not None and ticket.purpose == EMAIL_LINK and ticket.used_at is None
    if ticket is None or not valid or ticket.expires_at <= runtime.now():
        raise LinkExpired(SPENT)
    if ticket.about["tries"] >= MAX_WRONG_CODES:
        raise LinkExpired(SPENT)
    return ticket


def is_requesting_browser(runtime: Runtime, about: Mapping[str, object], browser: str) -> bool:
    """Return True if this browser requested the link."""
    return bool(browser) and about["browser"] == runtime.keyed_hash("link browser", browser)


def use(
    *, session: Session, runtime: Runtime, token: str, browser: str, code: str
) -> Person | None:
    """Use a link and return the owner of the address; None if the code is wrong.

    A wrong code is counted in the caller's transaction, so the caller must commit before refusing.

    Raises:
        LinkExpired: the link is used or expired, or had too many wrong codes.
    """
    ticket = require_ticket(session=session, runtime=runtime, token=token, lock=True)
    typed = runtime.keyed_hash("link code", "".join(code.split()).upper())
    if not is_requesting_browser(runtime, ticket.about, browser) and typed != ticket.about["code"]:
        ticket.about = {**ticket.about, "tries": ticket.about["tries"] + 1}
        return None
    if not people.use_link(session, ticket, runtime.now()):
        raise LinkExpired(SPENT)
    address = str(ticket.about["email"])
    return Person(EMAIL, address.lower(), email=address)
