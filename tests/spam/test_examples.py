"""Files of labelled comments: both formats, and errors that name line and remedy."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from comment_service.spam.features.examples import Example, ExamplesError, read_examples


def test_csv_and_json_lines_give_equal_examples(tmp_path: Path) -> None:
    csv, lines = tmp_path / "a.csv", tmp_path / "b.jsonl.gz"
    csv.write_text('\ufefftext,label,author\n"two\nlines",spam,Ann\nplain,0,\n', encoding="utf-8")
    with gzip.open(lines, "wt") as out:
        out.write('{"text": "two\\nlines", "label": 1, "author": "Ann"}\n\n')
        out.write('{"text": "plain", "label": "ham", "author": null}\n')
    expected = [Example("two\nlines", spam=True, author="Ann"), Example("plain", spam=False)]
    assert list(read_examples([csv])) == list(read_examples([lines])) == expected


def test_group_column_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label,blog\nx,ham,mine\n")
    assert next(read_examples([path], group="blog")).group == "mine"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "words,label\nx,ham\n", r"a\.csv:1: the first line must name the columns"),
        ("a.csv", "text,label\nx,ham\ny,maybe\n", r"a\.csv:3: label 'maybe' is unknown"),
        ("a.csv", "text,label\nx,\n", r"a\.csv:2: label '' is unknown; write spam or ham"),
        ("a.csv", "", r"a\.csv:1: the first line"),
        ("a.jsonl", '{"text": "x", "label": 1}\n{oops\n', r"a\.jsonl:2: not JSON"),
        ("a.jsonl", "[1]\n", r"a\.jsonl:1: not a JSON object"),
        ("a.jsonl", '{"label": "spam"}\n', r"a\.jsonl:1: there is no text"),
        ("a.jsonl", '{"text": "x", "label": "ham", "weight": "much"}\n', "weight must be a number"),
        ("a.jsonl.gz", "not gzip", r"give the path of a CSV or JSONL file"),
    ],
)
def test_bad_rows_name_file_line_and_remedy(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ExamplesError, match=message):
        list(read_examples([path]))


def test_invalid_utf8_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\n\xff\xfe,ham\n")
    with pytest.raises(ExamplesError, match="save the file as UTF-8"):
        list(read_examples([path]))


def test_unknown_group_column_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\nx,ham\n")
    with pytest.raises(ExamplesError, match="no column 'blog'"):
        list(read_examples([path], group="blog"))


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ExamplesError, match="No such file"):
        list(read_examples([tmp_path / "none.csv"]))
