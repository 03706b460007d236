"""What is no export of another system is refused with what to do."""

import gzip
from pathlib import Path

import pytest

from comment_service.transfer.recognise import recognise
from comment_service.transfer.records import BrokenFileError

NATIVE = b'{"comment-service":1,"schema":"0016","exported_at":"2026-11-29T20:36:00+00:00"}\n'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b" \n", "the file is empty"),
        (b"\x7fELF\x02", "name it with --format"),
        (NATIVE, "comment-service load FILE"),
        (gzip.compress(NATIVE, mtime=0), "comment-service load FILE"),
    ],
)
def test_file_is_refused_with_the_remedy(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "export"
    file.write_bytes(content)
    with pytest.raises(BrokenFileError, match=words):
        recognise(file)
