"""Does the filter still see? Drift of scores and words, calibration, share held; in sentences.

What is read is bounded whatever the number of comments, and no model is loaded for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.spam.drift import drift
from comment_service.storage.filter import figures, versions
from comment_service.storage.filter.figures import Tenth

RECENT_DAYS = 7
EARLIER_DAYS = 60
MOST = 2000
"""Comments of a kind that are read at most, the newest."""
ENOUGH = 30
"""Comments below which no change is told from chance."""


@dataclass(frozen=True)
class Health:
    """What the owner should know; ``warnings`` are sentences, empty where all is well.

    ``scores`` is the population stability index of recent scores against earlier ones (above 0.25:
    changed), ``words`` the Jensen-Shannon distance of the words used (0 to 1), ``new_words`` the
    share of recent words that earlier comments did not have. ``submissions``, ``held`` and
    ``unscored`` count the last day, of at most ``MOST``.
    """

    warnings: Sequence[str]
    blind: bool
    scores: float
    words: float
    new_words: float
    calibration: Sequence[Tenth]
    submissions: int
    held: int
    unscored: int
    recent: int  # scored comments that were compared, with this many earlier ones
    earlier: int

    @property
    def comparable(self) -> bool:
        """Whether there are enough comments before and after to see a change."""
        return min(self.recent, self.earlier) >= ENOUGH

    @property
    def calibration_error(self) -> float:
        """How far what was said is from what was, on average (expected calibration error)."""
        number = sum(tenth.comments for tenth in self.calibration)
        off = sum(abs(tenth.said - tenth.was) * tenth.comments for tenth in self.calibration)
        return off / number if number else 0.0


def health(*, session: Session, runtime: Runtime, site_id: int) -> Health:
    """Compare the site's last seven days with the time before; a missing model is a warning."""
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
    day = figures.lately(session, site_id, now - timedelta(days=1), MOST)
    blind = _blind(session, runtime, site_id)
    return Health(
        warnings=[*blind, *_unscored(*day), *found.warnings],
        blind=bool(blind),
        scores=found.scores,
        words=found.words,
        new_words=found.new_words,
        calibration=figures.calibration(session, site_id, earlier_since, MOST),
        submissions=day[0],
        held=day[1],
        unscored=day[2],
        recent=len(recent),
        earlier=len(earlier),
    )


def _blind(session: Session, runtime: Runtime, site_id: int) -> list[str]:
    """Return why no model judges, if none is there."""
    why = ""
    model_id = versions.active_id(session, site_id)
    if model_id is None and runtime.classifier is None:
        why = runtime.classifier_error or "No spam model is loaded"
    elif model_id is not None and versions.about(session, site_id, model_id) is None:
        why = f"the active model {model_id} is missing"
    return [f"The filter is blind ({why}); every comment waits for a person"] if why else []


def _unscored(submissions: int, _held: int, unscored: int) -> list[str]:
    """Return a warning where the model failed on a submission of the last day."""
    if not unscored:
        return []
    return [
        f"{unscored} of the last day's {submissions} submissions could not be scored: the filter "
        "is blind to them; the log says why"
    ]
