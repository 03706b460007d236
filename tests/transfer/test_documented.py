"""Every format has its section in the docs, with where its export is and the command."""

from pathlib import Path

import pytest

from comment_service.actions.transfer import reasons
from comment_service.transfer.recognise import FORMATS, recognise
from comment_service.transfer.records import BrokenFileError, Format

DOCS = (Path(__file__).parent.parent.parent / "docs/importing.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", FORMATS.values(), ids=FORMATS)
def test_every_format_has_its_section(kind: Format) -> None:
    section = DOCS.split(f"\n## {kind.label}\n")[1].split("\n## ")[0]
    assert f"`{kind.name}`" in section
    assert "comment-service import " in section
    assert kind.where
    assert kind.limits
    assert " ".join(kind.limits.split()) in " ".join(section.split())


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenFileError, match="there is no format nothing; known are disqus"):
        recognise(tmp_path, "nothing")


def test_every_reason_is_a_sentence() -> None:
    for reason, sentence in {**reasons.LEFT_OUT, **reasons.NOTES}.items():
        assert reasons.sentence(reason) == sentence
    assert reasons.sentence("moved_here") == "moved here"
