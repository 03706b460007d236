"""Drift detection: compare recent scores and words with earlier ones; detect a failed filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

from comment_service.spam.features.tokens import tokenise
from comment_service.text.sentences import staff_sentence

BINS = 10
#: By convention, a population stability index above this value means a changed population.
CHANGED = 0.25
_MIN_SCORES = 30


@dataclass(frozen=True)
class Drift:
    """How recent comments differ from earlier ones.

    ``scores`` is the population stability index of the probabilities (0: identical; above 0.25:
    changed), ``words`` the Jensen-Shannon distance of the words used (0 to 1), ``new_words`` the
    share of recent words that earlier texts do not contain. ``warnings`` are sentences for the
    owner.
    """

    scores: float
    words: float
    new_words: float
    warnings: tuple[str, ...]


def drift(
    earlier: Sequence[float],
    recent: Sequence[float],
    earlier_texts: Sequence[str] = (),
    recent_texts: Sequence[str] = (),
) -> Drift:
    """Compare recent probabilities and texts with earlier ones."""
    scores = stability_index(earlier, recent)
    before, now = _words(earlier_texts), _words(recent_texts)
    words = _distance(before, now) if before and now else 0.0
    unseen = sum(count for word, count in now.items() if word not in before)
    new_words = unseen / max(now.total(), 1) if before else 0.0
    warnings = list(constant_score_warnings(recent))
    if scores > CHANGED and min(len(earlier), len(recent)) >= _MIN_SCORES:
        warnings.append(
            staff_sentence("The distribution of scores has changed: check the held comments")
        )
    return Drift(scores, words, new_words, tuple(warnings))


def constant_score_warnings(recent: Sequence[float]) -> tuple[str, ...]:
    """Return a warning if recent scores are all the same, a sign of failure."""
    if len(recent) < _MIN_SCORES:
        return ()
    mean = sum(recent) / len(recent)
    spread = sqrt(sum((value - mean) ** 2 for value in recent) / len(recent))
    if spread < 1e-4:
        return (
            staff_sentence(
                "The last %(number)s scores are all alike: the filter is blind", number=len(recent)
            ),
        )
    return ()


def stability_index(earlier: Sequence[float], recent: Sequence[float]) -> float:
    """Return the population stability index over ten bins of equal width (Siddiqi, 2006)."""
    if not earlier or not recent:
        return 0.0
    shares = [_shares(values) for values in (earlier, recent)]
    return float(sum((b - a) * log(b / a) for a, b in zip(*shares, strict=True)))


def calibration(
    spam: Sequence[bool], probability: Sequence[float]
) -> list[tuple[float, float, int]]:
    """Return (mean probability, share of spam, comments) for each bin that is not empty."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for truth, value in zip(spam, probability, strict=True):
        bins.setdefault(min(int(value * BINS), BINS - 1), []).append((value, truth))
    return [
        (sum(v for v, _ in rows) / len(rows), sum(t for _, t in rows) / len(rows), len(rows))
        for _, rows in sorted(bins.items())
    ]


def _shares(values: Sequence[float]) -> list[float]:
    """Return the share of each bin; adding half a comment to each keeps the logarithm finite."""
    counts = Counter(min(int(value * BINS), BINS - 1) for value in values)
    return [(counts[bin_] + 0.5) / (len(values) + 0.5 * BINS) for bin_ in range(BINS)]


def _words(texts: Sequence[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for text in texts:
        found.update(tokenise(text).forms)
    return found


def _distance(a: Counter[str], b: Counter[str]) -> float:
    """Return the Jensen-Shannon distance, base 2 (Lin, 1991)."""
    total_a, total_b = a.total(), b.total()
    divergence = 0.0
    for word in a.keys() | b.keys():
        p, q = a[word] / total_a, b[word] / total_b
        middle = (p + q) / 2
        divergence += sum(x * log(x / middle, 2) for x in (p, q) if x) / 2
    return sqrt(max(divergence, 0.0))
