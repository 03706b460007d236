"""Context evidence: each piece has the right sign; unknown pieces have no weight."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comment_service.spam import Classifier, Recipe
from comment_service.spam.evaluation.replay_context import PUBLISHED, SPAM, ReplayContext
from comment_service.spam.evaluation.simulation import ReplayPolicy, simulate
from comment_service.spam.features.context import CONTEXT_FEATURES, context_reasons
from comment_service.spam.features.examples import Example
from comment_service.spam.features.submission import Submission
from comment_service.spam.model.linear import neutral_model
from comment_service.spam.model.policy import Thresholds

TEXT = "The second chapter explains the knot better, look at https://ropes.example/knots"


def weights(text: str = TEXT, **known: float) -> dict[str, float]:
    found = context_reasons(Submission.of(text), known)
    assert all(reason.sentence for reason in found)
    return {reason.name: reason.weight for reason in found}


def test_unknown_context_has_no_weight() -> None:
    assert weights() == {}
    assert weights(**dict.fromkeys(CONTEXT_FEATURES - {"seconds"}, 0)) == {}


@pytest.mark.parametrize(
    ("known", "name", "towards_spam"),
    [
        ({"author_published": 3}, "author_published", False),
        ({"author_spam": 1, "author_published": 9}, "author_spam", True),
        ({"name_websites": 3}, "name_websites", True),
        ({"campaign_spam": 4, "campaign_honest": 1}, "campaign", True),
        ({"campaign_honest": 2}, "campaign", False),
        ({"other_pages": 2}, "repeated", True),
        ({"domain_spam": 1}, "domain_spam", True),
        ({"domain_honest": 2}, "domain_known", False),
        ({"honeypot": 1}, "honeypot", True),
        ({"seconds": 0.8}, "haste", True),
        ({"seconds": 60}, "leisure", False),
        ({"other_script": 1}, "other_script", True),
    ],
)
def test_each_piece_has_its_sign(known: dict[str, float], name: str, towards_spam: bool) -> None:
    found = weights(**known)
    assert set(found) == {name}
    assert (found[name] > 0) is towards_spam


def test_weights_grow_with_counts_up_to_a_limit() -> None:
    one, many, most = (weights(author_published=n)["author_published"] for n in (1, 7, 10_000))
    assert one > many > most == -2.0
    assert weights(campaign_spam=1)["campaign"] < weights(campaign_spam=500)["campaign"] == 5.0


def test_score_changes_by_the_weight_and_has_a_reason(
    recipe: Recipe, classifier: Classifier
) -> None:
    plain = classifier.score(TEXT)
    known = classifier.score(TEXT, known={"domain_spam": 3})
    assert known.probability > plain.probability
    assert "domain_spam" in {reason.name for reason in known.reasons}
    assert known.features != plain.features == classifier.score(TEXT).features


def copy(number: int, spam: bool, text: str = TEXT) -> Example:
    author = f"Guest {number}"
    return Example(text=text, spam=spam, author=author, created=f"2026-01-{number:02}")


def test_replay_counts_authors_campaigns_and_domains() -> None:
    memory = ReplayContext()
    first = copy(1, spam=True)
    memory.add(first, Submission.of_example(first), SPAM)
    second = replace(first, author="Someone else")
    known = memory.known(second, Submission.of_example(second))
    assert (known["campaign_spam"], known["domain_spam"], known["author_spam"]) == (1, 1, 0)
    memory.add(second, Submission.of_example(second), PUBLISHED)
    known = memory.known(first, Submission.of_example(first))
    assert (known["author_spam"], known["campaign_honest"]) == (1, 1)


def test_copies_are_stopped_before_any_retraining(recipe: Recipe) -> None:
    wave = [copy(n, spam=True) for n in range(1, 9)]
    run = simulate(
        wave, neutral_model(recipe), Thresholds(0.6, 0.98), ReplayPolicy("every:100", "all")
    )
    assert run.retrainings == 0
    assert run.verdicts[0] == "publish"
    assert set(run.verdicts[2:]) <= {"hold", "spam"}
