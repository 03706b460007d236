"""Build the filter page: cards, tables and the threshold slider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import g

from comment_service.actions.filter import retrain
from comment_service.actions.filter.health import Health
from comment_service.actions.filter.health import health as check_health
from comment_service.screening import model_cache
from comment_service.screening.classifier import thresholds
from comment_service.storage.admin import rights, rules
from comment_service.storage.db.session import session
from comment_service.storage.filter import figures, labels, sources, versions
from comment_service.storage.filter.sources import Source
from comment_service.storage.tables import Forgetting, Model, Site, Switch
from comment_service.web.filter.thresholds import Slider, slider
from comment_service.web.http.context import runtime

DAYS = 90
ROWS_SHOWN = 5
"""Rows of each list on the page itself; the list's own page has the rest."""


@dataclass(frozen=True)
class Lists:
    """The newest rows of each list, and which lists have more."""

    versions: Sequence[Model]
    switches: Sequence[Switch]
    sources: Sequence[Source]
    forgotten: Sequence[Forgetting]
    revocable: frozenset[int]  # removals that can be undone
    more: frozenset[str]  # names of the lists with more rows


@dataclass(frozen=True)
class Candidate:
    """The newest version that is scored beside the active model without deciding."""

    version: Model
    seen: int
    flips: int

    @property
    def trials(self) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """The comparison before activation: the test set's name and both models' figures on it."""
        reports = [(name, self.version.report.get(name)) for name in ("recent", "canary")]
        return [(name, result) for name, result in reports if result and result.get("rows")]


@dataclass(frozen=True)
class ModelPage:
    """The content of the filter page."""

    site: Site
    sites: Sequence[Site]
    model_id: str
    card: Mapping[str, Any]
    problem: str
    hold_at: float
    spam_at: float
    slider: Slider
    confusion: Mapping[tuple[str, str], int]
    wrongly_held: int  # corrected by moderators
    let_through: int
    days: Sequence[tuple[date, int, int]]
    candidate: Candidate | None
    lists: Lists
    labels: Mapping[str, int]
    training: Mapping[str, object]
    health: Health

    @property
    def follows_model(self) -> bool:
        """True if the model chooses the review threshold, not a rule."""
        return not rules.of_site(runtime().settings, self.site).hold_at

    @property
    def trainable(self) -> bool:
        """True if there are enough labels to train."""
        return retrain.has_enough_labels(self.labels)

    @property
    def said(self) -> Sequence[str]:
        """The filter decisions that have a row in the confusion table."""
        known = ("published", "pending", "spam")
        return [*known, *(["rejected"] if any(s == "rejected" for s, _ in self.confusion) else [])]


def since(now: datetime) -> datetime:
    """Return the start of the page's ninety days."""
    return now - timedelta(days=DAYS)


def model_page(site: Site) -> ModelPage:
    """Return the page of a site, with a fixed number of queries."""
    state, db = runtime(), session()
    now = state.now()
    begin = since(now)
    model, problem = model_cache.active_model_or_reason(db, state, site.id)
    hold_at, spam_at = thresholds(rules.of_site(state.settings, site), model)
    wrongly_held, let_through = figures.count_corrections(db, site.id, begin)
    return ModelPage(
        site=site,
        sites=rights.allowed_sites(db, g.rights.owned),
        model_id=model.model_id if model else "",
        card=model.card if model else {},
        problem=problem,
        hold_at=hold_at,
        spam_at=spam_at,
        slider=slider(figures.histogram(db, site.id, begin, now), hold_at),
        confusion=figures.confusion(db, site.id, begin),
        wrongly_held=wrongly_held,
        let_through=let_through,
        days=figures.held_by_day(db, site.id, now - timedelta(days=28)),
        candidate=_candidate(site),
        lists=_lists(site),
        labels=labels.count(db, site.id),
        training=retrain.progress(session=db, site_id=site.id),
        health=check_health(session=db, runtime=state, site_id=site.id),
    )


def _candidate(site: Site) -> Candidate | None:
    model_id = versions.candidate_id(session(), site.id)
    version = versions.find_without_arrays(session(), site.id, model_id) if model_id else None
    if version is None:
        return None
    return Candidate(version, *figures.count_shadow_scores(session(), version.id))


def _lists(site: Site) -> Lists:
    """Return the newest rows of each list."""
    db = session()
    found_versions, more_versions = versions.versions_page(
        db, site.id, before=None, limit=ROWS_SHOWN
    )
    switches, more_switches = versions.switches(db, site.id, before=None, limit=ROWS_SHOWN)
    found_sources, more_sources = sources.load_sources(db, site.id, after=None, limit=ROWS_SHOWN)
    forgotten, more_forgotten = sources.retractions(db, site.id, before=None, limit=ROWS_SHOWN)
    following = {
        "versions": more_versions,
        "switches": more_switches,
        "sources": more_sources,
        "forgotten": more_forgotten,
    }
    return Lists(
        versions=found_versions,
        switches=switches,
        sources=found_sources,
        forgotten=forgotten,
        revocable=sources.reversible(db, site.id),
        more=frozenset(name for name, follows in following.items() if follows),
    )
