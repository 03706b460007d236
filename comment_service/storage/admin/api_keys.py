"""Keys of programs."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from comment_service.storage.admin.rights import Rights
from comment_service.storage.db.tokens import hash_token
from comment_service.storage.tables import ApiKey

_USE_NOTED = timedelta(minutes=1)
"""How often the last use of a key is written."""

_VALID = select(ApiKey).where(ApiKey.key_hash == bindparam("key_hash"), ApiKey.revoked_at.is_(None))


def find(session: Session, token: str) -> ApiKey | None:
    """Return the key with this token, if it is not revoked."""
    return session.scalar(_VALID, {"key_hash": hash_token(token)}) if token else None


def is_use_due(key: ApiKey, now: datetime) -> bool:
    """Return True if the last use of a key is not recorded to the minute."""
    return key.used_at is None or now - key.used_at >= _USE_NOTED


def note_use(session: Session, key: ApiKey, now: datetime) -> None:
    """Record when a key was last used, to the minute."""
    if is_use_due(key, now):
        used = update(ApiKey).where(ApiKey.id == key.id).values(used_at=now)
        session.execute(used.execution_options(synchronize_session=False))


def of_owner(session: Session, rights: Rights, site_id: int) -> Sequence[ApiKey]:
    """Return the keys of a site, newest first, and those of every site if the owner owns all."""
    of_site = ApiKey.site_id == site_id
    where = or_(of_site, ApiKey.site_id.is_(None)) if rights.owned is None else of_site
    return list(session.scalars(select(ApiKey).where(where).order_by(ApiKey.id.desc())))


def of_site(session: Session, site_id: int | None) -> Sequence[ApiKey]:
    """Return a site's keys (None: those of every site), oldest first."""
    query = select(ApiKey).where(
        ApiKey.site_id == site_id if site_id is not None else ApiKey.site_id.is_(None)
    )
    return list(session.scalars(query.order_by(ApiKey.id)))


def load(session: Session, key_id: int) -> ApiKey | None:
    """Return a key by its id, locked until the transaction ends."""
    return session.scalar(select(ApiKey).where(ApiKey.id == key_id).with_for_update())
