"""The labels that a training learns from: the newest, a stable sample of the rest, few copies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from comment_service.spam.training import stream_sample
from comment_service.spam.training.stream_sample import COPIES, choose_labels

LEAST = {"RECENT": 400, "OLDER": 300, "MAX_READ": 3_000}


@dataclass(frozen=True)
class Stored:
    id: int
    text: str
    spam: bool = False


class Table:
    """Labels with the ids 3, 6, 9 and so on; counts the texts that are read."""

    def __init__(self, size: int, text: Callable[[int], str]) -> None:
        self.labels = {n: Stored(n, text(n), n % 2 == 0) for n in range(3, 3 * size + 1, 3)}
        self.read = 0

    def choose(self) -> list[Stored]:
        return choose_labels(list(self.labels), self._of)

    def _of(self, ids: Sequence[int]) -> list[Stored]:
        self.read += len(ids)
        return [self.labels[number] for number in ids]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LEAST.items():
        monkeypatch.setattr(stream_sample, name, value)


def own_text(number: int) -> str:
    return f"text {number * 7919 // 100} of {number}"


def test_few_labels_are_all_chosen_oldest_first() -> None:
    table = Table(600, own_text)
    assert table.choose() == list(table.labels.values())


def test_of_many_labels_the_newest_and_a_sample_of_all_ages_are_read() -> None:
    table = Table(50_000, own_text)
    found = [label.id for label in table.choose()]
    everything = list(table.labels)
    assert table.read == len(found) == 700
    assert found[-400:] == everything[-400:]
    older = found[:-400]
    assert older == sorted(older)
    quarters = Counter(number * 4 // everything[-1] for number in older)
    assert min(quarters[n] for n in range(4)) > 50


def test_the_sample_stays_nearly_the_same_when_labels_are_added() -> None:
    before = {label.id for label in Table(10_000, own_text).choose()[:300]}
    after = {label.id for label in Table(10_100, own_text).choose()[:300]}
    assert len(before & after) > 280


def test_a_flood_of_copies_leaves_room_for_the_rest() -> None:
    table = Table(10_000, lambda n: own_text(n) if n % 5 == 0 else "Buy  CHEAP watches!")
    found = table.choose()
    assert len(found) == 700
    copies = Counter(label.spam for label in found if label.text.startswith("Buy"))
    assert copies == {True: COPIES, False: COPIES}


def test_a_flood_without_end_is_not_read_to_its_end() -> None:
    table = Table(50_000, lambda n: "the same")
    assert len(table.choose()) == 2 * COPIES
    assert table.read == 2 * 3_000
