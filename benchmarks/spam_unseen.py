"""Test on kinds of spam and languages without any training row: a new site's first day."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from comment_service.spam.features.examples import Example
from comment_service.spam.model.metrics import figures
from comment_service.spam.training.train import TrainingResult

Fit = Callable[[Sequence[Example]], TrainingResult]
Scores = Callable[[TrainingResult, Sequence[str]], np.ndarray]
Table = dict[str, dict[str, object]]

LANGUAGES = ("fr", "pt", "da")


def strangers(
    examples: Sequence[Example], made: Sequence[Example], fit: Fit, scores: Scores
) -> Table:
    """Leave out a whole kind of spam and measure how much of it is stopped."""
    table: Table = {}
    for title, extra in (("without made spam", []), ("with made spam", list(made))):
        row: dict[str, object] = {}
        for source in ("youtube", "sms", "telegram"):
            trained = fit([*(e for e in examples if e.source != source), *extra])
            rows = [e for e in examples if e.source == source]
            spam = np.array([bool(e.spam) for e in rows])
            found = figures(spam, scores(trained, [e.text for e in rows]), trained.thresholds)
            shown = ("roc_auc", "spam_stopped", "ham_held")
            row[source] = {k: None if found[k] is None else round(found[k], 4) for k in shown}
        table[title] = row
    return table


def languages(
    examples: Sequence[Example], made: Sequence[Example], fit: Fit, scores: Scores
) -> Table:
    """Leave out three languages with their synthetic spam; honest held and filed, spam stopped."""
    known = [e for e in [*examples, *made] if e.lang not in LANGUAGES]
    trained = fit(known)
    table: Table = {}
    for language in LANGUAGES:
        honest = [e.text for e in examples if e.lang == language and e.source == "blog"]
        advert = [e.text for e in made if e.lang == language]
        values, stopped = scores(trained, honest), scores(trained, advert)
        limits = trained.thresholds
        table[f"{language}, nothing of it trained on"] = {
            "honest": len(honest),
            "held %": round(100 * float((values >= limits.hold_at).mean()), 2),
            "filed %": round(100 * float((values >= limits.spam_at).mean()), 2),
            "made spam stopped %": round(100 * float((stopped >= limits.hold_at).mean()), 1)
            if advert
            else None,
        }
    return table
