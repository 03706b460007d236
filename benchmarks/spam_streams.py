"""Replay a site's first weeks: a spam attack on an unknown blog, and an unknown language.

``python benchmarks/spam_streams.py [FOLDER] [--only NAME …] [--review all …]``; FOLDER defaults to
``../shared/data``. The base model of each stream was trained without its honest comments and
without its spam. Every comment is scored before its label is known; reviewed comments are learned.
One stream takes one to three minutes for each review policy.

* ``wave``: four months of haacked.com in order; from the sixth week on, the spam of one YouTube
  video per week arrives within four days. Trained as a service does, with the
  promotion gate. ``earlier`` is the same attack on four months of the year before, ``reversed`` the
  first blog with the videos in the reverse order: nothing was chosen on these two.
* ``campaign``: three months of haacked.com; in the second, 70 advertisements of German gardeners
  without links arrive. Trained as a service does; every comment is reviewed.
* ``language``: Telegram's rows in a fixed random order; the base knows no Russian words. Trained
  after every 50 decisions.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
import spam_data
from spam_spun import spin

from comment_service.paths import canary
from comment_service.spam.evaluation.simulation import ReplayPolicy, ReplayResult, simulate
from comment_service.spam.features.examples import Example, example_from, read_examples
from comment_service.spam.features.recipe import Recipe
from comment_service.spam.model.metrics import figures
from comment_service.spam.training.train import TrainingResult, train

#: Comments after which the figures of a wave begin.
FIRST = 200
REVIEWS = ("all", "p:0.1+10%", "uncertain")
WAVE_WEEK, WAVE_DAYS = 6, 4


def base(examples: Sequence[Example]) -> TrainingResult:
    """Train with the shipped recipe and three folds."""
    return train(examples, Recipe(folds=3, honest_source="blog"))


#: First month and month after the last of the honest comments, and the videos in their order.
WAVES = {
    "wave": ("2007-01", "2007-05", spam_data.YOUTUBE),
    "earlier": ("2006-06", "2006-10", spam_data.YOUTUBE),
    "reversed": ("2007-01", "2007-05", spam_data.YOUTUBE[::-1]),
}


def wave(
    name: str, real: Sequence[Example], made: Sequence[Example], reviews: Sequence[str]
) -> None:
    """Print the shares of spam stopped and honest comments held, before and during the attack."""
    known = [e for e in real if e.source != "youtube" and e.group != "haacked.com"]
    trained = base([*known, *made])
    begin, end, videos = WAVES[name]
    honest = [e for e in real if e.group == "haacked.com" and begin <= e.created < end]
    start = date.fromisoformat(honest[0].created[:10])
    stream = sorted([*honest, *_attack(real, start, videos)], key=lambda e: e.created)
    for review in reviews:
        policy = ReplayPolicy("service", review)
        canary_set = list(read_examples([canary()]))
        run = simulate(stream, trained.model, trained.thresholds, policy, canary=canary_set)
        print(f"  {name}, review {review}: {run.labels} looks")
        print(f"    {run.promotions} of {run.retrainings} models promoted")
        spam = np.array([bool(e.spam) for e in stream[FIRST:]])
        values = np.array(run.probabilities[FIRST:])
        found = figures(spam, values, trained.thresholds)
        stopped = np.array([v != "publish" for v in run.verdicts[FIRST:]])
        mcc = float(np.corrcoef(spam, stopped)[0, 1])
        print(f"    after {FIRST} decisions: MCC of the verdicts {mcc:.3f},"
              f" AUC {found['roc_auc']:.3f}, recall at 1 % {found['recall_at_1']:.3f}")  # fmt: skip
        first = start + timedelta(weeks=WAVE_WEEK)
        for number in range(-1, len(videos)):
            since = first + timedelta(weeks=number) if number >= 0 else start
            until = first + timedelta(weeks=number + 1)
            inside = [i for i, e in enumerate(stream) if str(since) <= e.created[:10] < str(until)]
            title = videos[number] if number >= 0 else "before"
            print(f"    {title:24}{shares(stream, run, inside)}")
        later = [i for i, e in enumerate(stream) if e.created[:10] >= str(until)]
        print(f"    {'after':24}{shares(stream, run, later)}")


def _attack(real: Sequence[Example], start: date, videos: Sequence[str]) -> list[Example]:
    """Return each video's spam in order, spread over the first days of its week."""
    found = []
    for number, video in enumerate(videos):
        rows = [e for e in real if e.group == video and e.spam]
        first = start + timedelta(weeks=WAVE_WEEK + number)
        for place, row in enumerate(rows):
            day = first + timedelta(days=WAVE_DAYS * place // len(rows))
            found.append(replace(row, created=f"{day}T12:{place // 60 % 60:02}:{place % 60:02}"))
    return found


_ADVERTS = (
    "{Ihr|Der} {Gärtnermeister|Baumpfleger|Landschaftsbauer} {aus|in} {Kassel|Fulda|Jena|Gera|Ulm}:"
    " {Hecken schneiden|Bäume fällen|Rollrasen verlegen|Teiche anlegen|Wege pflastern} und"
    " {mehr|Winterdienst|Grünschnitt abfahren}, {saubere Arbeit|pünktlich|mit Meisterbrief},"
    " {Termine frei ab Montag|fragen Sie uns|Besichtigung kostet nichts}.",
    "Dachrinne verstopft? {Wir kommen|Unser Trupp kommt} {noch diese Woche|am selben Tag} nach"
    " {Kassel|Fulda|Jena} und {reinigen|erneuern} {Rinnen|Fallrohre|Schneefanggitter}"
    "{.|, auch am Wochenende.}",
)


def campaign(real: Sequence[Example], made: Sequence[Example]) -> None:
    """Print how many of each ten advertisements of an unknown kind are stopped."""
    kinds = ("made-seo", "made-local")
    known = [e for e in real if e.group != "haacked.com"]
    trained = base([*known, *(e for e in made if e.group not in kinds)])
    honest = [e for e in real if e.group == "haacked.com" and "2007-01" <= e.created < "2007-04"]
    draw = Random(5)  # noqa: S311 - no secret is drawn
    adverts = [
        Example(
            text=spin(draw.choice(_ADVERTS), draw),
            spam=True,
            author=f"Betrieb {draw.randrange(90)}",
            created=f"2007-02-{1 + n * 24 // 70:02}T{8 + n % 10:02}:{draw.randrange(60):02}",
        )
        for n in range(70)
    ]
    stream = sorted([*honest, *adverts], key=lambda e: e.created)
    canary_set = list(read_examples([canary()]))
    policy = ReplayPolicy("service", "all")
    run = simulate(stream, trained.model, trained.thresholds, policy, canary=canary_set)
    stopped = [v != "publish" for e, v in zip(stream, run.verdicts, strict=True) if e.spam]
    held = sum(v != "publish" for e, v in zip(stream, run.verdicts, strict=True) if not e.spam)
    tens = [sum(stopped[first : first + 10]) for first in range(0, 70, 10)]
    print(f"  campaign: stopped of each ten {tens}, honest held {held} of {len(honest)}")
    print(f"    {run.promotions} of {run.retrainings} models promoted")


def language(real: Sequence[Example], made: Sequence[Example], reviews: Sequence[str]) -> None:
    """Print the same shares for each 100 comments."""
    other = [e for e in [*real, *made] if e.source != "telegram" and e.lang != "ru"]
    trained = base(other)
    rows = [e for e in real if e.source == "telegram"]
    Random(1).shuffle(rows)  # noqa: S311 - no secret is drawn
    stream = [
        replace(e, created=f"2026-01-01T00:{i // 60:02}:{i % 60:02}") for i, e in enumerate(rows)
    ]
    for review in reviews:
        run = simulate(stream, trained.model, trained.thresholds, ReplayPolicy("every:50", review))
        print(f"  language, review {review}: {run.labels} looks")
        for first in range(0, len(stream), 100):
            inside = range(first, min(first + 100, len(stream)))
            print(f"    comments {first + 1:4} on      {shares(stream, run, inside)}")


def shares(stream: Sequence[Example], run: ReplayResult, places: Sequence[int] | range) -> str:
    """Return a sentence with the results of the spam and honest comments at these indices."""
    parts = []
    for spam, words in ((True, ("stopped", "filed")), (False, ("held", "filed"))):
        rows = [run.verdicts[i] for i in places if bool(stream[i].spam) is spam]
        caught = sum(v != "publish" for v in rows) / max(len(rows), 1)
        filed = sum(v == "spam" for v in rows) / max(len(rows), 1)
        kind = "spam" if spam else "honest"
        parts.append(f"{len(rows):5} {kind}: {caught:6.1%} {words[0]}, {filed:6.1%} {words[1]}")
    return "   ".join(parts)


def main() -> None:
    """Replay the selected streams and print their results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=spam_data.DEFAULT)
    parser.add_argument("--only", nargs="+", default=["wave", "campaign", "language"])
    parser.add_argument("--review", nargs="+", default=REVIEWS, help="review policies")
    arguments = parser.parse_args()
    rows = spam_data.rows(arguments.folder)
    made = [example_from(r, "row") for r in spam_data.made_rows(arguments.folder, rows)]
    real = [example_from(row, "row") for row in rows]
    streams: dict[str, Callable[[], None]] = {
        **{name: partial(wave, name, real, made, arguments.review) for name in WAVES},
        "campaign": lambda: campaign(real, made),
        "language": lambda: language(real, made, arguments.review),
    }
    for name in arguments.only:
        streams[name]()


if __name__ == "__main__":
    main()
