"""Any text at all can be scored, explained, prepared and trained on."""

from __future__ import annotations

import math
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comment_service.spam import Classifier, Example, Thresholds
from comment_service.spam.training.site_model import prepare, train_site
from comment_service.spam.training.train import TrainingResult

LIMITS = Thresholds(0.6, 0.98)
ANY = st.one_of(
    st.text(max_size=300),
    st.text(st.characters(min_codepoint=0x10000), max_size=50),
    st.text("<>[]()/ab &;#*_`~\u200b\u202e\ufe0f😀", max_size=80),
)
ODD = [
    "",
    " \n\t",
    "<c><d>",
    "<grin>",
    "😀",
    "👩‍👩‍👧‍👦",
    "\u200b\u2060",
    "\U000e0041\U000e0042",
    "a" * 100_000,
    f"x{'&amp' * 25_000}y",
    "<b>" * 5_000,
    "\ud7ff\ue000\uffff",
    "[](",
    "http://",
    "https://" + "a." * 3_000,
]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_texts_are_scored(classifier: Classifier, text: str) -> None:
    check(classifier, text)


@pytest.mark.parametrize("piece", ["1", "a", "-", "a.", "a@", "1 ", "(", "i am ", "http://", "+1"])
@pytest.mark.parametrize(
    "field", ["text", "author", "email", "url", "page_title", "page_text", "lang"]
)
def test_a_long_field_is_scored_in_linear_time(
    classifier: Classifier, field: str, piece: str
) -> None:
    values = {"text": "cheap viagra, 12 pills", field: piece * (100_000 // len(piece))}
    began = thread_time()
    check(classifier, **values)
    assert thread_time() - began < 4


@settings(max_examples=150, deadline=None)
@given(ANY, ANY, ANY)
def test_any_text_is_scored(classifier_once: Classifier, text: str, name: str, page: str) -> None:
    check(classifier_once, text, author=name, url=name, email=name, page_title=page, page_text=page)


@pytest.fixture(scope="module")
def classifier_once(model_dir: object) -> Classifier:
    return Classifier.from_path(model_dir)  # type: ignore[arg-type]


def check(classifier: Classifier, text: str, **known: str) -> None:
    score = classifier.score(text, **known)
    assert 0 < score.probability < 1
    for reason in score.reasons:
        assert math.isfinite(reason.weight)
        assert reason.sentence.strip()
        assert all(0 <= start <= end <= len(text) for start, end in reason.spans)


def test_odd_texts_are_trained_on(trained: TrainingResult) -> None:
    rows = [Example(text=text, spam=n % 2 == 0) for n, text in enumerate([*ODD, *ODD])]
    decisions = [prepare(trained.model, row) for row in rows]
    assert len({len(d.columns) for d in decisions}) > 1
    site = train_site(trained.model, LIMITS, decisions, new=10)
    assert all(map(math.isfinite, site.held_out.tolist()))
    assert 0 < site.thresholds.hold_at < site.thresholds.spam_at < 1


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(ANY, st.booleans()), max_size=30))
def test_any_texts_are_trained_on(trained: TrainingResult, rows: list[tuple[str, bool]]) -> None:
    decisions = [prepare(trained.model, Example(text=text, spam=spam)) for text, spam in rows]
    site = train_site(trained.model, LIMITS, decisions, new=len(rows) // 2)
    assert all(map(math.isfinite, site.held_out.tolist()))
