"""What the commands need to build an app, without knowing how."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import click
from flask import Flask

from comment_service.errors import SetupError
from comment_service.runtime import Runtime
from comment_service.storage.db.session import StorageError


class Embed(Protocol):
    """Puts the service into a host: ``CommentService(host)``."""

    def __call__(self, app: Flask) -> object:
        """Mount the service."""


class Create(Protocol):
    """Makes the service's own app."""

    def __call__(self, config: Mapping[str, Any] | None = None) -> Flask:
        """Return the app."""


@dataclass(frozen=True)
class Assembly:
    """How to make an app, embed it into a host, and start what runs beside its requests."""

    create: Create
    embed: Embed
    start: Callable[[Flask], None]
    base: str = "http://127.0.0.1:8000"  # where links lead when no public address is set

    def app(self, config: Mapping[str, Any] | None = None) -> Flask:
        """Return the app; what cannot work is told without a traceback."""
        try:
            return self.create(config)
        except (SetupError, ValueError) as error:
            raise click.ClickException(str(error)) from error
        except (StorageError, ModuleNotFoundError) as error:
            reason = str(error).strip().splitlines()[0]
            raise click.ClickException(
                f"The database cannot be opened ({reason}). Check COMMENTS_DATABASE_URL; "
                "SQLite and PostgreSQL (with the extra `postgres`) are known."
            ) from error

    @contextmanager
    def context(self) -> Iterator[Runtime]:
        """Enter the app's context and return its state."""
        app = self.app()
        with app.app_context():
            yield app.extensions["comments"]
