"""Synthetic labelled comments, and a model trained on them once."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from comment_service.spam import Classifier, Example, Recipe
from comment_service.spam.training.card import make_artifact
from comment_service.spam.training.train import TrainingResult, train

SPAM = [
    "Check out my {adj} channel and subscribe please http://{site}.example/{n}",
    "Win {adj} casino bonus now, {n} free spins at www.{site}.example",
    "Cheap {adj} pills without prescription, order {n} today",
    "I earn {n} dollars a day from home, ask me how on {site}.example",
]
HAM = [
    "I had the same problem with the {thing}, thanks for the {adj} explanation",
    "On line {n} the {thing} should be closed before it is read again",
    "What a {adj} walk, we saw {n} birds near the old {thing}",
    "Does the {thing} also work with version {n}? Mine crashed this morning",
]
WORDS = {
    "adj": ["great", "lovely", "strange", "simple", "new", "clear"],
    "site": ["alpha", "beta", "gamma", "delta"],
    "thing": ["file", "socket", "bridge", "garden", "parser", "lake"],
}


def make_examples(count: int, seed: int = 7, groups: int = 4) -> list[Example]:
    draw = Random(seed)  # noqa: S311
    examples = []
    for row in range(count):
        spam = row % 2 == 0
        template = draw.choice(SPAM if spam else HAM)
        words = {name: draw.choice(choices) for name, choices in WORDS.items()}
        text = template.format(n=draw.randrange(10, 999), **words)
        examples.append(
            Example(
                text=text,
                spam=spam,
                created=f"2026-01-{1 + row * 27 // count:02}T10:00:00",
                group=f"blog{row % groups}",
                source="tests",
            )
        )
    return examples


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    return Recipe(bits=14)


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    return make_examples(240)


@pytest.fixture(scope="session")
def trained(examples: list[Example], recipe: Recipe) -> TrainingResult:
    return train(examples, recipe)


@pytest.fixture(scope="session")
def model_dir(
    trained: TrainingResult, examples: list[Example], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("model")
    make_artifact("tiny", trained, examples, [{"file": "x", "sha256": "0"}]).save(path)
    return path


@pytest.fixture
def classifier(model_dir: Path) -> Classifier:
    return Classifier.from_path(model_dir)
