"""Test on kinds of spam and languages without any training row: a new site's first day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

import numpy as np

from comment_service.spam.features.examples import Example
from comment_service.spam.features.reading import read_tokens
from comment_service.spam.features.submission import Submission
from comment_service.spam.model.scoring import score
from comment_service.spam.training.train import TrainingResult

Fit = Callable[[Sequence[Example]], TrainingResult]
Scores = Callable[[TrainingResult, Sequence[str]], np.ndarray]
Table = dict[str, dict[str, object]]

LANGUAGES = ("fr", "pt", "da")


#: Blogs, kind of real spam, and kinds of made spam (of the same or near subjects) that are left
#: out together.
LEFT_OUT = (
    (
        ("haacked.com", "binfalse/binfalse.de"),
        "youtube",
        ("seo", "paper", "promo", "social", "music", "guest", "stream", "crack", "chain", "course"),
    ),
    (
        ("pypy/pypy.org", "jacobworsoe/jacobworsoe-jekyll", "travisdowns/travisdowns.github.io"),
        "sms",
        (
            *("pharma", "scam", "text", "pills", "slim", "cure", "recovery", "loan", "spell"),
            *("prize", "phone", "survey", "dating"),
        ),
    ),
    (
        ("Freddy-DK/freddysblog", "mmistakes/made-mistakes-jekyll"),
        "telegram",
        ("gamble", "chat", "job", "signals", "wallet", "mlm"),
    ),
)
#: Honest comments and spam scored per blog and kind.
SAMPLE = 1000


def strangers(examples: Sequence[Example], made: Sequence[Example], fit: Fit) -> Table:
    """Leave out blogs and a kind of real spam, with and without the made kinds near it."""
    table: Table = {}
    for blogs, source, kinds in LEFT_OUT:
        known = [e for e in examples if e.source != source and e.group not in blogs]
        spam = {source: [e for e in examples if e.source == source and e.spam]}
        honest = {blog: [e for e in examples if e.group == blog] for blog in blogs}
        trained = fit([*known, *made])
        table[f"{source} left out, all made spam known"] = _judged(trained, honest, spam)
        groups = {kind: f"made-{kind}" for kind in kinds}
        trained = fit([*known, *(e for e in made if e.group not in groups.values())])
        spam |= {kind: [e for e in made if e.group == group] for kind, group in groups.items()}
        table[f"{source} and made kinds left out"] = _judged(trained, honest, spam)
    return table


def _judged(
    trained: TrainingResult,
    honest: Mapping[str, Sequence[Example]],
    spam: Mapping[str, Sequence[Example]],
) -> dict[str, object]:
    """Return shares of honest comments held and filed by blog, and of spam stopped by kind."""
    limits = trained.thresholds
    row: dict[str, object] = {"hold_at": limits.hold_at}
    for blog, rows in honest.items():
        values = _scores(trained, rows)
        row[f"honest held, {blog}"] = _share(values >= limits.hold_at)
        row[f"honest filed, {blog}"] = _share(values >= limits.spam_at)
    for kind, rows in spam.items():
        row[f"spam stopped, {kind}"] = _share(_scores(trained, rows) >= limits.hold_at)
    return row


def _scores(trained: TrainingResult, rows: Sequence[Example]) -> np.ndarray:
    """Return the probabilities of at most ``SAMPLE`` rows, with all evidence."""
    chosen = Random(1).sample(list(rows), min(SAMPLE, len(rows)))  # noqa: S311 - no secret is drawn
    found = []
    for row in chosen:
        submission = Submission.of_example(row)
        reading = read_tokens(submission.tokens, trained.model.recipe)
        found.append(score(trained.model, submission, reading))
    return np.array(found)


def _share(flags: np.ndarray) -> str:
    """Return a share in percent with its 95 % bootstrap interval."""
    draws = np.random.default_rng(1).integers(0, len(flags), (500, len(flags)))
    low, high = np.percentile(100 * flags[draws].mean(axis=1), [2.5, 97.5])
    return f"{100 * flags.mean():.2f} % ({low:.2f} to {high:.2f}) of {len(flags)}"


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
