"""Detection of a text's script."""

import pytest

from comment_service.text.scripts import dominant_script


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A comment about gardens", "LATIN"),
        ("Спасибо большое за статью", "CYRILLIC"),
        ("この記事はとても面白かったです。ありがとう", "CJK"),
        ("شكرا جزيلا على هذه المقالة", "ARABIC"),
        ("Merci! 👍", ""),
        ("half of it наполовину так written", ""),
        ("", ""),
    ],
)
def test_script(text: str, name: str) -> None:
    assert dominant_script(text) == name
