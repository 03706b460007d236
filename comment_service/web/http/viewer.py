"""Identify who sends the request: host user, signed-in reader, known guest, or anonymous."""

import ipaddress
from collections.abc import Callable
from datetime import timedelta

from flask import request

from comment_service.actions.admin import host_staff
from comment_service.actions.readers import rotate_token
from comment_service.config.proxies import UNIX
from comment_service.errors import InvalidFields
from comment_service.identity import GUEST, HOST, HostUser, Viewer
from comment_service.runtime import area_of
from comment_service.storage.admin import people, sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import OWNER, Identity, Moderator, Session
from comment_service.text.names import clean_name, clean_website
from comment_service.web.http import cookies, place
from comment_service.web.http.context import runtime

HOST_USER = "comments.host_user"
"""WSGI environment key under which a host app stores a callable that returns its current user."""

ROLE_LIFETIME = timedelta(days=1)
"""How long a role from a website's single sign-on stays valid; its script renews it twice a day."""

VISITOR_COOKIE = "comments_visitor"
MODERATOR_COOKIE = "comments_moderator"
SECOND_COOKIE = "comments_second"
"""Holds the ticket between a correct password and the code of the second factor."""


def host_user() -> HostUser | None:
    """Return the host application's signed-in user; None without a host or without a user."""
    ask: Callable[[], HostUser | None] | None = request.environ.get(HOST_USER)
    return ask() if ask else None


def current_viewer(site_id: int) -> Viewer:
    """Return the viewer of this request on a site."""
    user = host_user()
    if user is not None and _trusts_cookies():
        return _host_viewer(user, site_id)
    found = visitor_session(site_id)
    if found is None or found.author is None:
        return Viewer(network=client_network())
    identity = found.identity
    return Viewer(
        provider=identity.provider if identity else GUEST,
        subject=identity.subject if identity else "",
        author_id=found.author.id,
        name=found.author.name,
        email=found.author.email,
        url=found.author.url,
        network=client_network(),
        moderator=_has_role("moderator", identity),
        writer=_has_role("writer", identity),
    )


def _host_viewer(user: HostUser, site_id: int) -> Viewer:
    """Return a host application's signed-in user as a viewer."""
    author = people.find_author(session(), site_id, HOST, user.id)
    return Viewer(
        provider=HOST,
        subject=user.id,
        author_id=author.id if author else None,
        name=clean_name(user.name)[:80] or user.id[:80],
        email=user.email[:320],
        url=clean_website(user.url[:2000]),
        network=client_network(),
        moderator=user.moderator or has_host_role(user, site_id),
        owner=user.role == OWNER and has_host_role(user, site_id),
        writer=user.writer,
        log_out_url=user.log_out_url,
    )


def has_host_role(user: HostUser, site_id: int) -> bool:
    """Return True if this is the host's own site, and it gives its user a role there."""
    if not user.role:
        return False
    site = sites.find(session(), runtime().settings.site)
    return site is not None and site.id == site_id


def _has_role(role: str, identity: Identity | None) -> bool:
    """Return True if a website's single sign-on gave this identity a role that is still valid."""
    if identity is None or not getattr(identity, role) or identity.used_at is None:
        return False
    return runtime().now() - identity.used_at < ROLE_LIFETIME


def _trusts_cookies() -> bool:
    """Return True if cookies may identify the viewer: on reads, and on writes from the own host."""
    return request.method == "GET" or place.is_same_host()


def visitor_session(site_id: int) -> Session | None:
    """Return the session of the request's token if it belongs to this site.

    A token that was rotated some time ago and is used again may be stolen: its whole sign-in ends.
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
            rotate_token.record_first_use(session=current, runtime=runtime(), session_id=found_id)
        return people.find_session(session(), token, runtime().now())
    return found


def bearer_token() -> str:
    """Return the bearer token of the Authorization header, "" if there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def visitor_token(site_id: int) -> str:
    """Return the visitor token: the bearer token, or on our own pages the cookie."""
    return bearer_token() or (
        cookies.read_cookie(visitor_cookie_name(site_id)) if _trusts_cookies() else ""
    )


def visitor_cookie_name(site_id: int) -> str:
    """Return the name of the cookie that identifies a reader of this site on our own pages."""
    return f"{VISITOR_COOKIE}_{site_id}"


def current_session() -> Session | None:
    """Return the session of the signed-in moderator."""
    token = cookies.read_cookie(MODERATOR_COOKIE)
    found = people.find_session(session(), token, runtime().now()) if token else None
    return found if found is not None and found.moderator is not None else None


def host_moderator() -> Moderator | None:
    """Return the moderator whom the host application signs in, as the host says now.

    Their role is that on the site of the host, ``COMMENTS_SITE``. No session is opened: the host is
    asked at every request, so that a role that it takes away ends at once.
    """
    user = host_user()
    if user is None or not _trusts_cookies():
        return None
    site = sites.find(session(), runtime().settings.site)
    if site is None:
        return None
    if not host_staff.is_followed(session(), site, user):
        with transaction() as current:
            host_staff.follow(session=current, runtime=runtime(), site=site, user=user)
    return host_staff.find(session(), site, user)


def current_moderator() -> Moderator | None:
    """Return the signed-in moderator: by a session of ours, else by the host application."""
    found = current_session()
    return found.moderator if found else host_moderator()


def client_network() -> str:
    """Return the keyed hash of the client's network: IPv4 address or IPv6 /64.

    The hashes of all /64 of one IPv6 /48 begin alike, so that the whole /48 can be limited too.
    Clients on a Unix socket whose proxy is not trusted have no address and share one network.
    """
    return network_of(request.remote_addr or "") or runtime().network_hash(UNIX)


def network_of(text: str) -> str:
    """Return the keyed hash of an address's network, "" if the text is no address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            address = address.ipv4_mapped
        else:
            network, area = (ipaddress.ip_network((address, n), strict=False) for n in (64, 48))
            return runtime().network_hash(str(network), str(area))
    return runtime().network_hash(str(address))


def sent_network(address: str, field: str) -> str:
    """Return the keyed hash of the network of an address that a program names, "" for none.

    Raises:
        InvalidFields: it is no IP address; the error is that of ``field``.
    """
    found = network_of(address)
    if address and not found:
        raise InvalidFields({field: ["Write an IPv4 or IPv6 address, or leave it out."]})
    return found


def client_area() -> str:
    """Return what the networks of the client's IPv6 /48 have in common, else its network."""
    network = client_network()
    return area_of(network) or network
