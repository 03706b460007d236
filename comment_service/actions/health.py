"""Does the filter still see? Drift of scores and words, calibration, share held; in sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening import shelf
from comment_service.spam.drift import drift
from comment_service.storage import figures

RECENT_DAYS = 7
EARLIER_DAYS = 60
MOST = 2000


@dataclass(frozen=True)
class Health:
    """What the owner should know; ``warnings`` are sentences, empty where all is well.

    ``scores`` is the population stability index of recent scores against earlier ones (above 0.25:
    changed), ``new_words`` the share of recent words that earlier comments did not have;
    ``calibration`` holds (probability said, share that was spam, comments) for each tenth.
    """

    warnings: Sequence[str]
    scores: float
    new_words: float
    calibration: Sequence[tuple[float, float, int]]


def health(*, session: Session, runtime: Runtime, site_id: int) -> Health:
    """Compare the site's last seven days with the sixty before; a missing model is a warning."""
    now = runtime.now()
    recent_since, earlier_since = now - timedelta(RECENT_DAYS), now - timedelta(EARLIER_DAYS)
    recent = figures.scored(session, site_id, recent_since, now, MOST)
    earlier = figures.scored(session, site_id, earlier_since, recent_since, MOST)
    found = drift(
        [score for score, _ in earlier],
        [score for score, _ in recent],
        [text for _, text in earlier],
        [text for _, text in recent],
    )
    return Health(
        warnings=[*_blind(session, runtime, site_id), *found.warnings],
        scores=found.scores,
        new_words=found.new_words,
        calibration=figures.calibration(session, site_id, earlier_since),
    )


def _blind(session: Session, runtime: Runtime, site_id: int) -> list[str]:
    """Return why no model judges, if none does."""
    model, why = shelf.active_or_why(session, runtime, site_id)
    return [] if model else [f"The filter is blind ({why}); every comment waits for a person"]
