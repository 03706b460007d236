"""Thresholds adjusted to a site's recent decisions."""

from __future__ import annotations

from collections.abc import Sequence

from comment_service.spam.model.policy import HOLD_FLOOR, HONEST_COST, Thresholds, probability

#: Minimum number of honest decisions for own thresholds, and how many recent ones count.
MIN_HONEST = 20
RECENT_HONEST = 1000
#: Honest comments of the site per 1,000 that may be held, or filed as spam without review.
HELD_PER_1000 = 10.0
FILED_PER_1000 = 0.5


def site_thresholds(
    base: Thresholds,
    honest: Sequence[float],
    spam: Sequence[float] = (),
    unlabelled: int = 0,
) -> Thresholds:
    """Return thresholds adjusted to a site's own comments.

    Args:
        base: the base model's thresholds, kept while fewer than 20 honest comments were decided.
        honest: cross-fitted log-odds of the site's honest comments, oldest first.
        spam: the same for its spam.
        unlabelled: number of published comments that nobody decided about; they count as honest
            ones with a low score.

    The hold threshold lets the allowed share of honest comments be held, and at least one. It is
    not raised so far that the spam let through costs more than the honest comments spared, which
    could happen if some spam is labelled honest. The spam threshold is never lower than the base's,
    and higher than the score of nearly every recent honest comment.
    """
    recent = sorted(map(probability, honest[-RECENT_HONEST:]), reverse=True)
    if len(recent) < MIN_HONEST:
        return base
    allowed = max(int((len(recent) + unlabelled) * HELD_PER_1000 / 1000), 1)
    lowest = recent[allowed] + 1e-4 if allowed < len(recent) else base.hold_at
    own = _affordable(base.hold_at, lowest, recent, spam[-RECENT_HONEST:])
    # With few honest comments, blend the site's threshold with the base's.
    share = len(recent) / (len(recent) + 100)
    hold = max(own, HOLD_FLOOR) if own > base.hold_at else share * own + (1 - share) * base.hold_at
    hold = min(max(hold, HOLD_FLOOR), 0.99)
    filed = recent[int(len(recent) * FILED_PER_1000 / 1000)]
    file_at = max(base.spam_at, filed + (1 - filed) * 0.5, (1 + hold) / 2)
    return Thresholds(round(hold, 4), round(min(file_at, 0.9995), 4))


def _affordable(base: float, own: float, honest: Sequence[float], spam: Sequence[float]) -> float:
    """Return the cheapest threshold between the base's and ``own``.

    Args:
        base: the base's threshold.
        own: the site's threshold from its honest comments alone.
        honest: probabilities of honest comments, highest first.
        spam: log-odds of spam.
    """
    if own <= base:
        return own
    caught = [probability(value) for value in spam]
    between = {honest[len(honest) * share // 1000] + 1e-4 for share in (20, 50, 100, 200)}

    def cost(at: float) -> tuple[float, float]:
        held = sum(value >= at for value in honest)
        return HONEST_COST * held + sum(value < at for value in caught), -at

    choices = {base, own, *(at for at in between if base < at < own)}
    return min(choices, key=cost)
