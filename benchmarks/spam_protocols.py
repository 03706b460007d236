"""Reproduce the table of docs/spam-model.md: all protocols on the open collections.

``python benchmarks/spam_protocols.py [FOLDER] [--only NAME …] [--json FILE]``; FOLDER defaults to
``../shared/data``. Protocols: chronological, videos, blogs, blogs_without_made, strangers,
languages, debian, speed. The first two train with ``comment-service spam train``, the others as the
shipped model is trained. Models, calibration and thresholds come from the training side of each
split only.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import spam_data
import spam_debian
import spam_disguise
import spam_unseen
from spam_own import OwnModel

from comment_service.spam.features.examples import Example, example_from
from comment_service.spam.features.reading import Reading, read
from comment_service.spam.features.recipe import Recipe
from comment_service.spam.model.metrics import figures
from comment_service.spam.model.policy import probability
from comment_service.spam.training.duplicates import clusters, first_of_clusters
from comment_service.spam.training.folds import SYNTHETIC
from comment_service.spam.training.train import TrainingResult, train

Table = dict[str, dict[str, object]]


@lru_cache(maxsize=100_000)
def reading(text: str, recipe: Recipe) -> Reading:
    """Read a text once for all trainings (cached)."""
    return read(text, recipe)


def fit(examples: Sequence[Example], folds: int = 5, honest_source: str = "") -> TrainingResult:
    """Train with the shipped recipe; fewer folds where many large trainings would take hours."""
    return train(examples, Recipe(folds=folds, honest_source=honest_source), reader=reading)


def blog_fit(examples: Sequence[Example]) -> TrainingResult:
    """Train like the shipped model, with thresholds from blogs' honest comments."""
    return fit(examples, folds=3, honest_source="blog")


def scores(trained: TrainingResult, texts: Sequence[str]) -> np.ndarray:
    """Return probabilities of texts."""
    model = trained.model
    return np.array([probability(model.log_odds(read(text, model.recipe))) for text in texts])


def truth(examples: Sequence[Example]) -> np.ndarray:
    """Return the labels."""
    return np.array([bool(example.spam) for example in examples])


def chronological(examples: Sequence[Example]) -> Table:
    """Per video, train on the first 70 % and test on the rest; each video separately."""
    table: Table = {}
    for name, key in (("by date", lambda e: e.created), ("in file order", lambda e: "")):
        found, spam = [], []
        for video in spam_data.YOUTUBE:
            rows = sorted((e for e in examples if e.group == video), key=key)
            cut = round(0.7 * len(rows))
            early = [replace(e, group="", page="", source="") for e in rows[:cut]]
            found.append(OwnModel(early).by_words([e.text for e in rows[cut:]]))
            spam.append(truth(rows[cut:]))
        # The last 30 % of one video's file are all spam: MCC is undefined for a single label.
        each = [
            _mcc(s, p) if 0 < s.sum() < len(s) else None for s, p in zip(spam, found, strict=True)
        ]
        pooled = _mcc(np.concatenate(spam), np.concatenate(found))
        table[name] = {
            "pooled MCC": pooled,
            "worst video": min(m for m in each if m is not None),
            "videos": each,
        }
    return table


def _mcc(spam: np.ndarray, found: np.ndarray) -> float:
    from sklearn.metrics import matthews_corrcoef

    return round(float(matthews_corrcoef(spam, found >= 0.5)), 3)


def _once(examples: Sequence[Example]) -> list[Example]:
    """Return the first of each cluster of near-duplicates."""
    first = first_of_clusters(clusters([e.text for e in examples]))
    return [e for e, kept in zip(examples, first, strict=True) if kept]


def videos(examples: Sequence[Example]) -> Table:
    """Leave one video out; near-duplicates are removed from the whole collection first."""
    rows = _once([e for e in examples if e.source == "youtube"])
    spam, words, evidence = truth(rows), np.zeros(len(rows)), np.zeros(len(rows))
    disguised: dict[str, np.ndarray] = {}
    for video in spam_data.YOUTUBE:
        out = np.array([e.group == video for e in rows])
        trained = OwnModel([e for e, o in zip(rows, out, strict=True) if not o], "page")
        left_out = [e for e, o in zip(rows, out, strict=True) if o]
        texts, honest = [e.text for e in left_out], [e.text for e in left_out if not e.spam]
        words[out] = trained.by_words(texts)
        evidence[out] = trained.with_evidence(left_out)
        for name, changed in spam_disguise.every(texts, honest).items():
            values = disguised.setdefault(name, np.zeros(len(rows)))
            values[out] = trained.by_words(changed)
    table: Table = {}
    for title, found in (("leave one video out", words), ("… with evidence", evidence)):
        every = figures(spam, found, fit_thresholds())
        table[title] = {k: _short(every[k]) for k in SHOWN}
    plain = float((words[spam] >= 0.5).mean())
    table["loss of recall at 0.5, in points"] = {
        name: round(100 * (plain - float((values[spam] >= 0.5).mean())), 1)
        for name, values in disguised.items()
    }
    return table


