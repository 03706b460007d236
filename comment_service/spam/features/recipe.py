"""Training settings of a model, in one frozen value that is stored in the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """Training settings; docs/spam-model.md shows the comparison that the defaults come from.

    Attributes:
        bits: hashed columns are below ``2 ** bits``.
        shortest, longest: sizes of the character n-grams.
        smoothing: added to each column's count before its log-count ratio is computed.
        window, stride: length and step, in tokens, of the parts of a long comment.
        logistic_c, svm_c, rarity_c: inverse strength of the penalties: of the logistic member, and
            of the two halves of the SVM member.
        word_lift: factor of word columns relative to character n-grams in a model for any site.
        site_word_lift: the same in a model of one site's rows.
        own_rows: whether the model scores comments like those that it learned from, and therefore
            may say anything about a text of a link alone.
        lift_rows: rows from which the full factor applies; with fewer rows, n-grams are more
            reliable.
        folds: number of folds for the cross-fitting behind calibration and thresholds.
        held_per_1000, filed_per_1000: honest comments per 1,000 in held-out groups that may be
            held, or filed as spam without review.
        honest_source: source of the honest comments that set the thresholds; empty for all.
        seed: random seed of everything.
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
    word_lift: float = 1.0
    site_word_lift: float = 3.0
    own_rows: bool = False
    lift_rows: int = 1000
    folds: int = 5
    held_per_1000: float = 10.0
    filed_per_1000: float = 0.2
    honest_source: str = ""
    seed: int = 20_261_122

    def for_own_rows(self) -> Recipe:
        """Return the recipe of a model that scores comments like those that it learns from.

        Its words count more than in a base model, which meets other kinds of spam and other links.
        """
        return replace(self, word_lift=self.site_word_lift, own_rows=True)

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe in the form used in a card."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Return the recipe of a card; keys that this version does not know are ignored."""
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in values.items() if k in known})
