"""The filter's public interface."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from comment_service.spam import ArtifactError, Classifier, Example, Recipe
from comment_service.spam.features.reading import read, to_matrix
from comment_service.spam.model.classifier import ReadText
from comment_service.spam.model.linear import neutral_model
from comment_service.spam.training.train import TrainingResult
from tests.spam.conftest import make_examples


def test_spam_scores_above_honest_comments(classifier: Classifier) -> None:
    spam = classifier.score("Please subscribe to my great channel http://alpha.example/1")
    ham = classifier.score("The parser crashed on my file too, thanks for the explanation")
    assert spam.probability > classifier.hold_at > ham.probability
    assert spam.model == classifier.model_id
    assert spam.milliseconds > 0


def test_disguise_does_not_help(classifier: Classifier) -> None:
    plain = classifier.score("subscribe to my channel, free casino bonus")
    for text in (
        "ѕubѕсrіbе to mу сhаnnеl, frее саѕіnо bоnuѕ",
        "𝐬𝐮𝐛𝐬𝐜𝐫𝐢𝐛𝐞 to 𝐦𝐲 channel, 𝐟𝐫𝐞𝐞 casino bonus",
        "sub\u200bscribe to my chan\u200bnel, fr33 ca\u00adsino b0nus",
    ):
        assert classifier.score(text).probability == pytest.approx(plain.probability, abs=1e-6)


def test_reasons_point_at_the_words_as_typed(classifier: Classifier) -> None:
    text = "Hello. Win a сasino b0nus now, 50 free spins"
    reasons = classifier.score(text).reasons
    assert reasons
    assert len(reasons) <= 8
    weights = [abs(reason.weight) for reason in reasons]
    assert weights == sorted(weights, reverse=True)
    spam = next(r for r in reasons if r.name == "words" and r.weight > 0)
    start, end = spam.spans[0]
    assert " ".join(text[start:end].split()) in spam.sentence


def test_the_worst_part_of_a_long_comment_counts(trained: TrainingResult) -> None:
    model = replace(trained.model, slopes=(0.02, 0.2), excess=0.5)
    honest = " ".join(e.text for e in make_examples(60, seed=3) if not e.spam)
    padded = f"{honest} Check out my great channel and subscribe http://alpha.example {honest}"
    reading = read(padded, model.recipe)
    whole = model.joined(reading.columns())
    worst = max(model.joined(part) for part in reading.windows(model.recipe))
    assert worst > whole
    assert model.log_odds(reading) == pytest.approx(whole + 0.5 * (worst - whole))


def test_scoring_a_row_equals_scoring_in_training(
    classifier: Classifier, trained: TrainingResult, examples: list[Example]
) -> None:
    model = trained.model
    readings = [read(example.text, model.recipe) for example in examples[:40]]
    matrix = to_matrix([reading.columns() for reading in readings], model.recipe.bits)
    roots = np.sqrt(np.diff(matrix.indptr))
    logistic = matrix @ model.weights[0] + model.biases[0]
    svm = (matrix @ model.weights[1]) / roots + model.biases[1]
    joined = model.intercept + model.slopes[0] * logistic + model.slopes[1] * svm
    for reading, expected in zip(readings, joined, strict=True):
        assert model.joined(reading.columns()) == pytest.approx(expected, abs=1e-4)
        by_token = model.by_token(reading).sum()
        fixed = model.intercept + sum(
            s * b for s, b in zip(model.slopes, model.biases, strict=True)
        )
        assert by_token + fixed == pytest.approx(expected, abs=1e-3)


def test_the_weight_of_a_pair_is_divided_between_both_words() -> None:
    recipe = Recipe(bits=14)
    model = neutral_model(recipe)
    reading = read("check out pills", recipe)
    weights = np.zeros_like(model.weights)
    for gap, pairs in reading.pairs():
        weights[0, reading.ids[pairs]] = 2.0 * gap
    by_token = replace(model, weights=weights, slopes=(1.0, 0.0)).by_token(reading)
    assert by_token.tolist() == pytest.approx([1.0 + 2.0, 1.0 + 1.0, 2.0 + 1.0])


@pytest.mark.parametrize("text", ["", " ", "\n", "👍", "\u200b", "日本語のコメント", "a" * 50_000])
def test_odd_texts_are_scored(classifier: Classifier, text: str) -> None:
    assert 0.0 < classifier.score(text).probability < 1.0


def test_absent_evidence_is_neutral(classifier: Classifier) -> None:
    text = "The parser crashed on my file"
    alone = classifier.score(text).probability
    assert classifier.score(text, author="Maria Silva").probability == alone
    assert classifier.score(text, email="maria@example.org").probability == alone
    assert classifier.score(text, url="https://maria.example/").probability == alone


def test_a_name_that_is_a_search_phrase_counts(classifier: Classifier) -> None:
    text = "Nice walk, I liked it"
    found = classifier.score(text, author="best payday loans online")
    assert found.probability > classifier.score(text, author="Ann").probability
    assert "author_keyword_name" in [reason.name for reason in found.reasons]


def test_threads_can_share_a_classifier(model_dir: Path) -> None:
    classifier = Classifier.from_path(model_dir)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: classifier.score("win a casino bonus"), range(64)))
    assert len({score.probability for score in found}) == 1


def test_missing_model_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no model at .*spam train"):
        Classifier.from_path(tmp_path / "nowhere")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": "x"}'])
def test_broken_card_names_the_remedy(tmp_path: Path, content: str) -> None:
    (tmp_path / "card.json").write_text(content)
    with pytest.raises(ArtifactError, match="spam train"):
        Classifier.from_path(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"hold_at": float("nan")},
        {"spam_at": float("inf")},
        {"hold_at": 0.9, "spam_at": 0.5},
        {"hold_at": 0},
        {"spam_at": 1.5},
        {"hold_at": "often"},
        {"biases": [0.1]},
        {"biases": [0.1, float("nan")]},
        {"slopes": [1, float("-inf")]},
        {"intercept": None},
        {"excess": float("nan")},
    ],
    ids=str,
)
def test_card_with_impossible_numbers_is_refused(
    model_dir: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    card = json.loads((model_dir / "card.json").read_text())
    (tmp_path / "card.json").write_text(json.dumps({**card, **change}))
    with pytest.raises(ArtifactError, match="spam train"):
        Classifier.from_path(tmp_path)


def test_damage_is_found_while_the_model_is_loaded(model_dir: Path, tmp_path: Path) -> None:
    for name in ("card.json", "arrays.npz"):
        (tmp_path / name).write_bytes((model_dir / name).read_bytes())
    classifier = Classifier.from_path(tmp_path)
    classifier.warm()
    classifier.verify()
    (tmp_path / "arrays.npz").write_bytes((model_dir / "arrays.npz").read_bytes()[:1000])
    with pytest.raises(ArtifactError, match="not those of its card"):
        classifier.verify()
    assert classifier.score("still scores from memory").probability >= 0


def test_tampered_arrays_are_refused(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "card.json").write_bytes((model_dir / "card.json").read_bytes())
    arrays = bytearray((model_dir / "arrays.npz").read_bytes())
    arrays[len(arrays) // 2] ^= 1
    (tmp_path / "arrays.npz").write_bytes(bytes(arrays))
    with pytest.raises(ArtifactError, match="not those of its card"):
        Classifier.from_path(tmp_path).warm()


def test_missing_arrays_fail_at_the_first_score(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "card.json").write_bytes((model_dir / "card.json").read_bytes())
    with pytest.raises(ArtifactError, match="arrays.npz"):
        Classifier.from_path(tmp_path).score("text")


def test_weights_of_a_wrong_shape_are_refused(model_dir: Path, tmp_path: Path) -> None:
    card = json.loads((model_dir / "card.json").read_text())
    card["recipe"]["bits"] = 15
    (tmp_path / "card.json").write_text(json.dumps(card))
    (tmp_path / "arrays.npz").write_bytes((model_dir / "arrays.npz").read_bytes())
    with pytest.raises(ArtifactError, match="shape"):
        Classifier.from_path(tmp_path).warm()


def test_importing_the_package_loads_neither_numpy_nor_sklearn() -> None:
    code = (
        "import sys, types; package = types.ModuleType('comment_service');"
        f"package.__path__ = {[str(Path('comment_service').resolve())]!r};"
        "sys.modules['comment_service'] = package;"
        "import comment_service.spam;"
        "assert not {'numpy', 'sklearn', 'scipy', 'flask'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_scoring_does_not_load_sklearn(model_dir: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from comment_service.spam import Classifier;"
        f"Classifier.from_path(Path({str(model_dir)!r})).score('text');"
        "assert 'sklearn' not in sys.modules and 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_score_takes_what_was_read_before_and_only_that_of_its_text(
    classifier: Classifier,
) -> None:
    text, author = "subscribe to my channel, free casino bonus", "Ann"
    earlier = classifier.read(text, author=author)

    def told(known: ReadText | None) -> object:
        page = "subscribe channel casino"
        found = classifier.score(
            text, author=author, page_text=page, known={"domain_spam": 3}, read=known
        )
        return found.probability, found.reasons, found.features

    assert told(earlier) == told(None) != told(replace(earlier, log_odds=-9.0))
    for other in (
        classifier.read("The parser crashed on my file too", author=author),
        classifier.read(text, author="best payday loans online"),
        replace(earlier, model="another"),
    ):
        assert told(replace(other, log_odds=-9.0)) == told(None)
