"""Whether this installation can take comments now: one condition for each thing that can fail."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from comment_service.config import data_folder
from comment_service.runtime import Runtime
from comment_service.spam import ArtifactError
from comment_service.spam.model.artifact import check_card
from comment_service.storage.comments import counts
from comment_service.storage.db import condition, outbox
from comment_service.storage.db.session import StorageError
from comment_service.storage.filter import versions

OK, WARNING, PROBLEM = "ok", "warning", "problem"
LEAST_SPACE, LITTLE_SPACE = 64 * 2**20, 512 * 2**20
"""Free bytes below which comments may be lost, and below which the operator should act."""
LATE = timedelta(minutes=10)
"""How long a delivery may be due before the outbox counts as stuck; a training takes minutes."""
CLOCK_SLACK = timedelta(minutes=5)


@dataclass(frozen=True)
class Condition:
    """One thing that was checked. The sentence is safe to show to anybody, the remedy is not."""

    name: str
    status: str
    sentence: str
    remedy: str = ""


def check_all(*, session: Session, runtime: Runtime) -> list[Condition]:
    """Check everything that can keep the service from taking comments."""
    found = list(check_database(session=session))
    if all(one.status != PROBLEM for one in found):
        found += [
            _check_outbox(session, runtime),
            _check_clock(session, runtime),
            *_check_site_models(session),
        ]
    return [*found, check_disk(session, runtime), check_model(runtime), check_worker(runtime)]


def check_database(*, session: Session) -> Iterator[Condition]:
    """Check that the database can be read and written, and has the schema of this program."""
    try:
        schema = condition.schema_state(session)
        if not schema.is_current and not schema.is_newer:
            sentence = (
                f"The schema has version {schema.version or 'none'}, older than this program."
            )
            yield Condition("schema", PROBLEM, sentence, "Run `comment-service db upgrade`.")
            return
        condition.write_and_commit(session)
    except StorageError as error:
        reason = _first_line(error)
        yield Condition("database", PROBLEM, f"The database cannot be written: {reason}", _DATABASE)
        return
    yield Condition("database", OK, "The database can be written.")
    if schema.is_current:
        yield Condition("schema", OK, f"The schema has version {schema.version}.")
    else:
        sentence = f"The schema has version {schema.version}, newer than this program."
        yield Condition("schema", WARNING, sentence, "Finish the upgrade: restart every process.")


_DATABASE = (
    "Free space on the disk, check the permissions of the file and its folder, and that nothing "
    "else (a backup, a shell) holds a lock; for PostgreSQL, that the server runs."
)


def _first_line(error: Exception) -> str:
    """Return the reason of a database error, without statements, addresses and paths."""
    driver = getattr(error, "orig", None)
    lines = str(driver or error).strip().splitlines()
    reason = lines[0] if lines else type(error).__name__
    unreachable = "connection" in reason and driver is not None
    return "the server does not answer." if unreachable else f"{reason.rstrip('.')}."


def check_disk(session: Session, runtime: Runtime) -> Condition:
    """Check the free space where the database and the secret are."""
    file = condition.file_of(session)
    folder = file.parent if file is not None else data_folder(runtime.settings)
    free = _free_bytes(folder)
    if free is None:
        return Condition("disk", OK, "The data folder is not used.")
    sentence = f"{free // 2**20:,} MB are free."
    remedy = f"Free space on the disk of {folder}."
    if free < LEAST_SPACE:
        return Condition("disk", PROBLEM, sentence, remedy)
    return Condition("disk", WARNING if free < LITTLE_SPACE else OK, sentence, remedy)


def _free_bytes(folder: Path) -> int | None:
    return shutil.disk_usage(folder).free if folder.is_dir() else None


def check_model(runtime: Runtime) -> Condition:
    """Check that the shipped spam model is loaded and its files are undamaged."""
    remedy = "Restore the model's folder (COMMENTS_MODEL_PATH), or install the package again."
    if runtime.classifier is None:
        return Condition("model", PROBLEM, "The spam model could not be loaded.", remedy)
    try:
        runtime.classifier.verify()
    except ArtifactError:
        sentence = "The files of the spam model are missing or damaged."
        return Condition("model", PROBLEM, sentence, remedy)
    return Condition("model", OK, f"The spam model {runtime.classifier.model_id} is loaded.")


def _check_site_models(session: Session) -> Iterator[Condition]:
    """Check the cards only: the arrays of many sites are many megabytes."""
    for key, card in versions.active_cards(session):
        try:
            check_card(card, "The active model")
        except ArtifactError as error:
            remedy = f"Open the filter's page of {key}, or run `spam rollback` ({error})."
            sentence = "A site's own spam model cannot be used; its comments are held."
            yield Condition("site_model", WARNING, sentence, remedy)


def _check_outbox(session: Session, runtime: Runtime) -> Condition:
    now = runtime.now()
    oldest, dead = outbox.oldest_due(session, now), outbox.count_dead(session)
    late = now - oldest if oldest is not None else timedelta()
    if late > LATE:
        minutes = int(late.total_seconds() // 60)
        sentence = f"A delivery has been due for {minutes} minutes."
        return Condition("outbox", PROBLEM, sentence, "Check that the worker runs, and its log.")
    if dead:
        sentence = f"{dead} deliveries were given up."
        remedy = "Read `comment-service mail dead`, then run `comment-service mail retry`."
        return Condition("outbox", WARNING, sentence, remedy)
    return Condition("outbox", OK, "No delivery is late.")


def _check_clock(session: Session, runtime: Runtime) -> Condition:
    newest = counts.newest_time(session)
    if newest is not None and newest > runtime.now() + CLOCK_SLACK:
        sentence = "The newest comment is dated in the future."
        return Condition("clock", WARNING, sentence, "Check the system's clock (`timedatectl`).")
    return Condition("clock", OK, "The clock agrees with the newest comment.")


_WORKERS = {
    "here": Condition("worker", OK, "The background worker runs in this process."),
    "elsewhere": Condition("worker", OK, "The background worker runs in another process."),
    "unknown": Condition(
        "worker", OK, "No worker is expected on this machine; late deliveries would be reported."
    ),
    "none": Condition(
        "worker", PROBLEM, "No background worker runs: mails and trainings wait.",
        "Start `comment-service worker`, or set COMMENTS_WORKER=1.",
    ),
}  # fmt: skip


def check_worker(runtime: Runtime) -> Condition:
    """Check that a worker delivers mails and trains."""
    return _WORKERS[runtime.worker_state()]
