"""Identities and the sign-ins that lead to them, the sessions they open, and what is audited."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, union, update
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import joinedload

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
    """Return an author's identities, in the order in which they came."""
    query = select(Identity).where(Identity.author_id == author_id)
    return list(db.scalars(query.order_by(Identity.id)))


def stands_blocked(author: Author, now: datetime) -> bool:
    """Tell whether a block of an author stands now."""
    until = author.blocked_until
    return author.blocked_at is not None and (until is None or until > now)


def who_proved(db: Db, site_id: int, address: str) -> Author | None:
    """Return the author who has proven an address (in small letters), the first of them."""
    query = select(Author).where(
        Author.site_id == site_id, Author.proven_email == address, Author.erased_at.is_(None)
    )
    return db.scalar(query.order_by(Author.id).limit(1))


NOBODYS = ("guest", "host", "passkey", "moderator")
"""Ways to be known by which nobody else vouches for anybody."""
OWN_SERVER = ("mastodon", "indieauth")
"""Kinds of provider whose server a visitor may run: it says whatever they wish."""


def nobodys(providers: Mapping[str, Any]) -> Sequence[str]:
    """Return the providers that vouch for nobody; rows are told by their kind, not their name."""
    kinds = {key: getattr(getattr(one, "row", None), "kind", "") for key, one in providers.items()}
    kinds = {**dict(zip(OWN_SERVER, OWN_SERVER, strict=True)), **kinds}
    return [*NOBODYS, *(key for key, kind in kinds.items() if kind in OWN_SERVER)]


def is_vouched_for(db: Db, author_id: int, providers: Mapping[str, Any]) -> bool:
    """Tell whether a provider of the settings, or a proven address, stands behind an author."""
    query = select(Identity.id).where(
        Identity.author_id == author_id, Identity.provider.not_in(nobodys(providers))
    )
    return db.scalar(query.limit(1)) is not None


def sign_ins(db: Db, site_id: int, challenge: str) -> Sequence[SignIn]:
    """Return what was proven for a challenge, the newest first, locked until the commit."""
    query = select(SignIn).where(SignIn.site_id == site_id, SignIn.challenge == challenge)
    return list(db.scalars(query.order_by(SignIn.id.desc()).limit(20).with_for_update()))


def open_account(
    db: Db,
    identity: Identity,
    *,
    now: datetime,
    days: float,
    browser: str,
    family: str = "",
    replaces: Session | None = None,
) -> str:
    """Open a session for somebody signed in, or the next of one; return its token.

    Those of one ``family`` end together; by default it is a family of its own.
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
    """End every session that came of one sign-in."""
    ended = update(Session).where(Session.family == family, Session.revoked_at.is_(None))
    db.execute(ended.values(revoked_at=now).execution_options(synchronize_session=False))


def note(
    db: Db,
    author: Author,
    change: str,
    about: Mapping[str, Any],
    *,
    now: datetime,
    actor: str = "themselves",
) -> None:
    """Write the audit line of what happened to somebody's account."""
    row = AuthorChange(site_id=author.site_id, author_id=author.id, change=change)
    row.about, row.actor, row.created_at = dict(about), actor, now
    db.add(row)
    db.flush()


def pages_of(db: Db, author_id: int) -> Sequence[int]:
    """Return the ids of the pages on which an author wrote, or gave a like or an emoji."""
    wrote = select(Comment.page_id).where(Comment.author_id == author_id)
    liked = select(PageLike.page_id).where(PageLike.author_id == author_id)
    on = select(Comment.page_id).join(CommentLike, CommentLike.comment_id == Comment.id)
    felt = select(Comment.page_id).join(Reaction, Reaction.comment_id == Comment.id)
    felt = felt.where(Reaction.author_id == author_id)
    on = on.where(CommentLike.author_id == author_id)
    return sorted(db.scalars(union(wrote, liked, on, felt)))


def sweep(db: Db, now: datetime) -> None:
    """Delete sign-ins that nobody claimed in time."""
    gone = delete(SignIn).where(SignIn.expires_at < now - timedelta(days=1))
    db.execute(gone.execution_options(synchronize_session=False))
