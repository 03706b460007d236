"""Train a site's next model from prepared decisions and compare it with the active model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from comment_service.spam.model.linear import LIMIT, TextModel
from comment_service.spam.model.policy import Thresholds, probability
from comment_service.spam.training.promotion import (
    MAX_CANARY_HELD,
    ModelScores,
    PromotionDecision,
    compare,
    decide,
)
from comment_service.spam.training.site_model import (
    Decision,
    SiteModel,
    decision_log_odds,
    train_site,
)

#: Maximum number of new and of earlier decisions that the models are compared on.
MAX_RECENT, MAX_EARLIER = 400, 1_000


@dataclass(frozen=True)
class Champion:
    """The active model.

    ``decisions`` are at least the new decisions and the ``MAX_EARLIER`` before them, ``canary`` is
    the canary set; both are prepared with the champion's own base. They are the candidate's unless
    the shipped model was replaced meanwhile.
    """

    model: TextModel
    thresholds: Thresholds
    decisions: Sequence[Decision]
    canary: Sequence[Decision]


def train_candidate(
    base: TextModel,
    thresholds: Thresholds,
    decisions: Sequence[Decision],
    canary: Sequence[Decision],
    champion: Champion,
    *,
    new: int,
    unlabelled: int = 0,
) -> tuple[SiteModel, PromotionDecision]:
    """Train a candidate on all decisions; return it with the decision about its promotion.

    On the new decisions, both models are judged by scores of fits that have not seen the decision:
    the champion as it is, the candidate cross-fitted. On the earlier decisions, which both have
    seen, and on the canary set, which neither has, the final fits are compared.

    Args:
        base: the shipped model.
        thresholds: the shipped model's thresholds.
        decisions: prepared with ``base``, oldest first.
        canary: the canary set, prepared with ``base``.
        champion: the active model.
        new: number of newest decisions that the champion has not seen.
        unlabelled: number of published comments that nobody decided about.
    """
    new = min(new, len(decisions))
    candidate = train_site(base, thresholds, decisions, new=new, unlabelled=unlabelled)
    candidate = spare_canary(candidate, canary, thresholds.hold_at)
    rows = min(new, len(candidate.held_out), MAX_RECENT)
    held_out = candidate.held_out[len(candidate.held_out) - rows :].tolist()
    recent = compare(
        _truth(decisions[len(decisions) - rows :]),
        _scores(champion.model, champion.thresholds, _last(champion.decisions, rows)),
        ModelScores(_probabilities(held_out), candidate.thresholds),
    )
    known = decisions[: len(decisions) - new][-MAX_EARLIER:]
    known_to_champion = _last(champion.decisions, len(known) + new)[: len(known)]
    earlier, harm = (
        compare(
            _truth(own),
            _scores(champion.model, champion.thresholds, theirs),
            _scores(candidate.model, candidate.thresholds, own),
        )
        for own, theirs in ((known, known_to_champion), (canary, champion.canary))
    )
    return candidate, decide(recent, earlier, harm)


def spare_canary(candidate: SiteModel, canary: Sequence[Decision], most: float) -> SiteModel:
    """Return a candidate whose hold threshold spares the honest comments of the canary set.

    Args:
        candidate: the model with its own thresholds.
        canary: the canary set.
        most: the threshold above which it is not raised.
    """
    honest = [decision for decision in canary if not decision.spam]
    if len(honest) <= MAX_CANARY_HELD:
        return candidate
    found = _probabilities(decision_log_odds(candidate.model, honest).tolist())
    needed = sorted(found, reverse=True)[MAX_CANARY_HELD] + 1e-4
    own = candidate.thresholds
    hold = round(max(own.hold_at, min(needed, most)), 4)
    limits = Thresholds(hold, max(own.spam_at, round((1 + hold) / 2, 4)))
    return replace(candidate, thresholds=limits)


def _last(decisions: Sequence[Decision], count: int) -> Sequence[Decision]:
    if count > len(decisions):
        raise ValueError(f"{count} decisions are needed, the champion has {len(decisions)}")
    return decisions[len(decisions) - count :]


def _truth(decisions: Iterable[Decision]) -> list[bool]:
    return [decision.spam for decision in decisions]


def _scores(model: TextModel, thresholds: Thresholds, decisions: Sequence[Decision]) -> ModelScores:
    if not decisions:
        return ModelScores([], thresholds)
    return ModelScores(_probabilities(decision_log_odds(model, decisions).tolist()), thresholds)


def _probabilities(log_odds: Iterable[float]) -> list[float]:
    return [probability(min(max(value, -LIMIT), LIMIT)) for value in log_odds]
