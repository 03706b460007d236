"""Per-app state, kept in ``app.extensions["comments"]``: settings, classifier, clock, secret.

The classifier is typed as a protocol, so that packages which use it need not import ``spam``.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from comment_service.config import Settings

REQUEST_ID: ContextVar[str] = ContextVar("comments_request_id", default="")
"""The id of the request that is being answered, for the log; "" outside of requests."""

_AREA_MARK = "v6"
_AREA_LENGTH = 12


class Reason(Protocol):
    """One piece of evidence: a stable name, a sentence, a signed weight, ranges of the text."""

    @property
    def name(self) -> str:
        """Return the stable code."""

    @property
    def sentence(self) -> str:
        """Return the sentence for moderators."""

    @property
    def weight(self) -> float:
        """Return the log-odds, > 0 towards spam."""

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Return half-open ranges of characters in the text."""


class Score(Protocol):
    """A classifier's result for one submission."""

    @property
    def probability(self) -> float:
        """Return the calibrated probability of spam, 0 to 1."""

    @property
    def reasons(self) -> Sequence[Reason]:
        """Return the reasons, strongest first."""

    @property
    def model(self) -> str:
        """Return the model's id."""

    @property
    def milliseconds(self) -> float:
        """Return the time taken."""

    @property
    def features(self) -> str:
        """Return a hash of the scored input."""


class ReadText(Protocol):
    """What a classifier reads of a text before its page and its context are known."""

    @property
    def model(self) -> str:
        """Return the model's id."""


class Classifier(Protocol):
    """Compute a submission's probability of spam with reasons."""

    @property
    def model_id(self) -> str:
        """Return the model's id."""

    @property
    def card(self) -> Mapping[str, Any]:
        """Return the model's card."""

    @property
    def hold_at(self) -> float:
        """Return the recommended probability from which to hold."""

    @property
    def spam_at(self) -> float:
        """Return the recommended probability from which to file as spam."""

    def verify(self) -> None:
        """Check the model's files again."""

    def warm(self) -> None:
        """Load everything that the first score would load."""

    def read(self, text: str, *, author: str = "", email: str = "", url: str = "") -> ReadText:
        """Read what depends on neither page nor context, for a later score."""

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
        read: Any = None,
        hold_at: float | None = None,
    ) -> Score:
        """Score one submission; ``known`` holds the context counts by name.

        ``read`` is what ``read`` returned, if it was called; ``hold_at`` the probability from which
        the site holds comments, if it is not the model's own.
        """


class Campaigns(Protocol):
    """A site's recently seen texts, one per campaign."""

    @property
    def last(self) -> int:
        """Return the highest number so far."""

    def extend(self, found: Iterable[tuple[int, str]]) -> None:
        """Add campaigns: number and key of their first text, the oldest first."""

    def search(self, key: str) -> Any:
        """Return what is nearly the same, for a later ``find``; nothing is marked."""

    def find(self, key: str, near: Any = None) -> int | None:
        """Return the number of a key's campaign and mark it as seen; None if it is new.

        ``near`` is what ``search`` returned; then only later campaigns are compared.
        """


class TrainingResult(Protocol):
    """A trained site model."""

    @property
    def card(self) -> Mapping[str, Any]:
        """Return the model's card."""

    @property
    def arrays(self) -> bytes:
        """Return the model's arrays."""

    @property
    def promoted(self) -> bool:
        """Return True if the model may replace the active model."""

    @property
    def report(self) -> Mapping[str, Any]:
        """Return the comparison with the active model, with a sentence for the owner."""


class Trainer(Protocol):
    """Train a site's next model and compare it with the active model."""

    def train(
        self,
        labels: Iterable[Mapping[str, Any]],
        *,
        total: int,
        champion: Any,
        name: str,
        progress: Callable[[str, int, int], None],
        unlabelled: int = 0,
    ) -> TrainingResult:
        """Train from labels, oldest first."""


def utc_now() -> datetime:
    """Return the current time, timezone-aware, in UTC."""
    return datetime.now(UTC)


@dataclass
class Runtime:
    """The app's state that actions need in addition to a database session."""

    settings: Settings
    secret: str
    new_campaigns: Callable[[], Campaigns]
    classifier: Classifier | None = None
    classifier_error: str = ""  # why there is no classifier; shown in verdicts and in /health
    clock: Callable[[], datetime] = utc_now
    open_model: Callable[[Mapping[str, Any], bytes], Classifier] | None = None
    trainer: Trainer | None = None
    providers: Mapping[str, Any] = field(default_factory=dict)  # key → sign-in provider
    model_cache: object = None  # the sites' loaded models; owned by screening
    campaigns: object = None  # recently seen texts; owned by screening
    rendered_comments: object = None  # comments as everyone sees them; owned by web
    known_sites: object = None  # sites that were read a moment ago; owned by web
    usual: dict[int, tuple[datetime, float]] = field(
        default_factory=dict
    )  # site → time of the query, number
    lists: dict[int, tuple[object, object]] = field(default_factory=dict)  # site → state, compiled
    untrusted_proxy: str = ""  # address of a proxy that should be configured
    noted_embeds: dict[tuple[int, str], datetime] = field(
        default_factory=dict
    )  # site and origin of pages that asked for comments → when it was stored
    worker_state: Callable[[], str] = lambda: "unknown"  # "here", "elsewhere", "none", "unknown"
    embedded: bool = False  # whether the service is mounted in a host
    languages: Sequence[str] = ("en",)  # available translations
    count_verdict: Callable[[str, Sequence[str]], None] = lambda _status, _reasons: None
    """Counts a verdict for the metrics: its status and the names of its findings."""

    def now(self) -> datetime:
        """Return the current time, timezone-aware, in UTC."""
        return self.clock()

    def network_hash(self, network: str, area: str = "") -> str:
        """Return the keyed hash of a network; networks of one ``area`` share its beginning."""
        found = self.keyed_hash("network", network)
        if not area:
            return found
        beginning = _AREA_MARK + self.keyed_hash("network area", area)
        return beginning[:_AREA_LENGTH] + found[_AREA_LENGTH:]

    def keyed_hash(self, purpose: str, value: str) -> str:
        """Return 32 hex digits that only this installation can compute from ``value``."""
        message = f"{purpose}\0{value}".encode()
        return hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()[:32]


def area_of(network: str) -> str:
    """Return the beginning that the hashes of an area's networks share, "" without an area."""
    return network[:_AREA_LENGTH] if network.startswith(_AREA_MARK) else ""
