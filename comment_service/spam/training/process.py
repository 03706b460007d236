"""Train in a process of its own: memory returns to the system, and a crash harms nothing else.

The child reads the labels and the active model from a folder and writes the result there. It prints
its progress, and ends if its parent does.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir
from threading import Thread, Timer
from time import time
from typing import Any

from comment_service.spam.features.examples import ExamplesError
from comment_service.spam.model.artifact import Artifact, ArtifactError, load
from comment_service.spam.model.classifier import Classifier
from comment_service.spam.training.liblinear import load_alone
from comment_service.spam.training.site_trainer import Progress, SiteTrainer, SiteTrainingResult

#: Seconds after which a training is ended.
MAX_SECONDS = 1800
_MODULE = "comment_service.spam.training.process"
#: The folder's prefix, and what is in it.
_PREFIX = "comments-training-"
_LABELS, _CHAMPION, _RESULT, _REPORT = "labels.jsonl", "champion", "result", "report.json"
_ERRORS_FILE = "stderr.txt"
#: Errors of the child that the parent raises again.
_ERRORS = {"ArtifactError": ArtifactError, "ExamplesError": ExamplesError}
#: Several threads for vectors of this kind cost more than they give. glibc returns arrays of 8 MB
#: to the system as soon as they are freed: keeping them costs 30 MB, returning more takes longer.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": "8388608",
}


class TrainingProcessError(RuntimeError):
    """The training process ended without a result; the message has its last words."""


class ProcessTrainer:
    """Run a :class:`SiteTrainer` in a child process.

    Args:
        trainer: what the child runs.
        python: the interpreter; None trains in this process, for servers that embed Python.
    """

    def __init__(self, trainer: SiteTrainer, python: str | None) -> None:
        self.trainer = trainer
        self.python = python

    def train(
        self,
        labels: Iterable[Mapping[str, Any]],
        *,
        total: int,
        champion: Classifier,
        name: str,
        progress: Progress,
        unlabelled: int = 0,
    ) -> SiteTrainingResult:
        """Train a site model; see :meth:`SiteTrainer.train`.

        Raises:
            ArtifactError, ExamplesError: as the trainer does.
            TrainingProcessError: the child ended without a result.
        """
        if self.python is None:
            return self.trainer.train(
                labels,
                total=total,
                champion=champion,
                name=name,
                progress=progress,
                unlabelled=unlabelled,
            )
        _sweep()
        with TemporaryDirectory(prefix=_PREFIX) as place:
            folder = Path(place)
            with (folder / _LABELS).open("w", encoding="utf-8") as lines:
                for label in labels:
                    lines.write(json.dumps(dict(label)) + "\n")
            champion.artifact().save(folder / _CHAMPION)
            numbers = [str(total), str(unlabelled)]
            given = [place, str(self.trainer.base), str(self.trainer.canary), name, *numbers]
            self._run(given, progress)
            report = json.loads((folder / _REPORT).read_text(encoding="utf-8"))
            made = load(folder / _RESULT)
        return SiteTrainingResult(made.card, made.arrays, report["promoted"], report)

    def _run(self, arguments: list[str], progress: Progress) -> None:
        package = Path(__file__).resolve().parents[3]
        path = os.pathsep.join([str(package), *filter(None, [os.environ.get("PYTHONPATH")])])
        errors = Path(arguments[0]) / _ERRORS_FILE
        with (
            errors.open("w", encoding="utf-8") as stderr,
            subprocess.Popen(
                [str(self.python), "-P", "-m", _MODULE, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={**os.environ, **_ENVIRONMENT, "PYTHONPATH": path},
                text=True,
            ) as child,
        ):
            watchdog = Timer(MAX_SECONDS, child.kill)
            watchdog.daemon = True  # the server may end meanwhile
            watchdog.start()
            try:
                for line in child.stdout or ():
                    step, done, of = json.loads(line)
                    progress(step, done, of)
            except BaseException:
                child.kill()
                raise
            finally:
                watchdog.cancel()
        if child.returncode:
            _raise_error(child.returncode, errors.read_text(encoding="utf-8", errors="replace"))


def _raise_error(code: int, words: str) -> None:
    """Raise the child's error again."""
    last = words.strip().rpartition("\n")[2]
    kind, _, message = last.partition(": ")
    if kind in _ERRORS:
        raise _ERRORS[kind](message)
    raise TrainingProcessError(
        f"the training process ended with status {code}: {last or 'no message'}"
    )


def _sweep() -> None:
    """Delete folders that a killed process left behind: they hold texts, names and addresses."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another process trains there, or deletes it too
            if time() - folder.stat().st_mtime > MAX_SECONDS:
                rmtree(folder)


def interpreter() -> str | None:
    """Return the path of the Python interpreter, or None if this process has none of its own.

    In a server that embeds Python, such as uWSGI, ``sys.executable`` is the server.
    """
    here = Path(sys.executable or "")
    if here.name.startswith("python"):
        return str(here)
    beside = Path(sys.exec_prefix) / "bin" / "python3"
    return str(beside) if beside.exists() else None


def _end_with_parent() -> None:
    """End this process when its standard input closes, which happens when the parent ends."""

    def wait() -> None:
        sys.stdin.read()
        os._exit(1)

    Thread(target=wait, daemon=True).start()


def _print_progress() -> Callable[[str, int, int], None]:
    def report(step: str, done: int, total: int) -> None:
        sys.stdout.write(json.dumps([step, done, total]) + "\n")
        sys.stdout.flush()

    return report


def _labels(path: Path) -> Iterable[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def main(folder: str, base: str, canary: str, name: str, *numbers: str) -> None:
    """Train from a folder that :class:`ProcessTrainer` wrote; write the result there."""
    gc.disable()  # the process ends soon, and hardly anything in it refers to itself
    _end_with_parent()
    load_alone()
    place = Path(folder)
    total, unlabelled = map(int, numbers)
    trained = SiteTrainer(Path(base), Path(canary)).train(
        _labels(place / _LABELS),
        total=total,
        unlabelled=unlabelled,
        champion=Classifier.from_path(place / _CHAMPION),
        name=name,
        progress=_print_progress(),
    )
    Artifact(dict(trained.card), trained.arrays).save(place / _RESULT)
    (place / _REPORT).write_text(json.dumps(trained.report), encoding="utf-8")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (ArtifactError, ExamplesError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
