"""Origins whose pages asked for a site's comments, registered or not."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.storage.tables import EmbedOrigin

READ = 100


def find(session: Session, site_id: int, origin: str) -> EmbedOrigin | None:
    """Return what is known about an origin of a site."""
    return session.get(EmbedOrigin, (site_id, origin))


def of_site(session: Session, site_id: int) -> Sequence[EmbedOrigin]:
    """Return a site's origins, the last seen first."""
    query = select(EmbedOrigin).where(EmbedOrigin.site_id == site_id)
    return list(session.scalars(query.order_by(EmbedOrigin.last_at.desc()).limit(READ)))
