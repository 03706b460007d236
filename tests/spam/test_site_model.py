"""Base and site part: the base alone without decisions, the site's words with many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from math import inf, isnan

import pytest

from comment_service.spam import Classifier, Example, Recipe, Thresholds
from comment_service.spam.features.reading import read
from comment_service.spam.features.submission import Submission
from comment_service.spam.features.tokens import tokenise
from comment_service.spam.model.artifact import pack, unpack
from comment_service.spam.model.linear import neutral_model
from comment_service.spam.model.scoring import BARE_LINK, base_limit, text_log_odds
from comment_service.spam.model.thresholds import site_thresholds
from comment_service.spam.training.site_model import Decision, prepare, prepare_all, train_site
from comment_service.spam.training.stream_sample import DecisionSample
from comment_service.spam.training.train import TrainingResult
from tests.spam.conftest import make_examples

LIMITS = Thresholds(0.7, 0.99)


def decisions(trained: TrainingResult, count: int, **changes: str) -> list[Decision]:
    rows = [replace(e, **changes) for e in make_examples(count, seed=11)]  # type: ignore[arg-type]
    return [prepare(trained.model, row) for row in rows]


def swapped(example: Example) -> Example:
    """Return the example with the opposite label, for a site with opposite taste."""
    return replace(example, spam=not example.spam)


def test_many_comments_are_prepared_like_single_ones(trained: TrainingResult) -> None:
    rows = [replace(row, author=f"Reader {n}") for n, row in enumerate(make_examples(230, seed=2))]
    together = list(prepare_all(trained.model, rows))
    alone = [prepare(trained.model, row) for row in rows]
    read_before = [
        prepare(trained.model, row, read(row.text, trained.model.recipe)) for row in rows
    ]
    for found in (together, read_before):
        assert [asdict(d) | {"columns": d.columns.tolist()} for d in found] == [
            asdict(d) | {"columns": d.columns.tolist()} for d in alone
        ]
    assert list(prepare_all(trained.model, [])) == []


def test_log_odds_are_left_out_where_nothing_needs_them(trained: TrainingResult) -> None:
    rows = make_examples(230, seed=2)
    every = list(prepare_all(trained.model, rows))
    some = list(prepare_all(trained.model, rows, [range(90, 120), range(229, 230)]))
    for place, (whole, part) in enumerate(zip(every, some, strict=True)):
        assert whole.columns.tolist() == part.columns.tolist()
        if place in range(90, 120) or place == 229:
            assert (part.base, part.evidence) == (whole.base, whole.evidence)
        else:
            assert isnan(part.base)
            assert isnan(part.evidence)


def test_without_decisions_the_model_equals_the_base(trained: TrainingResult) -> None:
    site = train_site(trained.model, LIMITS, [])
    assert site.thresholds == LIMITS
    for text in ("win a casino bonus now", "the parser crashed"):
        reading = read(text, trained.model.recipe)
        assert site.model.log_odds(reading) == pytest.approx(trained.model.log_odds(reading))


def test_decisions_of_one_label_only_shift_the_base(trained: TrainingResult) -> None:
    honest = [d for d in decisions(trained, 40) if not d.spam]
    site = train_site(trained.model, LIMITS, honest)
    assert site.model.site is not None
    assert not site.model.site.weights.any()


def test_only_the_site_itself_says_more_about_a_bare_link(trained: TrainingResult) -> None:
    link = "https://green-frogs.example/a"
    reading = read(link, trained.model.recipe)
    assert base_limit(trained.model.recipe, reading.tokens) == BARE_LINK
    bent = replace(trained.model, intercept=trained.model.intercept + 9)
    assert bent.log_odds(reading) > BARE_LINK + 1
    assert prepare(bent, Example(link)).base == BARE_LINK
    nothing = train_site(bent, LIMITS, []).model
    assert text_log_odds(nothing, Submission.of(link), reading) == pytest.approx(BARE_LINK)
    rows = [Example(f"https://green{n}-frogs.example/{n}", spam=True) for n in range(30)]
    rows += [Example(f"The parser on line {n} was closed", spam=False) for n in range(60)]
    site = train_site(bent, LIMITS, [prepare(bent, row) for row in rows]).model
    assert text_log_odds(site, Submission.of(link), reading) > BARE_LINK + 2


@pytest.mark.parametrize(
    ("text", "limited"),
    [
        ("https://a.example", True),
        ("https://a.example https://b.example", True),
        ("👍 https://a.example!", True),
        ("[](https://a.example)", True),
        ("see https://a.example", False),
        ("https://a.example https://b.example https://c.example", False),
        ("https://bit.ly/3abcD", False),
        ("https://casino-online.example", False),
        ("a@b.example", False),
        ("", False),
        ("123", False),
    ],
)
def test_a_bare_link_is_an_address_and_nothing_else(text: str, limited: bool) -> None:
    assert (base_limit(Recipe(), tokenise(text)) < inf) == limited


def test_a_wave_that_fills_a_third_of_the_decisions_condemns_nothing_else(
    trained: TrainingResult,
) -> None:
    honest = iter([e for e in make_examples(700, seed=5) if not e.spam])
    berths = [f"Berth to let on the {w}, up to {n} foot" for n in range(30) for w in ("Exe", "Dee")]
    notes = [f"You explain so clearly, my notes on https://q{n}.example/a" for n in range(75)]
    rows = [next(honest) for _ in range(150)]
    for wave, quiet in ((berths, 30), (notes, 30)):
        for text in wave:
            rows += [Example(text, spam=True), next(honest)]
        rows += [next(honest) for _ in range(quiet)]
    site = train_site(trained.model, LIMITS, [prepare(trained.model, r) for r in rows], new=30)
    assert site.model.site is not None
    assert site.model.site.mix[0] < 2
    for text in ("lol, same here", "You should buy the book"):
        assert site.model.log_odds(read(text, trained.model.recipe)) < 0


def test_many_decisions_outweigh_the_base(trained: TrainingResult) -> None:
    rows = [swapped(e) for e in make_examples(300, seed=5)]
    site = train_site(trained.model, LIMITS, [prepare(trained.model, row) for row in rows])
    spam = read("Thanks, the parser on line 12 should be closed", trained.model.recipe)
    ham = read("Win great casino bonus now, 10 free spins", trained.model.recipe)
    assert trained.model.log_odds(spam) < trained.model.log_odds(ham)
    assert site.model.log_odds(spam) > site.model.log_odds(ham)


def test_twenty_decisions_improve_an_untrained_filter(recipe: Recipe) -> None:
    base = neutral_model(recipe)
    known = [prepare(base, row) for row in make_examples(20, seed=5)]
    site = train_site(base, LIMITS, known)
    spam = site.model.log_odds(read("Win new casino bonus now, 7 free spins", recipe))
    assert spam > site.model.log_odds(read("What a clear walk near the lake", recipe))


def test_author_names_are_learned_by_the_site_part_only(trained: TrainingResult) -> None:
    rows = [
        Example(
            text=f"I was here on day {n}", spam=n % 2 == 0, author="Zed" if n % 2 == 0 else "Al"
        )
        for n in range(80)
    ]
    site = train_site(trained.model, LIMITS, [prepare(trained.model, row) for row in rows])
    classifier = Classifier.from_artifact(pack("site", site.model, site.thresholds, {}))
    zed = classifier.score("I was here on day 99", author="Zed").probability
    assert zed > classifier.score("I was here on day 99", author="Al").probability


def test_a_site_model_survives_packing(trained: TrainingResult) -> None:
    site = train_site(trained.model, LIMITS, decisions(trained, 80))
    again = unpack(pack("site", site.model, site.thresholds, {}))
    reading = read("win a casino bonus now", trained.model.recipe)
    assert again.log_odds(reading) == pytest.approx(site.model.log_odds(reading))


def test_thresholds_follow_the_sites_honest_comments() -> None:
    assert site_thresholds(LIMITS, [0.0] * 5) == LIMITS
    calm = site_thresholds(LIMITS, [-5.0] * 1000)
    assert calm.hold_at < LIMITS.hold_at
    assert calm.spam_at >= LIMITS.spam_at
    lively = site_thresholds(LIMITS, [2.5] * 1000)
    assert lively.hold_at > LIMITS.hold_at
    assert lively.spam_at > lively.hold_at


def test_spam_labelled_honest_does_not_raise_the_hold_threshold() -> None:
    honest, spam = [-5.0] * 950 + [4.0] * 50, [4.0] * 250
    alone = site_thresholds(LIMITS, honest)
    assert alone.hold_at > 0.98
    assert site_thresholds(LIMITS, honest, spam).hold_at < 0.75
    assert site_thresholds(LIMITS, honest, spam[:20]).hold_at == alone.hold_at


def fill(sample: DecisionSample, trained: TrainingResult, words: Iterable[int]) -> None:
    """Add decisions about texts of one word each."""
    one = decisions(trained, 2)[0]
    for at, word in enumerate(words):
        sample.add(replace(one, created=str(at)), read(f"w{word:x}", trained.model.recipe))


def test_sample_keeps_recent_decisions_and_bounds_the_rest(trained: TrainingResult) -> None:
    sample = DecisionSample(recent=10, older=5)
    fill(sample, trained, range(500))
    kept = [int(decision.created) for decision in sample.decisions()]
    assert len(kept) == 15
    assert sample.seen == 500
    assert kept[-10:] == list(range(490, 500))
    assert kept == sorted(kept)


def test_copies_age_out_of_the_count(trained: TrainingResult) -> None:
    sample = DecisionSample(recent=5, older=1)
    fill(sample, trained, (number % 3 for number in range(400)))
    assert len(sample.decisions()) == 6


def test_copies_of_one_label_are_limited(trained: TrainingResult) -> None:
    sample, spam = DecisionSample(), decisions(trained, 2)[0]
    for item in [spam, replace(spam, spam=not spam.spam)] * 30:
        sample.add(item, read("the very same text", trained.model.recipe))
    assert [d.spam for d in sample.decisions()].count(True) == 20
    assert len(sample.decisions()) == 40


def test_decisions_about_held_comments_only_do_not_make_the_filter_blind(
    trained: TrainingResult,
) -> None:
    held = [replace(d, base=1.5, spam=False) for d in decisions(trained, 30)]
    alone = train_site(trained.model, LIMITS, held)
    among_many = train_site(trained.model, LIMITS, held, unlabelled=3000)
    assert alone.model.site is not None and among_many.model.site is not None
    assert alone.model.site.mix[0] < -1.0
    assert among_many.model.site.mix[0] > -0.6
    assert alone.thresholds.hold_at < among_many.thresholds.hold_at <= LIMITS.hold_at


@pytest.mark.slow
def test_wrong_labels_are_set_aside(recipe: Recipe) -> None:
    base = neutral_model(recipe)
    rows = make_examples(200, seed=3)
    wrong = {31, 90, 145, 170}
    known = [prepare(base, swapped(r) if n in wrong else r) for n, r in enumerate(rows)]
    site = train_site(base, LIMITS, known, new=50)
    assert wrong <= set(site.set_aside)
    assert len(site.set_aside) <= 6
    clean = train_site(base, LIMITS, [prepare(base, row) for row in rows], new=50)
    assert clean.set_aside == ()


def test_a_new_kind_of_spam_is_not_set_aside(recipe: Recipe) -> None:
    base = neutral_model(recipe)
    known = [prepare(base, row) for row in make_examples(160, seed=3)]
    texts = [
        f"Unser Betrieb in Ort {n} pflegt Ihren Garten, Angebot {n} anfordern" for n in range(9)
    ]
    campaign = [prepare(base, Example(text=text, spam=True)) for text in texts]
    site = train_site(base, LIMITS, [*known, *campaign], new=len(campaign))
    assert not set(site.set_aside) & set(range(160, 169))


def test_new_decisions_are_scored_by_fits_that_know_all_old_ones(recipe: Recipe) -> None:
    base = neutral_model(recipe)
    old = [prepare(base, row) for row in make_examples(100, seed=3)]
    new = [prepare(base, row) for row in make_examples(6, seed=4)]
    site = train_site(base, LIMITS, [*old, *new], new=6)
    assert len(site.held_out) == 106
    signs = [value > 0 for value in site.held_out[-6:].tolist()]
    assert signs == [decision.spam for decision in new]
    lied = [replace(decision, spam=not decision.spam) for decision in new]
    again = train_site(base, LIMITS, [*old, *lied], new=6).held_out[-6:]
    assert [value > 0 for value in again.tolist()] == signs, "a label has no part in its own score"
