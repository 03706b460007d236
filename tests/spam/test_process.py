"""Training in a child process: the same result, progress, and errors as in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from comment_service import paths
from comment_service.spam import ArtifactError, Classifier
from comment_service.spam.training import process
from comment_service.spam.training.process import ProcessTrainer, TrainingProcessError, interpreter
from comment_service.spam.training.site_trainer import SiteTrainer
from tests.spam.conftest import make_examples


def labels(count: int = 40) -> Iterator[Mapping[str, Any]]:
    for number, row in enumerate(make_examples(count, seed=4), 1):
        yield {"id": number, "text": row.text, "spam": row.spam, "created": row.created}


def run(trainer: ProcessTrainer | SiteTrainer, champion: Classifier) -> tuple[Any, list[str]]:
    steps: list[str] = []
    made = trainer.train(
        labels(),
        total=40,
        champion=champion,
        name="site-x",
        progress=lambda step, done, total: steps.append(step),
    )
    return made, steps


@pytest.mark.slow
def test_the_child_returns_what_the_trainer_returns(
    model_dir: Path, classifier: Classifier
) -> None:
    here = SiteTrainer(model_dir, paths.canary())
    expected, _ = run(here, classifier)
    made, steps = run(ProcessTrainer(here, sys.executable), classifier)
    assert made.arrays == expected.arrays
    assert made.card == expected.card
    assert made.card["data"] == {"decisions": 40, "newest": 40}
    assert made.promoted is expected.promoted
    assert made.report["sentence"] == expected.report["sentence"]
    assert {"reading labels", "reading texts", "fitting the model"} <= set(steps)


CHILD = """
import sys
from comment_service.spam.training import process
process._end_with_parent = lambda: None
process.main(*sys.argv[1:])
heavy = {"sklearn", "scipy.stats", "scipy.optimize", "scipy.linalg", "flask", "sqlalchemy"}
print(sorted(heavy & set(sys.modules)), "sklearn.svm._liblinear" in sys.modules)
"""


@pytest.mark.slow
def test_the_child_imports_the_solver_and_no_more_of_scikit_learn(
    model_dir: Path, classifier: Classifier, tmp_path: Path
) -> None:
    lines = "".join(json.dumps(dict(label)) + "\n" for label in labels())
    (tmp_path / "labels.jsonl").write_text(lines, encoding="utf-8")
    classifier.artifact().save(tmp_path / "champion")
    given = [str(tmp_path), str(model_dir), str(paths.canary()), "site-x", "40", "0"]
    ended = subprocess.run(
        [sys.executable, "-c", CHILD, *given], check=True, capture_output=True, text=True
    )
    assert ended.stdout.splitlines()[-1] == "[] True"


@pytest.mark.slow
def test_the_child_raises_the_trainer_s_error(
    model_dir: Path, classifier: Classifier, tmp_path: Path
) -> None:
    broken = SiteTrainer(tmp_path / "nothing", paths.canary())
    with pytest.raises(ArtifactError, match="no model at .*nothing"):
        run(ProcessTrainer(broken, sys.executable), classifier)


@pytest.mark.slow
def test_a_child_that_crashes_is_an_error_with_its_last_words(
    model_dir: Path, classifier: Classifier, tmp_path: Path
) -> None:
    crash = tmp_path / "python3"
    crash.write_text("#!/bin/sh\necho 'Killed by the system' >&2\nexit 9\n")
    crash.chmod(0o755)
    trainer = ProcessTrainer(SiteTrainer(model_dir, paths.canary()), str(crash))
    with pytest.raises(TrainingProcessError, match="status 9: Killed by the system"):
        run(trainer, classifier)


def test_a_failing_progress_report_ends_the_child(
    model_dir: Path, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[str]] = []

    class Recorded(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **given: Any) -> None:
            super().__init__(*args, **given)
            started.append(self)

    def fail(step: str, done: int, total: int) -> None:
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(process.subprocess, "Popen", Recorded)
    trainer = ProcessTrainer(SiteTrainer(model_dir, paths.canary()), sys.executable)
    with pytest.raises(RuntimeError, match="the database is gone"):
        trainer.train(labels(), total=40, champion=classifier, name="site-x", progress=fail)
    assert started[0].returncode is not None


def test_servers_that_embed_python_use_the_interpreter_beside_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(sys, "executable", "/usr/bin/uwsgi")
    monkeypatch.setattr(sys, "exec_prefix", str(tmp_path))
    assert interpreter() is None
    (tmp_path / "bin" / "python3").touch()
    assert interpreter() == str(tmp_path / "bin" / "python3")


@pytest.mark.slow
def test_the_time_limit_does_not_keep_a_server_from_ending(
    model_dir: Path, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[threading.Timer] = []

    class Recorded(threading.Timer):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(process, "Timer", Recorded)
    run(ProcessTrainer(SiteTrainer(model_dir, paths.canary()), sys.executable), classifier)
    assert made[0].daemon
    made[0].join(20)
    assert not made[0].is_alive(), "it is cancelled when the training has ended"


@pytest.mark.slow
def test_a_training_that_hangs_is_ended(
    model_dir: Path, classifier: Classifier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hang = tmp_path / "python3"
    hang.write_text("#!/bin/sh\nexec sleep 600\n")
    hang.chmod(0o755)
    monkeypatch.setattr(process, "MAX_SECONDS", 0.2)
    trainer = ProcessTrainer(SiteTrainer(model_dir, paths.canary()), str(hang))
    with pytest.raises(TrainingProcessError, match="status -9"):
        run(trainer, classifier)


def test_folders_that_a_killed_process_left_are_deleted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(process, "gettempdir", lambda: str(tmp_path))
    old, young, other = (tmp_path / n for n in ("comments-training-a", "comments-training-b", "x"))
    for folder in (old, young, other):
        folder.mkdir()
        (folder / "labels.jsonl").write_text("{}")
    for folder in (old, other):
        os.utime(folder, (0, 0))
    process._sweep()
    assert (old.exists(), young.exists(), other.exists()) == (False, True, True)
