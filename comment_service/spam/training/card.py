"""Model cards: a trained model's data, held-out figures and limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comment_service.spam.features.examples import Example
from comment_service.spam.model.artifact import Artifact, pack
from comment_service.spam.model.metrics import figures
from comment_service.spam.training.folds import group_of
from comment_service.spam.training.train import TrainingResult
from comment_service.text.sentences import staff_sentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LIMITS = (
    staff_sentence(
        "Probabilities are for comments like those it was trained on; a blog in another language or"
        " on another subject should let the filter learn from its own decisions first."
    ),
    staff_sentence("It reads text; who writes, and how often, it does not know."),
)


def file_digests(paths: Iterable[Path]) -> list[dict[str, str]]:
    """Return name and SHA-256 of each file; no directories, so that a card reveals no paths."""
    return [{"file": path.name, "sha256": sha256(path.read_bytes()).hexdigest()} for path in paths]


def make_artifact(
    name: str,
    trained: TrainingResult,
    examples: Sequence[Example],
    files: Sequence[dict[str, str]] = (),
    limits: Sequence[str] = LIMITS,
) -> Artifact:
    """Return the artifact of a trained model with a complete card.

    Args:
        name: the id starts with it.
        trained: the model with its held-out log-odds.
        examples: the training examples, in the same order.
        files: names and SHA-256 of the files that the examples come from.
        limits: sentences about what the model cannot do.
    """
    import numpy as np

    probability = 1.0 / (1.0 + np.exp(-trained.held_out))
    details = {
        "files": list(files),
        "data": _data(examples),
        "figures": _rounded(_held_out_figures(trained, examples, probability)),
        "limits": list(limits),
    }
    return pack(name, trained.model, trained.thresholds, details)


def _data(examples: Sequence[Example]) -> dict[str, Any]:
    dates = sorted(example.created[:10] for example in examples if example.created)
    labels = Counter("spam" if example.spam else "ham" for example in examples)
    return {
        "comments": len(examples),
        "labels": dict(sorted(labels.items())),
        "sources": dict(sorted(Counter(e.source or "unnamed" for e in examples).items())),
        "languages": dict(sorted(Counter(e.lang or "unknown" for e in examples).items())),
        "first": dates[0] if dates else "",
        "last": dates[-1] if dates else "",
    }


def _held_out_figures(
    trained: TrainingResult, examples: Sequence[Example], probability: NDArray[np.float64]
) -> dict[str, Any]:
    """Return figures on held-out groups: pooled, by group, by language, by length and by link."""
    import numpy as np

    real = np.flatnonzero(~np.isnan(probability))
    examples, probability = [examples[row] for row in real.tolist()], probability[real]
    spam = np.array([bool(example.spam) for example in examples])

    def slices(key: Callable[[Example], str]) -> dict[str, Any]:
        found: dict[str, list[int]] = {}
        for row, example in enumerate(examples):
            found.setdefault(key(example), []).append(row)
        return {
            name: figures(spam[rows], probability[rows], trained.thresholds)
            for name, rows in sorted(found.items())
            if len(rows) >= 20
        }

    return {
        "left_out": figures(spam, probability, trained.thresholds),
        "by_group": slices(group_of),
        "by_language": slices(lambda example: example.lang or "unknown"),
        "by_length": slices(_length),
        "by_link": slices(lambda e: "with link" if "://" in e.text or "www." in e.text else "none"),
    }


def _length(example: Example) -> str:
    size = len(example.text)
    return "under 50" if size < 50 else "50 to 500" if size <= 500 else "over 500"


def _rounded(value: Any) -> Any:
    """Return nested figures rounded to four digits, for the card."""
    if isinstance(value, dict):
        return {str(key): _rounded(inner) for key, inner in value.items()}
    return round(value, 4) if isinstance(value, float) else value
