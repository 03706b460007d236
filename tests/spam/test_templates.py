"""The templates of made comments: whole, and honest wherever they advertise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "benchmarks" / "templates"
#: Slots that benchmarks/spam_templates.py makes itself.
MADE = {"L", "U", "M", "N", "F", "FIRM", "R", "X"}

pytestmark = pytest.mark.skipif(not TEMPLATES.is_dir(), reason="the benchmarks are not installed")


def _lines(paths: list[Path]) -> list[str]:
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _templates(folder: str) -> list[tuple[str, str]]:
    """Return language and template of each line of a folder."""
    lines = _lines(sorted((TEMPLATES / folder).glob("*.txt")))
    if folder == "spam":  # the kind comes first
        lines = [line.split(" ", 1)[1] for line in lines]
    return [(language, text) for language, _, text in (line.partition(" ") for line in lines)]


def _slots() -> set[str]:
    return {line.partition(": ")[0] for line in _lines([TEMPLATES / "slots.txt"])}


def test_every_language_that_advertises_has_honest_replies_and_trades() -> None:
    advertising = {language for language, _ in _templates("spam")}
    assert advertising <= {language for language, _ in _templates("honest")}
    assert {f"{language}.TRADE" for language in advertising} <= _slots()


@pytest.mark.parametrize("folder", ["spam", "honest"])
def test_every_template_can_be_filled(folder: str) -> None:
    known = MADE | {slot.partition(".")[2] for slot in _slots()}
    for language, text in _templates(folder):
        assert re.fullmatch(r"[a-z]{2}", language), text
        assert set(re.findall(r"<([A-Z]+)>", text)) <= known, text
        assert not set("{}|") & set(_without_choices(text)), text


def _without_choices(text: str) -> str:
    inner = re.sub(r"\{[^{}]*\}", "", text)
    return text if inner == text else _without_choices(inner)
