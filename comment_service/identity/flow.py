"""What is remembered between the way to a provider and the way back."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from comment_service.identity.person import Person


@dataclass(frozen=True)
class Flow:
    """One sign-in under way; whoever keeps it binds it to the browser that began it.

    ``verifier`` is the secret of PKCE (RFC 7636) between us and the provider; ``about`` what a
    provider itself wants to remember.
    """

    redirect_url: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    about: Mapping[str, str] = field(default_factory=dict)


class Provider(Protocol):
    """Somebody who can say who is asking."""

    @property
    def key(self) -> str:
        """The name of its row in the settings."""

    @property
    def title(self) -> str:
        """What readers call it."""

    @property
    def asks(self) -> str:
        """What a reader has to type before the way there is known, such as "server"; "" for no."""

    def start(self, flow: Flow, typed: str = "") -> tuple[str, Flow]:
        """Return where the browser goes, and what to remember until it comes back.

        Raises:
            ProviderError: it cannot be asked.
        """

    def finish(self, flow: Flow, answer: Mapping[str, str]) -> Person:
        """Return who came back; ``answer`` is the query that the browser brought.

        Raises:
            ProviderError: nobody is proven.
        """
