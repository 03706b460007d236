"""Which model judges a site: followed within one submission, loaded once a process.

A site's pointer is read with every submission, so that each worker on each machine follows a
switch at the next one. A version is immutable; what was loaded under its id stays right.
"""

from collections import OrderedDict
from threading import Lock

from sqlalchemy.orm import Session

from comment_service.runtime import Classifier, Runtime
from comment_service.storage.filter import versions

_KEPT = 4
"""Models kept in memory by one process: the active ones and a candidate."""


class Shelf:
    """The loaded models of one process, the most recently used."""

    def __init__(self) -> None:
        self._loaded: OrderedDict[str, Classifier] = OrderedDict()
        self._lock = Lock()

    def get(self, session: Session, runtime: Runtime, model_id: str) -> Classifier | None:
        """Return a version from memory or from the database; None where it does not exist.

        Raises:
            Exception: what opening the artifact raises; it is damaged.
        """
        with self._lock:
            if model_id in self._loaded:
                self._loaded.move_to_end(model_id)
                return self._loaded[model_id]
        row = versions.find(session, model_id)
        if row is None or runtime.open_model is None:
            return None
        opened = runtime.open_model(row.card, row.arrays)
        with self._lock:
            self._loaded[model_id] = opened
            while len(self._loaded) > _KEPT:
                self._loaded.popitem(last=False)
        return opened


def active(session: Session, runtime: Runtime, site_id: int) -> Classifier | None:
    """Return the model that judges a site: its own, else the one that ships.

    Raises:
        LookupError: the site's pointer names a version that is not there.
    """
    model_id = versions.active_id(session, site_id)
    if model_id is None:
        return runtime.classifier
    found = _shelf(runtime).get(session, runtime, model_id)
    if found is None:
        raise LookupError(f"the active model {model_id} is missing")
    return found


def active_or_why(
    session: Session, runtime: Runtime, site_id: int
) -> tuple[Classifier | None, str]:
    """Return the model that judges a site, or None with the reason why none does."""
    try:
        model = active(session, runtime, site_id)
    except Exception as error:  # whatever is wrong with it, the pages about it must open
        return None, str(error)
    return model, "" if model else runtime.classifier_error or "No spam model is loaded"


def candidate(session: Session, runtime: Runtime, site_id: int) -> Classifier | None:
    """Return the candidate that is scored in the shadow, if there is one."""
    model_id = versions.candidate_id(session, site_id)
    return _shelf(runtime).get(session, runtime, model_id) if model_id else None


def _shelf(runtime: Runtime) -> Shelf:
    """Return this app's shelf."""
    if not isinstance(runtime.shelf, Shelf):
        runtime.shelf = Shelf()
    return runtime.shelf
