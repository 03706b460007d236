"""Select twenty comments to review first, so that few decisions improve the model most.

It selects comments near the threshold, one per campaign, and a random part of the published ones;
without the random part the measured error rate would be biased (see ``spam/active_learning.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening import model_cache
from comment_service.screening.classifier import thresholds
from comment_service.spam.training.active_learning import Candidate, select_for_review
from comment_service.storage.admin import rules
from comment_service.storage.moderation import queue
from comment_service.storage.tables import Site
from comment_service.text.sentences import staff_sentence

DAYS = 14
MAX_CANDIDATES = 400
"""Maximum candidates to compare, the newest; more would make the page too slow."""


@dataclass(frozen=True)
class ReviewPick:
    """A comment to review, and the reason."""

    comment_id: int
    why: str


def review_first(
    *, session: Session, runtime: Runtime, site: Site, count: int = 20
) -> Sequence[ReviewPick]:
    """Return up to ``count`` undecided comments of a site, in review order."""
    since = runtime.now() - timedelta(days=DAYS)
    rows = queue.undecided(session, site.id, since, MAX_CANDIDATES)
    candidates = [Candidate(key, text, score) for key, text, score in rows]
    model, _why = model_cache.active_model_or_reason(session, runtime, site.id)
    hold_at, _spam_at = thresholds(rules.of_site(runtime.settings, site), model)
    seed = runtime.now().date().toordinal()  # the same selection all day
    picks = select_for_review(candidates, hold_at, count=count, seed=seed)
    return [
        ReviewPick(
            int(str(pick.key)),
            staff_sentence("%(why)s (%(number)s alike)", why=pick.why, number=pick.alike)
            if pick.alike > 1
            else pick.why,
        )
        for pick in picks
    ]
