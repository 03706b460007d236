"""Sessions, authors, moderators and one-time links; only hashes of tokens are stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Update, bindparam, delete, func, select, update
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from comment_service.storage.db import prepared
from comment_service.storage.db.paging import change_some, newest_page
from comment_service.storage.db.tokens import hash_token, new_token
from comment_service.storage.moderation.notes import delete_old_presence
from comment_service.storage.tables import (
    Author,
    Identity,
    Moderator,
    PeopleChange,
    Seat,
    Session,
    Site,
    Ticket,
)
from comment_service.storage.tables.base import Base

OPERATOR = "command line"
"""The actor in logs and labels of what the server's operator does by a command."""
ENTER = "enter"
"""Purpose of a one-time link that signs in an existing moderator."""


_BY_TOKEN = (
    select(*(c for kind in (Session, Author, Moderator) for c in prepared.every_column(kind)))
    .select_from(Session)
    .outerjoin(Author, Author.id == Session.author_id)
    .outerjoin(Moderator, Moderator.id == Session.moderator_id)
    .where(
        Session.token_hash == bindparam("token_hash"),
        Session.revoked_at.is_(None),
        Session.expires_at > bindparam("now"),
    )
)


def open_session(
    db: Db,
    *,
    now: datetime,
    days: float,
    author: Author | None,
    moderator: Moderator | None,
    browser: str = "",
) -> str:
    """Open a session for a visitor or a moderator and return its token."""
    token = new_token()
    db.flush()  # a new author or moderator has no id before
    who = {
        "author_id": author.id if author else None,
        "moderator_id": moderator.id if moderator else None,
        "browser": browser[:200],
    }
    expires_at = now + timedelta(days=days)
    row = {"token_hash": hash_token(token), "created_at": now, "expires_at": expires_at, **who}
    prepared.insert(db, Session, row)
    return token


def find_session(db: Db, token: str, now: datetime) -> Session | None:
    """Return the session of a token that is neither expired nor revoked."""
    found = prepared.rows(db, _BY_TOKEN, token_hash=hash_token(token), now=now)
    if not found:
        return None
    row, session = found[0], prepared.as_object(db, Session, found[0])
    of_author = row[len(prepared.every_column(Session)) :]
    of_moderator = of_author[len(prepared.every_column(Author)) :]
    for name, kind, part in (
        ("author", Author, of_author),
        ("moderator", Moderator, of_moderator),
    ):
        person = prepared.as_object(db, kind, part) if part[0] is not None else None
        set_committed_value(session, name, person)
    return session


def find_staff_session(db: Db, session_id: int, now: datetime) -> Session | None:
    """Return a moderator's session that is neither expired nor revoked, by its id."""
    query = select(Session).where(
        Session.id == session_id,
        Session.moderator_id.is_not(None),
        Session.revoked_at.is_(None),
        Session.expires_at > now,
    )
    return db.scalar(query.options(joinedload(Session.moderator)))


def revoke_session(db: Db, token: str, now: datetime) -> None:
    """End a session."""
    ended = update(Session).where(Session.token_hash == hash_token(token)).values(revoked_at=now)
    db.execute(ended.execution_options(synchronize_session=False))


def record_use(db: Db, session_id: int, now: datetime) -> None:
    """Record that a session was used."""
    seen = update(Session).where(Session.id == session_id).values(seen_at=now)
    db.execute(seen.execution_options(synchronize_session=False))


def own_sessions(
    db: Db, moderator_id: int, now: datetime, *, before: int | None, limit: int
) -> tuple[Sequence[Session], int | None]:
    """Return a page of a moderator's open sessions, newest first, and the next key."""
    query = select(Session).where(
        Session.moderator_id == moderator_id,
        Session.revoked_at.is_(None),
        Session.expires_at > now,
    )
    return newest_page(db, query, Session.id, before=before, limit=limit)


def end_session(db: Db, moderator_id: int, session_id: int, now: datetime) -> bool:
    """End one session of a moderator; return False if it is not theirs."""
    mine = (Session.id == session_id, Session.moderator_id == moderator_id)
    ended = update(Session).where(*mine, Session.revoked_at.is_(None)).values(revoked_at=now)
    rows = db.execute(ended.execution_options(synchronize_session=False))
    return bool(rows.rowcount)  # type: ignore[attr-defined]


def end_sessions(db: Db, moderator_id: int, now: datetime, *, but: int | None = None) -> None:
    """End a moderator's sessions except one, and the links that could open others."""
    _end_all_sessions(db, moderator_id, now, but)
    links = update(Ticket).where(Ticket.moderator_id == moderator_id, Ticket.used_at.is_(None))
    db.execute(links.values(used_at=now).execution_options(synchronize_session=False))


def end_sessions_opened_by_others(
    db: Db, moderator_id: int, now: datetime, *, but: int | None
) -> None:
    """End the sign-in links that other people created for a moderator, and the sessions from them.

    A session does not record how it was opened, so all end except the current one.
    """
    _end_all_sessions(db, moderator_id, now, but)
    links = select(Ticket).where(
        Ticket.moderator_id == moderator_id, Ticket.purpose == ENTER, Ticket.used_at.is_(None)
    )
    for link in db.scalars(links):
        if "made_by" in link.about:
            link.used_at = now


def _end_all_sessions(db: Db, moderator_id: int, now: datetime, but: int | None) -> None:
    ended = update(Session).where(
        Session.moderator_id == moderator_id, Session.revoked_at.is_(None), Session.id != (but or 0)
    )
    db.execute(ended.values(revoked_at=now).execution_options(synchronize_session=False))


