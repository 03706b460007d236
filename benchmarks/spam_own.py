"""Measure what ``comment-service spam train`` makes of a person's own rows.

The protocols ``videos`` and ``chronological`` train through the command itself: rows in a file, the
model in a directory. Texts are scored in two ways: by their words alone, as the table of
docs/spam-model.md always has been, and with the evidence that ``spam evaluate`` counts too.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from io import StringIO
from pathlib import Path

import numpy as np

from comment_service.cli.spam import spam
from comment_service.spam import Classifier
from comment_service.spam.evaluation.evaluate import score_example
from comment_service.spam.features.examples import Example
from comment_service.spam.features.reading import read_tokens
from comment_service.spam.features.submission import Submission
from comment_service.spam.model.artifact import load, unpack
from comment_service.spam.model.linear import TextModel
from comment_service.spam.model.policy import probability
from comment_service.spam.model.scoring import text_log_odds


class OwnModel:
    """A model that the command trained on examples."""

    def __init__(self, examples: Sequence[Example], group: str = "") -> None:
        """Train; ``group`` is the column that stays whole when rows are held out."""
        with tempfile.TemporaryDirectory() as place:
            rows, out = Path(place, "rows.jsonl"), Path(place, "model")
            rows.write_text("".join(json.dumps(_row(e)) + "\n" for e in examples), "utf-8")
            given = ["train", str(rows), "--out", str(out), "--group", group]
            with redirect_stdout(StringIO()):
                spam.main(given, standalone_mode=False)
            artifact = load(out)
        self.model: TextModel = unpack(artifact)
        self.classifier = Classifier.from_artifact(artifact)

    def by_words(self, texts: Sequence[str]) -> np.ndarray:
        """Return the probabilities of texts, from their words alone."""
        found = []
        for text in texts:
            submission = Submission.of(text)
            reading = read_tokens(submission.tokens, self.model.recipe)
            found.append(probability(text_log_odds(self.model, submission, reading)))
        return np.array(found)

    def with_evidence(self, examples: Sequence[Example]) -> np.ndarray:
        """Return the probabilities of comments as ``spam evaluate`` computes them."""
        return np.array([score_example(self.classifier, e).probability for e in examples])


def _row(example: Example) -> dict[str, object]:
    return asdict(example) | {"label": "spam" if example.spam else "ham"}
