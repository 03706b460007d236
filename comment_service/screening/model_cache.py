"""Load and cache the models of sites.

The id of the active model is read with every submission, as part of its site, so that each worker
on each machine follows a switch at the next submission. A version is immutable, so a cached model
never expires.
"""

import logging
from collections import OrderedDict
from threading import Lock
from time import monotonic

from sqlalchemy.orm import Session

from comment_service.runtime import Classifier, Runtime
from comment_service.storage.db import prepared
from comment_service.storage.filter import versions
from comment_service.storage.tables import Site
from comment_service.text.sentences import staff_sentence

_log = logging.getLogger(__name__)
_WARM_SECONDS = 60.0
_MAX_MODELS = 4
"""Maximum number of models in one process's memory: the active ones and a candidate."""


class ModelCache:
    """The most recently used models of one process."""

    def __init__(self) -> None:
        self._loaded: OrderedDict[str, Classifier] = OrderedDict()
        self._warmed: dict[int, float] = {}
        self._lock = Lock()

    def is_due(self, site_id: int) -> bool:
        """Return True if a site's models were not warmed up in the last ``_WARM_SECONDS``."""
        with self._lock:
            now = monotonic()
            due = now - self._warmed.get(site_id, -_WARM_SECONDS) >= _WARM_SECONDS
            if due:
                self._warmed[site_id] = now
            return due

    def loaded(self, model_id: str) -> Classifier | None:
        """Return a version that is in memory, else None."""
        with self._lock:
            if model_id in self._loaded:
                self._loaded.move_to_end(model_id)
            return self._loaded.get(model_id)

    def get(self, session: Session, runtime: Runtime, model_id: str) -> Classifier | None:
        """Return a version from memory or from the database, or None if it does not exist.

        Raises:
            Exception: the artifact is damaged and cannot be opened.
        """
        found = self.loaded(model_id)
        if found is not None:
            return found
        row = versions.find(session, model_id)
        if row is None or runtime.open_model is None:
            return None
        opened = runtime.open_model(row.card, row.arrays)
        with self._lock:
            self._loaded[model_id] = opened
            while len(self._loaded) > _MAX_MODELS:
                self._loaded.popitem(last=False)
        return opened


def active_model(session: Session, runtime: Runtime, site_id: int) -> Classifier | None:
    """Return a site's active model: its own, else the shipped one.

    Raises:
        LookupError: the active version does not exist.
    """
    site = prepared.get(session, Site, site_id)
    if site is None or site.model_id is None:
        return runtime.classifier
    found = _cache(runtime).get(session, runtime, site.model_id)
    if found is None:
        raise LookupError(f"the active model {site.model_id} is missing")
    return found


def loaded_model(runtime: Runtime, site: Site) -> Classifier | None:
    """Return the active model of a site that was read before, None unless it is in memory."""
    if site.model_id is None:
        return runtime.classifier
    return _cache(runtime).loaded(site.model_id)


def warm(session: Session, runtime: Runtime, site_id: int) -> None:
    """Load a site's active model and its candidate before a transaction blocks all other writers.

    The first score of a process loads libraries and arrays, which takes a second or more. A site is
    looked at again after ``_WARM_SECONDS``.
    """
    cache = _cache(runtime)
    if not cache.is_due(site_id):
        return
    for load in (active_model, candidate_model):
        try:
            model = load(session, runtime, site_id)
            if model is not None:
                model.warm()
        except Exception as error:  # the score fails in the same way, which is logged there
            _log.debug("a spam model could not be loaded: %s", error)


def active_model_or_reason(
    session: Session, runtime: Runtime, site_id: int
) -> tuple[Classifier | None, str]:
    """Return a site's active model, or None and the reason why there is none."""
    try:
        model = active_model(session, runtime, site_id)
    except Exception as error:  # the pages about the model must open whatever its error
        return None, str(error)
    missing = runtime.classifier_error or staff_sentence("No spam model is loaded")
    return model, "" if model else missing


def candidate_model(session: Session, runtime: Runtime, site_id: int) -> Classifier | None:
    """Return the candidate that scores in shadow mode, or None."""
    model_id = versions.candidate_id(session, site_id)
    return _cache(runtime).get(session, runtime, model_id) if model_id else None


def _cache(runtime: Runtime) -> ModelCache:
    """Return the app's model cache; create it on first use."""
    if not isinstance(runtime.model_cache, ModelCache):
        runtime.model_cache = ModelCache()
    return runtime.model_cache
