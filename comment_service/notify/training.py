"""Train a site's model in the worker: read the labels, record progress, store the result."""

from collections.abc import Callable, Mapping
from time import monotonic

from comment_service.actions.filter import retrain
from comment_service.errors import SetupError
from comment_service.runtime import Runtime
from comment_service.screening import model_cache
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import labels
from comment_service.storage.tables import Site

PROGRESS_SECONDS = 1.0


def train(runtime: Runtime, payload: Mapping[str, object]) -> retrain.StoredVersion:
    """Train the site's next model; it goes live immediately if the promotion gate allows it.

    Raises:
        SetupError: there is no base model.
    """
    site_id, actor = int(str(payload["site_id"])), str(payload.get("actor", ""))
    champion = model_cache.active_model(session(), runtime, site_id)
    if champion is None or runtime.trainer is None:
        raise SetupError(f"There is no base model to train on: {runtime.classifier_error}")
    key = session().get_one(Site, site_id).key.lower().replace("_", "-")
    newest = labels.newest_id(session(), site_id)
    trained = runtime.trainer.train(
        retrain.training_examples(session=session(), site_id=site_id),
        total=sum(labels.count(session(), site_id).values()),
        champion=champion,
        name=f"site-{key}",
        progress=_progress_recorder(runtime, payload.get("row_id")),
        unlabelled=labels.count_unlabelled(session(), site_id),
    )
    with transaction() as current:
        return retrain.store_version(
            session=current,
            runtime=runtime,
            site_id=site_id,
            trained=trained,
            newest_label=newest,
            actor=actor,
        )


def _progress_recorder(runtime: Runtime, row_id: object) -> Callable[[str, int, int], None]:
    """Return a callback that records progress in the outbox row, at most once a second."""
    recorded = [0.0]

    def record(step: str, done: int, total: int) -> None:
        if row_id is None or monotonic() - recorded[0] < PROGRESS_SECONDS:
            return
        recorded[0] = monotonic()
        with transaction() as current:
            retrain.record_progress(
                session=current,
                runtime=runtime,
                row_id=int(str(row_id)),
                step=step,
                of=(done, total),
            )

    return record
