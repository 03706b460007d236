"""Counts of storage → the owner's page: cards, table, curve and the slider's numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Any

from comment_service.actions import retrain
from comment_service.actions.health import Health
from comment_service.actions.health import health as check_health
from comment_service.screening import shelf
from comment_service.screening.classifier import thresholds
from comment_service.storage import figures, labels, sources, versions
from comment_service.storage.figures import BINS, Histogram
from comment_service.storage.session import session
from comment_service.storage.tables import Model, Site, Switch
from comment_service.web.context import runtime

DAYS = 90
ROWS = (1, 2, 5, 10, 20, 50)
"""Honest comments wrongly held per month for which the table beside the curve has a row."""


@dataclass(frozen=True)
class WhatIf:
    """What one threshold would have meant, by the counts of the last ninety days."""

    threshold: float
    honest_held: float  # a month
    spam_through: float  # a month
    looks: float  # a week


@dataclass(frozen=True)
class Slider:
    """What another threshold would have done: one point a step, a table, a curve."""

    points: Sequence[WhatIf]
    now: int  # the step that is in force
    table: Sequence[WhatIf]
    curve: str  # points of the SVG's polyline


@dataclass(frozen=True)
class ModelPage:
    """What the owner's page shows."""

    moderator: str
    site: Site
    model_id: str
    card: Mapping[str, Any]
    problem: str
    hold_at: float
    spam_at: float
    slider: Slider
    confusion: Mapping[tuple[str, str], int]
    wrongly_held: int  # corrected by moderators
    let_through: int
    days: Sequence[tuple[str, int, int]]
    versions: Sequence[Model]
    switches: Sequence[Switch]
    labels: Mapping[str, int]
    sources: Sequence[tuple[str, str, int, int]]
    training: Mapping[str, object]
    health: Health

    @property
    def trainable(self) -> bool:
        """Whether there is enough to learn from."""
        return retrain.can_learn(self.labels)


def view(site: Site, moderator: str) -> ModelPage:
    """Return the page of a site; a fixed number of queries."""
    state, db = runtime(), session()
    now = state.now()
    since = now - timedelta(days=DAYS)
    model, problem = shelf.active_or_why(db, state, site.id)
    hold_at, spam_at = thresholds(state, model)
    wrongly_held, let_through = figures.corrected(db, site.id, since)
    return ModelPage(
        moderator=moderator,
        site=site,
        model_id=model.model_id if model else "",
        card=model.card if model else {},
        problem=problem,
        hold_at=hold_at,
        spam_at=spam_at,
        slider=_slider(figures.histogram(db, site.id, since, now), hold_at),
        confusion=figures.confusion(db, site.id, since),
        wrongly_held=wrongly_held,
        let_through=let_through,
        days=figures.held_by_day(db, site.id, _weeks_ago(now)),
        versions=versions.of_site(db, site.id),
        switches=versions.switches(db, site.id, limit=10),
        labels=labels.count(db, site.id),
        sources=[
            (s.source, s.actor, s.labels, s.in_force)
            for s in sources.load(db, site.id, after=None, limit=50)[0]
        ],
        training=retrain.progress(session=db, site_id=site.id),
        health=check_health(session=db, runtime=state, site_id=site.id),
    )


def _slider(counts: Histogram, hold_at: float) -> Slider:
    points = what_if(counts)
    return Slider(points, min(int(hold_at * BINS), BINS - 1), _rows(points), _curve(points))


def _weeks_ago(now: datetime) -> datetime:
    return now - timedelta(days=28)


def what_if(counts: Histogram) -> list[WhatIf]:
    """Return for each step of the slider what holding from there would have meant."""
    months, weeks = counts.days / 30, counts.days / 7
    honest, spam = sum(counts.honest), sum(counts.spam)
    points = []
    for step in range(BINS):
        held, caught = sum(counts.honest[step:]), sum(counts.spam[step:])
        points.append(
            WhatIf(
                threshold=step / BINS,
                honest_held=round(held / months, 1),
                spam_through=round((spam - caught) / months, 1),
                looks=round((held + caught) / weeks, 1),
            )
        )
    return points if honest + spam else []


def _rows(points: Sequence[WhatIf]) -> list[WhatIf]:
    """Return the lowest threshold that keeps within each number of honest held a month."""
    found = []
    for allowed in ROWS:
        fitting = [point for point in points if point.honest_held <= allowed]
        if fitting and fitting[0] not in found:
            found.append(fitting[0])
    return found


def _curve(points: Sequence[WhatIf]) -> str:
    """Return the curve of spam let through (upwards) over honest held (rightwards), 0 to 100.

    Both axes show square roots: what matters is near their beginning.
    """
    most_held = max((point.honest_held for point in points), default=0) or 1
    most_spam = max((point.spam_through for point in points), default=0) or 1
    places = [
        f"{100 * sqrt(p.honest_held / most_held):.1f},"
        f"{100 - 100 * sqrt(p.spam_through / most_spam):.1f}"
        for p in points
    ]
    return " ".join(dict.fromkeys(places))
