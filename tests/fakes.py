"""In-memory twins of what a test does not want for real: the model and the clock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class FakeReason:
    name: str
    sentence: str
    weight: float
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class FakeScore:
    probability: float
    reasons: tuple[FakeReason, ...] = ()
    model: str = "fake-1"
    milliseconds: float = 0.1
    features: str = "0123456789abcdef"


@dataclass(frozen=True)
class FakeReading:
    model: str = "fake-1"


@dataclass
class FakeClassifier:
    """Finds spam where a text holds a word of its own: "casino" for sure, "maybe" perhaps."""

    model_id: str = "fake-1"
    hold_at: float = 0.5
    spam_at: float = 0.95
    fails: bool = False
    scored: list[str] = field(default_factory=list)
    card: dict[str, str] = field(default_factory=dict)

    def verify(self) -> None:
        pass

    def warm(self) -> None:
        pass

    def read(self, text: str, **_about: str) -> FakeReading:
        if self.fails:
            raise RuntimeError("the arrays are gone")
        return FakeReading()

    def score(self, text: str, **_evidence: object) -> FakeScore:
        if self.fails:
            raise RuntimeError("the arrays are gone")
        self.scored.append(text)
        if "casino" in text:
            return FakeScore(0.99, (FakeReason("words", "“casino” is typical of spam", 3.0),))
        if "maybe" in text:
            return FakeScore(0.7, (FakeReason("words", "“maybe” is typical of spam", 1.0),))
        return FakeScore(
            0.02, (FakeReason("words", "“thanks” is typical of honest comments", -1.0),)
        )


@dataclass
class FakeClock:
    """A clock that stands until it is moved."""

    now: datetime = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)
