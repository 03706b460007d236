"""Which twenty comments a moderator should look at first, so that few looks teach much.

Near the threshold, one for each campaign, and a random part of what was published by itself: the
last is what keeps a measured error rate honest (see ``spam/picks.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening import model_cache
from comment_service.screening.classifier import thresholds
from comment_service.spam.active_learning import Candidate, picks
from comment_service.storage.admin import rules
from comment_service.storage.moderation import queue
from comment_service.storage.tables import Site

DAYS = 14
MOST = 400
"""Newest candidates compared with one another; more would take longer than a page may."""


@dataclass(frozen=True)
class First:
    """One comment to look at, and why."""

    comment_id: int
    why: str


def review_first(
    *, session: Session, runtime: Runtime, site: Site, count: int = 20
) -> Sequence[First]:
    """Return up to ``count`` undecided comments of a site in the order in which to look at them."""
    since = runtime.now() - timedelta(days=DAYS)
    found = queue.undecided(session, site.id, since, MOST)
    candidates = [Candidate(key, text, score) for key, text, score in found]
    model, _why = model_cache.active_or_why(session, runtime, site.id)
    hold_at, _spam_at = thresholds(rules.of_site(runtime.settings, site), model)
    seed = runtime.now().date().toordinal()  # the same picks all day long
    chosen = picks(candidates, hold_at, count=count, seed=seed)
    return [
        First(
            int(str(pick.key)), f"{pick.why} ({pick.alike} alike)" if pick.alike > 1 else pick.why
        )
        for pick in chosen
    ]
