"""Who is asking: the host's user, a visitor's token, or a guest nobody knows yet."""

import ipaddress
from collections.abc import Callable

from flask import request

from comment_service.identity import HOST, HostUser, Viewer
from comment_service.storage import people
from comment_service.storage.session import session
from comment_service.storage.tables import Author, Moderator, Session
from comment_service.text.names import clean_name, clean_website
from comment_service.web import guard
from comment_service.web.context import runtime

HOST_USER = "comments.host_user"
"""Key of the WSGI environment under which a host leaves a callable that gives its user."""

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
            log_out_url=user.log_out_url,
        )
    visitor = _visitor(site_id)
    if visitor is None:
        return Viewer(network=network())
    return Viewer(
        author_id=visitor.id,
        name=visitor.name,
        email=visitor.email,
        url=visitor.url,
        network=network(),
    )


def _is_own_page() -> bool:
    """Tell whether a host's cookie may speak: reading, or writing from the host's own page."""
    return request.method == "GET" or guard.from_here()


def _visitor(site_id: int) -> Author | None:
    """Return the author whom the request's token recognises on this site."""
    token = visitor_token()
    found = people.find_session(session(), token, runtime().now()) if token else None
    author = found.author if found else None
    return author if author is not None and author.site_id == site_id else None


def visitor_token() -> str:
    """Return the visitor's token: a header, or on our own pages a cookie."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return request.cookies.get(VISITOR_COOKIE, "") if _is_own_page() else ""


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
