"""Trains a site's model in the worker: reads labels, tells how far it is, keeps what it made."""

from collections.abc import Callable, Mapping
from time import monotonic

from comment_service.actions.filter import retrain
from comment_service.errors import SetupError
from comment_service.runtime import Runtime
from comment_service.screening import model_cache
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import labels
from comment_service.storage.tables import Site

TELL_SECONDS = 1.0


def train(runtime: Runtime, payload: Mapping[str, object]) -> retrain.Kept:
    """Train the site's next model; it judges at once where the gate lets it.

    Raises:
        SetupError: there is no base model to train upon.
    """
    site_id, actor = int(str(payload["site_id"])), str(payload.get("actor", ""))
    champion = model_cache.active(session(), runtime, site_id)
    if champion is None or runtime.trainer is None:
        raise SetupError(f"There is no model to train upon: {runtime.classifier_error}")
    key = session().get_one(Site, site_id).key.lower().replace("_", "-")
    newest = labels.newest(session(), site_id)
    trained = runtime.trainer.train(
        retrain.lessons(session=session(), site_id=site_id),
        total=sum(labels.count(session(), site_id).values()),
        champion=champion,
        name=f"site-{key}",
        tell=_teller(runtime, payload.get("row_id")),
    )
    with transaction() as current:
        return retrain.keep(
            session=current,
            runtime=runtime,
            site_id=site_id,
            trained=trained,
            newest_label=newest,
            actor=actor,
        )


def _teller(runtime: Runtime, row_id: object) -> Callable[[str, int, int], None]:
    """Return what notes the progress with the order, at most once a second."""
    told = [0.0]

    def tell(step: str, done: int, total: int) -> None:
        if row_id is None or monotonic() - told[0] < TELL_SECONDS:
            return
        told[0] = monotonic()
        with transaction() as current:
            retrain.advance(
                session=current,
                runtime=runtime,
                row_id=int(str(row_id)),
                step=step,
                of=(done, total),
            )

    return tell
