"""Per-app state, kept in ``app.extensions["comments"]``: settings, classifier, clock, secret.

The classifier is known here by its shape alone, so that the rooms that use it need not know the
room that makes it.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from comment_service.config import Settings


class Reason(Protocol):
    """One piece of evidence: a stable name, a sentence, a signed weight, spans of the text."""

    @property
    def name(self) -> str:
        """Stable code."""

    @property
    def sentence(self) -> str:
        """What a moderator reads."""

    @property
    def weight(self) -> float:
        """Log-odds, > 0 towards spam."""

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Half-open ranges of characters in the text."""


class Score(Protocol):
    """What a classifier finds."""

    @property
    def probability(self) -> float:
        """Calibrated probability of spam, 0 to 1."""

    @property
    def reasons(self) -> Sequence[Reason]:
        """Strongest first."""

    @property
    def model(self) -> str:
        """The model's id."""

    @property
    def milliseconds(self) -> float:
        """Time taken."""

    @property
    def features(self) -> str:
        """Hash of what was scored."""


class Classifier(Protocol):
    """Submission → probability of spam with its reasons."""

    @property
    def model_id(self) -> str:
        """The model's id."""

    @property
    def card(self) -> Mapping[str, Any]:
        """What the model says of itself."""

    @property
    def hold_at(self) -> float:
        """Recommended probability from which to hold."""

    @property
    def spam_at(self) -> float:
        """Recommended probability from which to file as spam unseen."""

    def warm(self) -> None:
        """Load what the first score would load."""

    def score(
        self,
        text: str,
        *,
        author: str = "",
        email: str = "",
        url: str = "",
        page_title: str = "",
        page_text: str = "",
        lang: str = "",
        known: Mapping[str, float] | None = None,
    ) -> Score:
        """Score one submission; ``known`` is what surrounds it, by name."""


class Trained(Protocol):
    """A site's model ready to be kept."""

    @property
    def card(self) -> Mapping[str, Any]:
        """What the model says of itself."""

    @property
    def arrays(self) -> bytes:
        """Its numbers."""

    @property
    def promoted(self) -> bool:
        """Whether it may take the place of the model that judges."""

    @property
    def report(self) -> Mapping[str, Any]:
        """How it did against that model, with a sentence."""


class Trainer(Protocol):
    """Labels → a site's next model, tried against the one in place."""

    def train(
        self,
        lessons: Iterable[Mapping[str, Any]],
        *,
        total: int,
        champion: Any,
        name: str,
        tell: Callable[[str, int, int], None],
    ) -> Trained:
        """Train from lessons, oldest first."""


def utc_now() -> datetime:
    """Return the present time, aware, in UTC."""
    return datetime.now(UTC)


@dataclass
class Runtime:
    """What the actions need beside a session."""

    settings: Settings
    secret: str
    classifier: Classifier | None = None
    classifier_error: str = ""  # why there is none, for the reason of a hold and for /health
    clock: Callable[[], datetime] = utc_now
    open_model: Callable[[Mapping[str, Any], bytes], Classifier] | None = None
    trainer: Trainer | None = None
    providers: Mapping[str, Any] = field(default_factory=dict)  # key → who can prove a reader
    shelf: object = None  # the loaded models of the sites, filled by screening
    campaigns: object = None  # the texts seen lately, kept by screening
    usual: dict[int, tuple[datetime, float]] = field(default_factory=dict)  # site → asked, number
    lists: dict[int, tuple[object, object]] = field(default_factory=dict)  # site → state, compiled
    embedded: bool = False  # whether a host's own pages are pages of the site
    languages: Sequence[str] = ("en",)  # locales there is a translation for

    def now(self) -> datetime:
        """Return the present time, aware, in UTC."""
        return self.clock()

    def keyed_hash(self, purpose: str, value: str) -> str:
        """Return 32 hex digits that only this installation can make from ``value``."""
        message = f"{purpose}\0{value}".encode()
        return hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()[:32]
