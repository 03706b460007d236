"""Identities, pending sign-ins, the sessions they open, and the audit of accounts."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, union, update
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import joinedload

from comment_service.storage.db.paging import change_some
from comment_service.storage.db.tokens import hash_token, new_token
from comment_service.storage.tables import (
    Author,
    AuthorChange,
    Comment,
    CommentLike,
    Identity,
    PageLike,
    Reaction,
    Session,
    SignIn,
)


def find_identity(db: Db, site_id: int, issuer: str, subject: str) -> Identity | None:
    """Return the identity (issuer, subject) on this site, with its author."""
    query = select(Identity).options(joinedload(Identity.author))
    return db.scalar(
        query.where(
            Identity.site_id == site_id, Identity.issuer == issuer, Identity.subject == subject
        )
    )


def identities(db: Db, author_id: int) -> Sequence[Identity]:
    """Return an author's identities, oldest first."""
    query = select(Identity).where(Identity.author_id == author_id)
    return list(db.scalars(query.order_by(Identity.id)))


def is_blocked(author: Author, now: datetime) -> bool:
    """Return True if an author is blocked now."""
    until = author.blocked_until
    return author.blocked_at is not None and (until is None or until > now)


def find_by_proven_email(db: Db, site_id: int, address: str) -> Author | None:
    """Return the first author who verified an e-mail address (lower case)."""
    query = select(Author).where(
        Author.site_id == site_id, Author.proven_email == address, Author.erased_at.is_(None)
    )
    return db.scalar(query.order_by(Author.id).limit(1))


UNVOUCHED_ISSUERS = (
    *("guest", "host", "passkey", "moderator", "api"),
    *("webmention", "mastodon_thread", "bluesky_thread"),
)
"""Issuers that vouch for no one: guests, the host, programs with a key, the service itself, and
pages elsewhere of which comments are copies."""
OWN_SERVER = ("mastodon", "indieauth")
"""Provider kinds whose server a visitor can run; such a server can claim anything."""


def unvouched_providers(providers: Mapping[str, Any]) -> Sequence[str]:
    """Return the providers that vouch for no one; decided by a row's kind, not by its name."""
    kinds = {key: getattr(getattr(one, "row", None), "kind", "") for key, one in providers.items()}
    kinds = {**dict(zip(OWN_SERVER, OWN_SERVER, strict=True)), **kinds}
    return [*UNVOUCHED_ISSUERS, *(key for key, kind in kinds.items() if kind in OWN_SERVER)]


def is_vouched_for(db: Db, author_id: int, providers: Mapping[str, Any]) -> bool:
    """Return True if a provider of the settings, or a verified address, vouches for an author."""
    query = select(Identity.id).where(
        Identity.author_id == author_id, Identity.provider.not_in(unvouched_providers(providers))
    )
    return db.scalar(query.limit(1)) is not None


def sign_ins(db: Db, site_id: int, challenge: str) -> Sequence[SignIn]:
    """Return the sign-ins of a challenge, newest first, locked until the commit."""
    query = select(SignIn).where(SignIn.site_id == site_id, SignIn.challenge == challenge)
    return list(db.scalars(query.order_by(SignIn.id.desc()).limit(20).with_for_update()))


def open_account_session(
    db: Db,
    identity: Identity,
    *,
    now: datetime,
    days: float,
    browser: str,
    family: str = "",
    replaces: Session | None = None,
) -> str:
    """Open a session for a signed-in author, or replace one; return its token.

    Sessions of one ``family`` end together; by default each has a family of its own.
    """
    token = new_token()
    row = Session(
        token_hash=hash_token(token), created_at=now, expires_at=now + timedelta(days=days)
    )
    row.author_id, row.identity_id, row.browser = identity.author_id, identity.id, browser[:200]
    row.family = replaces.family if replaces else family or secrets.token_urlsafe(24)
    row.replaces_id = replaces.id if replaces else None
    db.add(row)
    db.flush()
    return token


def end_family(db: Db, family: str, now: datetime) -> None:
    """End every session that came from one sign-in."""
    ended = update(Session).where(Session.family == family, Session.revoked_at.is_(None))
    db.execute(ended.values(revoked_at=now).execution_options(synchronize_session=False))


def add_audit_entry(
    db: Db,
    author: Author,
    change: str,
    about: Mapping[str, Any],
    *,
    now: datetime,
    actor: str = "themselves",
) -> None:
    """Write an audit entry about an account."""
    row = AuthorChange(site_id=author.site_id, author_id=author.id, change=change)
    row.about, row.actor, row.created_at = dict(about), actor, now
    db.add(row)
    db.flush()


def pages_of(db: Db, author_id: int) -> Sequence[int]:
    """Return the ids of the pages on which an author commented, liked or reacted."""
    wrote = select(Comment.page_id).where(Comment.author_id == author_id)
    liked = select(PageLike.page_id).where(PageLike.author_id == author_id)
    on = select(Comment.page_id).join(CommentLike, CommentLike.comment_id == Comment.id)
    felt = select(Comment.page_id).join(Reaction, Reaction.comment_id == Comment.id)
    felt = felt.where(Reaction.author_id == author_id)
    on = on.where(CommentLike.author_id == author_id)
    return sorted(db.scalars(union(wrote, liked, on, felt)))


def delete_expired_sign_ins(db: Db, now: datetime, limit: int) -> int:
    """Delete some of the sign-ins that were not claimed in time; return how many."""
    gone = delete(SignIn).where(SignIn.expires_at < now - timedelta(days=1))
    return change_some(db, gone, limit)