def find_author(db: Db, site_id: int, issuer: str, subject: str) -> Author | None:
    """Return the author behind (issuer, subject) on this site."""
    query = select(Author).join(Identity, Identity.author_id == Author.id)
    return db.scalar(
        query.where(
            Identity.site_id == site_id,
            Identity.issuer == issuer,
            Identity.subject == subject,
        )
    )


def add_author(
    db: Db, *, site_id: int, provider: str, subject: str, now: datetime, name: str = ""
) -> Author:
    """Add an author with one identity that no provider vouches for."""
    author = prepared.add(db, Author(site_id=site_id, name=name, created_at=now))
    values = {"site_id": site_id, "author_id": author.id, "provider": provider, "subject": subject}
    prepared.insert(db, Identity, {**values, "issuer": provider, "created_at": now})
    return author


def describe_author(db: Db, author: Author, *, name: str, email: str, url: str) -> None:
    """Set an author's public name and website, and their address; write those that changed."""
    wanted = {"name": name, "email": email, "url": url}
    changed = {key: value for key, value in wanted.items() if getattr(author, key) != value}
    if changed:
        prepared.run(db, _described(*changed), author_id=author.id, **changed)
    for key, value in changed.items():
        set_committed_value(author, key, value)


@cache
def _described(*names: str) -> Update:
    """Build the statement that changes these columns of an author."""
    table = Base.metadata.tables[Author.__tablename__]
    changed = update(table).where(table.c.id == bindparam("author_id"))
    return changed.values({name: bindparam(name) for name in names})


def create_link(
    db: Db,
    *,
    purpose: str,
    now: datetime,
    minutes: float,
    moderator: Moderator | None = None,
    about: Mapping[str, Any] | None = None,
    token: str = "",
) -> str:
    """Create a one-time link and return its token, which is new unless it is given."""
    token = token or new_token()
    row = Ticket(token_hash=hash_token(token), purpose=purpose, created_at=now)
    row.expires_at = now + timedelta(minutes=minutes)
    row.moderator, row.about = moderator, dict(about or {})
    db.add(row)
    return token


def is_taken(db: Db, token: str) -> bool:
    """Return True if there is a one-time link with this token, used or expired ones included."""
    return db.scalar(select(Ticket.id).where(Ticket.token_hash == hash_token(token))) is not None


def valid_links(purpose: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Select one-time links for a purpose that are neither used nor expired."""
    return Ticket.purpose == purpose, Ticket.used_at.is_(None), Ticket.expires_at > now


def find_link(db: Db, token: str, purpose: str, now: datetime) -> Ticket | None:
    """Return a link's row if it is valid."""
    query = select(Ticket).where(Ticket.token_hash == hash_token(token), *valid_links(purpose, now))
    return db.scalar(query.options(joinedload(Ticket.moderator)))


def use_link(db: Db, ticket: Ticket, now: datetime) -> bool:
    """Use a link up; return False if it was used in the meantime."""
    spent = update(Ticket).where(Ticket.id == ticket.id, Ticket.used_at.is_(None))
    rows = db.execute(spent.values(used_at=now).execution_options(synchronize_session=False))
    return bool(rows.rowcount)  # type: ignore[attr-defined]


def find_moderator(db: Db, email: str) -> Moderator | None:
    """Return the moderator with an account of their own and this address, ignoring case."""
    query = select(Moderator).where(func.lower(Moderator.email) == email.lower())
    return db.scalar(query.where(Moderator.host_id.is_(None)))


def find_host_moderator(db: Db, host_id: str) -> Moderator | None:
    """Return the moderator who is this user of a host application."""
    return db.scalar(select(Moderator).where(Moderator.host_id == host_id))


def moderators(db: Db) -> Sequence[Moderator]:
    """Return all moderators, oldest first."""
    return list(db.scalars(select(Moderator).order_by(Moderator.id)))


def roles_of(db: Db, moderator_id: int) -> Sequence[tuple[Seat, Site | None]]:
    """Return a moderator's roles; a role on all sites (site None) comes first."""
    query = select(Seat, Site).outerjoin(Site, Site.id == Seat.site_id)
    query = query.where(Seat.moderator_id == moderator_id)
    rows = db.execute(query.order_by(Seat.site_id.is_not(None), Site.key))
    return [(seat, site) for seat, site in rows]


def any_moderator(db: Db) -> bool:
    """Return True if anybody moderates, with an account or as a user of the host."""
    return db.scalar(select(Moderator.id).limit(1)) is not None


def any_account(db: Db) -> bool:
    """Return True if a moderator has an account, so that the installation is set up."""
    return db.scalar(select(Moderator.id).where(Moderator.host_id.is_(None)).limit(1)) is not None


def add_audit_entry(
    db: Db,
    moderator_id: int | None,
    site_id: int | None,
    change: str,
    about: Mapping[str, Any],
    *,
    actor: str,
    now: datetime,
) -> None:
    """Write the audit entry of a change: about whom, on which site (None: all), by whom."""
    row = PeopleChange(moderator_id=moderator_id, site_id=site_id, change=change)
    row.about, row.actor, row.created_at = dict(about), actor, now
    db.add(row)
    db.flush()


def delete_expired(db: Db, now: datetime, limit: int) -> int:
    """Delete some sessions, links and presence entries that ended a day ago; return how many."""
    ended = now - timedelta(days=1)
    number = delete_old_presence(db, ended, limit)
    for table in (Session, Ticket):
        number += change_some(db, delete(table).where(table.expires_at < ended), limit)
    return number
