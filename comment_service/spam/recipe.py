"""What a model is made by: every choice of training in one frozen value, kept in the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """The choices behind a model; docs/spam-model.md shows the comparison they come from.

    Attributes:
        bits: hashed columns are below ``2 ** bits``.
        shortest, longest: sizes of the character n-grams.
        smoothing: added to each column's count before its log-count ratio is taken.
        window, stride: tokens in a part of a long comment that is scored by itself, and the step.
        logistic_c, svm_c, rarity_c: inverse strength of the penalties: of the summing member, and
            of the averaging member's two halves.
        word_lift: how much more word columns count than character n-grams.
        lift_rows: rows from which they do in full; with fewer, n-grams are the safer witness.
        folds: parts of the cross-fitting from which calibration and thresholds come.
        held_per_1000, filed_per_1000: honest comments of groups left out that may be held, or
            filed as spam unseen, in 1,000.
        honest_source: source whose honest comments set the thresholds; all of them where empty.
        seed: of every random choice.
    """

    bits: int = 19
    shortest: int = 1
    longest: int = 5
    smoothing: float = 1.0
    window: int = 60
    stride: int = 30
    logistic_c: float = 1.0
    svm_c: float = 1.0
    rarity_c: float = 0.1
    word_lift: float = 3.0
    lift_rows: int = 1000
    folds: int = 5
    held_per_1000: float = 12.0
    filed_per_1000: float = 0.2
    honest_source: str = ""
    seed: int = 20_261_122

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe as it stands in a card."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Return the recipe of a card; keys this version does not know are left out."""
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in values.items() if k in known})
