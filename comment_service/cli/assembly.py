"""What the commands need to create an app, without importing it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import click
from flask import Flask

from comment_service.errors import Refusal, SetupError
from comment_service.runtime import Runtime
from comment_service.storage.db.session import StorageError


class Embed(Protocol):
    """Mounts the service in a host: ``CommentService(host)``."""

    def __call__(self, app: Flask) -> object:
        """Mount the service."""


class Create(Protocol):
    """Creates the service's own app."""

    def __call__(self, config: Mapping[str, Any] | None = None) -> Flask:
        """Return the app."""


@dataclass(frozen=True)
class Assembly:
    """Functions that create an app, mount it in a host, prepare its database and start threads."""

    create: Create
    embed: Embed
    prepare: Callable[[Flask], None]
    start: Callable[[Flask], None]
    base: str = "http://127.0.0.1:8000"  # base of links if no public URL is set

    def app(self, config: Mapping[str, Any] | None = None, *, prepared: bool = True) -> Flask:
        """Return the app, with a prepared database unless ``prepared`` is off.

        Setup errors are reported without a traceback.
        """
        try:
            app = self.create(config)
            if prepared:
                self.prepare(app)
        except (SetupError, ValueError) as error:
            raise click.ClickException(str(error)) from error
        except (StorageError, ModuleNotFoundError) as error:
            reason = str(error).strip().splitlines()[0]
            raise click.ClickException(
                f"The database cannot be opened ({reason}). Check COMMENTS_DATABASE_URL; "
                "SQLite and PostgreSQL (with the extra `postgres`) are known."
            ) from error
        return app

    @contextmanager
    def context(self) -> Iterator[Runtime]:
        """Enter the app context and yield the runtime.

        A refusal ends the command with its message, without a traceback.
        """
        app = self.app()
        with app.app_context():
            try:
                yield app.extensions["comments"]
            except Refusal as refusal:
                raise click.ClickException(refusal.full_message) from refusal
