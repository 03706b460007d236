"""Train the shipped model from the open collections, with identical results on every run.

``python benchmarks/spam_train_base.py [FOLDER] [--out models/base]``; FOLDER defaults to
``../shared/data``. The card names every file read with its SHA-256.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import spam_data
import spam_spun

from comment_service.spam.features.examples import example_from
from comment_service.spam.features.recipe import Recipe
from comment_service.spam.training.card import file_digests, make_artifact
from comment_service.spam.training.train import train

NAME = "base-2026-11"
OUT = Path(__file__).resolve().parents[1] / "models" / "base"
LIMITS = (
    "Right for a blog in English, French, Portuguese or Danish, as a first filter until its own"
    " decisions outweigh it; cautious elsewhere, where it knows few words.",
    "Its spam is from video comments, text messages and chat, and made from our own templates and"
    " a public block list: no real comment that spammed a blog is among it.",
    "It reads text and what came with a comment; who writes, and how often, it does not know.",
    "Commenters' own rights are apart from the collections' licences: no text is shipped.",
)


def main() -> None:
    """Train, print the time, write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=spam_data.DEFAULT)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    real = spam_data.rows(arguments.folder)
    made = spam_spun.rows(arguments.folder, real)
    examples = [example_from(row, "row") for row in [*real, *made]]
    began = time.perf_counter()
    trained = train(examples, Recipe(honest_source="blog"))
    files = file_digests([*spam_data.files(arguments.folder), spam_spun.listing(arguments.folder)])
    artifact = make_artifact(NAME, trained, examples, files, LIMITS)
    artifact.save(arguments.out)
    size = len(artifact.arrays) / 1e6
    print(f"{artifact.model_id}: {len(examples)} comments, {time.perf_counter() - began:.0f} s")
    print(
        f"{size:.2f} MB, hold from {artifact.card['hold_at']}, file from {artifact.card['spam_at']}"
    )


if __name__ == "__main__":
    main()
