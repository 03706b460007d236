"""State of a sign-in between the redirect to a provider and the callback."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from comment_service.identity.person import Person


@dataclass(frozen=True)
class Flow:
    """One sign-in in progress; the caller stores it and binds it to the browser that started it.

    ``verifier`` is the PKCE secret (RFC 7636) between us and the provider; ``about`` holds values
    that the provider class itself needs at the callback.
    """

    redirect_url: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    about: Mapping[str, str] = field(default_factory=dict)


class Provider(Protocol):
    """A sign-in provider."""

    @property
    def key(self) -> str:
        """Return the name of its row in the settings."""

    @property
    def title(self) -> str:
        """Return the name that readers see."""

    @property
    def asks(self) -> str:
        """Return what a reader must type before the redirect, such as "server"; "" for nothing."""

    def start(self, flow: Flow, typed: str = "") -> tuple[str, Flow]:
        """Return the URL to redirect the browser to, and the state to keep until the callback.

        Args:
            flow: the sign-in.
            typed: the reader's input if the provider ``asks`` for one.

        Raises:
            ProviderError: the provider cannot be reached or used.
        """

    def finish(self, flow: Flow, answer: Mapping[str, str]) -> Person:
        """Return the person who signed in.

        Args:
            flow: the state kept since ``start``.
            answer: the query parameters of the callback.

        Raises:
            ProviderError: the callback proves no identity.
        """
