"""Kinds of spam and languages of which no row is trained on: a stranger's first day."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from comment_service.spam.examples import Example
from comment_service.spam.figures import figures
from comment_service.spam.training import Trained

Fit = Callable[[Sequence[Example]], Trained]
Scores = Callable[[Trained, Sequence[str]], np.ndarray]
Table = dict[str, dict[str, object]]

LANGUAGES = ("fr", "pt", "da")


def strangers(
    examples: Sequence[Example], made: Sequence[Example], fit: Fit, scores: Scores
) -> Table:
    """Leave a whole kind of spam out: what is stopped of a campaign nothing like it was seen of."""
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
    """Leave three languages out whole, made spam too: honest held and filed, made spam stopped."""
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
