"""Client credentials from registering at provider servers, stored so that it happens once."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from comment_service.storage.db.session import serialise, session, transaction
from comment_service.storage.tables import ProviderApp


class StoredApps:
    """Credentials in the database; each change is a transaction of its own."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def find(self, provider: str, host: str, redirect_url: str) -> tuple[str, str] | None:
        """Return client id and secret at a host, if registered with this redirect URI."""
        query = select(ProviderApp).where(ProviderApp.provider == provider)
        found = session().scalar(query.where(ProviderApp.host == host))
        if found is None or found.redirect_url != redirect_url:
            return None
        return found.client_id, found.client_secret

    def keep(self, provider: str, host: str, redirect_url: str, app: tuple[str, str]) -> None:
        """Store client id and secret of a host, replacing those for another redirect URI."""
        with transaction() as current:
            serialise(current, f"app {provider} {host}")
            query = select(ProviderApp).where(ProviderApp.provider == provider)
            row = current.scalar(query.where(ProviderApp.host == host))
            if row is None:
                row = ProviderApp(provider=provider, host=host)
                current.add(row)
            row.client_id, row.client_secret = app
            row.redirect_url, row.created_at = redirect_url, self._now()
