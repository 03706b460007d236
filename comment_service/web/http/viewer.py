"""Who is asking: the host's user, someone signed in, a guest's browser, or nobody known yet."""

import ipaddress
from collections.abc import Callable
from datetime import timedelta

from flask import request

from comment_service.actions.readers import rotate_token
from comment_service.identity import GUEST, HOST, HostUser, Viewer
from comment_service.storage.admin import people
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Identity, Moderator, Session
from comment_service.text.names import clean_name, clean_website
from comment_service.web.http import place
from comment_service.web.http.context import runtime

HOST_USER = "comments.host_user"
"""Key of the WSGI environment under which a host leaves a callable that gives its user."""

ROLE_KEPT = timedelta(days=1)
"""How long a role counts that a website's log-in signed for; its script signs in twice a day."""

VISITOR_COOKIE = "comments_visitor"
MODERATOR_COOKIE = "comments_moderator"
SECOND_COOKIE = "comments_second"
"""Holds the ticket of who gave the password, for the minutes in which a code is asked for."""


def host_user() -> HostUser | None:
    """Return the host application's signed-in user, if there is a host and it has one."""
    ask: Callable[[], HostUser | None] | None = request.environ.get(HOST_USER)
    return ask() if ask else None


def current_viewer(site_id: int) -> Viewer:
    """Return who is asking on this site."""
    user = host_user()
    if user is not None and _is_own_page():
        return _of_host(user, site_id)
    found = visitor_session(site_id)
    if found is None or found.author is None:
        return Viewer(network=network())
    identity = found.identity
    return Viewer(
        provider=identity.provider if identity else GUEST,
        subject=identity.subject if identity else "",
        author_id=found.author.id,
        name=found.author.name,
        email=found.author.email,
        url=found.author.url,
        network=network(),
        moderator=_is_called("moderator", identity),
        writer=_is_called("writer", identity),
    )


def _of_host(user: HostUser, site_id: int) -> Viewer:
    """Return a host's signed-in user as one who asks here."""
    author = people.find_author(session(), site_id, HOST, user.id)
    return Viewer(
        provider=HOST,
        subject=user.id,
        author_id=author.id if author else None,
        name=clean_name(user.name)[:80] or user.id[:80],
        email=user.email[:320],
        url=clean_website(user.url[:2000]),
        network=network(),
        moderator=user.moderator,
        writer=user.writer,
        log_out_url=user.log_out_url,
    )


def _is_called(role: str, identity: Identity | None) -> bool:
    """Tell whether a website's own log-in gives somebody a role, and has done so lately."""
    if identity is None or not getattr(identity, role) or identity.used_at is None:
        return False
    return runtime().now() - identity.used_at < ROLE_KEPT


def _is_own_page() -> bool:
    """Tell whether a host's cookie may speak: reading, or writing from the host's own page."""
    return request.method == "GET" or place.from_here()


def visitor_session(site_id: int) -> Session | None:
    """Return the session of the request's token, where it is one of this site.

    A token that gave way to another a while ago is in two hands: then all of that sign-in ends.
    """
    token = visitor_token(site_id)
    found = people.find_session(session(), token, runtime().now()) if token else None
    if found is None or found.author is None or found.author.site_id != site_id:
        return None
    family, found_id = found.family, found.id
    if rotate_token.is_stale(runtime(), found):
        with transaction() as current:
            rotate_token.end_all(session=current, runtime=runtime(), family=family)
        return None
    if found.identity_id is not None and found.seen_at is None:
        with transaction() as current:
            rotate_token.first_use(session=current, runtime=runtime(), session_id=found_id)
        return people.find_session(session(), token, runtime().now())
    return found


def bearer() -> str:
    """Return the token that a script shows, "" for none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def visitor_token(site_id: int) -> str:
    """Return the visitor's token: a header, or on our own pages a cookie."""
    return bearer() or (request.cookies.get(visitor_cookie(site_id), "") if _is_own_page() else "")


def visitor_cookie(site_id: int) -> str:
    """Return the name of the cookie by which our own pages know a reader of this site."""
    return f"{VISITOR_COOKIE}_{site_id}"


def current_session() -> Session | None:
    """Return the session of the signed-in moderator."""
    token = request.cookies.get(MODERATOR_COOKIE, "")
    found = people.find_session(session(), token, runtime().now()) if token else None
    return found if found is not None and found.moderator is not None else None


def current_moderator() -> Moderator | None:
    """Return the signed-in moderator."""
    found = current_session()
    return found.moderator if found else None


def network() -> str:
    """Return the keyed hash of the asker's network: the address, of IPv6 its /64."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            address = address.ipv4_mapped
        else:
            address = ipaddress.ip_network((address, 64), strict=False).network_address
    return runtime().keyed_hash("network", str(address))