SHOWN = ("n", "mcc", "roc_auc", "recall_at_0_5", "recall_at_1", "ece", "f1", "accuracy", "brier")


def fit_thresholds():
    """Return placeholder thresholds for figures that do not use them."""
    from comment_service.spam.model.policy import Thresholds

    return Thresholds(0.5, 0.98)


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def blogs(examples: Sequence[Example], made: Sequence[Example]) -> Table:
    """Leave out a fifth of the blogs and one video, five times."""
    return {"blogs and a video left out": _blogs(examples, made)}


def _blogs(examples: Sequence[Example], made: Sequence[Example]) -> dict[str, object]:
    names = sorted({e.group for e in examples if e.source == "blog"})
    sizes = {name: sum(e.group == name for e in examples) for name in names}
    names.sort(key=lambda name: -sizes[name])
    held: dict[str, tuple[float, float]] = {}
    stopped: list[bool] = []
    total = [0, 0, 0]
    for number, video in enumerate(spam_data.YOUTUBE):
        out = {video, *names[number :: len(spam_data.YOUTUBE)]}
        trained = fit(
            [*(e for e in examples if e.group not in out), *made], folds=3, honest_source="blog"
        )
        limits = trained.thresholds
        for name in sorted(out - {video}):
            values = scores(trained, [e.text for e in examples if e.group == name])
            counts = int((values >= limits.hold_at).sum()), int((values >= limits.spam_at).sum())
            held[name] = (counts[0] / len(values), counts[1] / len(values))
            total = [total[0] + counts[0], total[1] + counts[1], total[2] + len(values)]
        spam = [e.text for e in examples if e.group == video and e.spam]
        stopped += (scores(trained, spam) >= limits.hold_at).tolist()
    large = {name: shares for name, shares in held.items() if sizes[name] >= 100}
    return {
        "pooled held %": round(100 * total[0] / total[2], 3),
        "pooled filed %": round(100 * total[1] / total[2], 3),
        "worst held % (blogs of 100 on)": round(100 * max(h for h, _ in large.values()), 2),
        "worst filed %": round(100 * max(f for _, f in large.values()), 2),
        "YouTube spam stopped %": round(100 * sum(stopped) / len(stopped), 1),
        "each": {n: [round(100 * h, 2), round(100 * f, 2)] for n, (h, f) in held.items()},
    }


def debian(examples: Sequence[Example]) -> Table:
    """SpamAssassin, bogofilter and SpamProbe: leave one video out, without near-duplicates."""
    rows = _once([e for e in examples if e.source == "youtube"])
    return spam_debian.compare(rows, spam_data.YOUTUBE, SHOWN)


def speed(examples: Sequence[Example]) -> Table:
    """Milliseconds of CPU time to score and explain 500 characters with the shipped model."""
    from comment_service.paths import shipped_model
    from comment_service.spam import Classifier

    classifier = Classifier.from_path(shipped_model())
    classifier.warm()
    pool = "\n".join(e.text for e in examples if e.source == "blog")
    times = []
    for start in range(0, 500_000, 500):
        began = time.thread_time()
        classifier.score(pool[start : start + 500])
        times.append(1000 * (time.thread_time() - began))
    median, high = np.percentile(times, [50, 99])
    size = (shipped_model() / "arrays.npz").stat().st_size / 1e6
    shown = {"median ms": round(median, 2), "p99 ms": round(high, 2), "arrays MB": round(size, 2)}
    return {"500 characters": shown}


def main() -> None:
    """Run the selected protocols and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=spam_data.DEFAULT)
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    real = spam_data.rows(arguments.folder)
    made = [example_from(r, "row") for r in spam_data.made_rows(arguments.folder, real)]
    examples = [example_from(row, "row") for row in real]
    assert all(example.source == SYNTHETIC for example in made)
    protocols: dict[str, Callable[[], Table]] = {
        "chronological": lambda: chronological(examples),
        "videos": lambda: videos(examples),
        "blogs": lambda: blogs(examples, made),
        "blogs_without_made": lambda: {"no made spam": _blogs(examples, [])},
        "strangers": lambda: spam_unseen.strangers(examples, made, blog_fit),
        "languages": lambda: spam_unseen.languages(examples, made, blog_fit, scores),
        "debian": lambda: debian(examples),
        "speed": lambda: speed(examples),
    }
    results: dict[str, Table] = {}
    for name in arguments.only or protocols:
        began = time.perf_counter()
        results[name] = protocols[name]()
        print(f"\n{name} ({time.perf_counter() - began:.0f} s)")
        for title, row in results[name].items():
            print(f"  {title}")
            for key, value in row.items():
                print(f"    {key:34} {value}")
        if arguments.json:
            arguments.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
