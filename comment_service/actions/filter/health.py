"""Filter health: drift of scores and words, calibration, share of held comments, warnings.

The number of rows read is bounded, and no model is loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.spam.evaluation.drift import drift
from comment_service.storage.filter import figures, versions
from comment_service.storage.filter.figures import Tenth
from comment_service.text.sentences import staff_sentence

RECENT_DAYS = 7
EARLIER_DAYS = 60
MAX_COMMENTS = 2000
"""Maximum comments read per period, the newest."""
MIN_COMMENTS = 30
"""Minimum comments per period; with fewer, a change could be chance."""


@dataclass(frozen=True)
class Health:
    """The health of a site's filter; ``warnings`` are sentences, empty if all is well.

    ``scores`` is the population stability index of recent against earlier scores (above 0.25:
    changed), ``words`` the Jensen-Shannon distance of the word distributions (0 to 1),
    ``new_words`` the share of recent words that do not occur in earlier comments. ``submissions``,
    ``held`` and ``unscored`` count the last day, up to ``MAX_COMMENTS`` comments.
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
    recent: int  # number of recent scored comments, compared with ``earlier`` ones
    earlier: int

    @property
    def comparable(self) -> bool:
        """True if both periods have enough comments to detect a change."""
        return min(self.recent, self.earlier) >= MIN_COMMENTS

    @property
    def calibration_error(self) -> float:
        """The mean difference of predicted and actual spam share (expected calibration error)."""
        number = sum(tenth.comments for tenth in self.calibration)
        off = sum(abs(tenth.said - tenth.was) * tenth.comments for tenth in self.calibration)
        return off / number if number else 0.0


def health(*, session: Session, runtime: Runtime, site_id: int) -> Health:
    """Compare the site's last seven days with the time before; a missing model is a warning."""
    now = runtime.now()
    recent_since, earlier_since = now - timedelta(RECENT_DAYS), now - timedelta(EARLIER_DAYS)
    recent = figures.recent_scores(session, site_id, recent_since, now, MAX_COMMENTS)
    earlier = figures.recent_scores(session, site_id, earlier_since, recent_since, MAX_COMMENTS)
    drifted = drift(
        [score for score, _ in earlier],
        [score for score, _ in recent],
        [text for _, text in earlier],
        [text for _, text in recent],
    )
    day = figures.recent_totals(session, site_id, now - timedelta(days=1), MAX_COMMENTS)
    blind = _missing_model_warnings(session, runtime, site_id)
    return Health(
        warnings=[*blind, *_unscored_warnings(*day), *drifted.warnings],
        blind=bool(blind),
        scores=drifted.scores,
        words=drifted.words,
        new_words=drifted.new_words,
        calibration=figures.calibration(session, site_id, earlier_since, MAX_COMMENTS),
        submissions=day[0],
        held=day[1],
        unscored=day[2],
        recent=len(recent),
        earlier=len(earlier),
    )


def _missing_model_warnings(session: Session, runtime: Runtime, site_id: int) -> list[str]:
    """Return a warning if no model is active, with the reason."""
    why = ""
    model_id = versions.active_id(session, site_id)
    if model_id is None and runtime.classifier is None:
        why = runtime.classifier_error or staff_sentence("No spam model is loaded")
    elif model_id is not None and versions.find_without_arrays(session, site_id, model_id) is None:
        why = staff_sentence("the active model %(model)s is missing", model=model_id)
    if not why:
        return []
    return [
        staff_sentence("The filter is blind (%(why)s); every comment waits for a person", why=why)
    ]


def _unscored_warnings(submissions: int, _held: int, unscored: int) -> list[str]:
    """Return a warning if the model failed on submissions of the last day."""
    if not unscored:
        return []
    return [
        staff_sentence(
            "%(unscored)s of the last day's %(submissions)s submissions could not be scored: "
            "the filter is blind to them; the log says why",
            unscored=unscored,
            submissions=submissions,
        )
    ]
