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
        ("a.jsonl", '{"text": 5}\n', r"a\.jsonl:1: text must be a string, not a number"),
        ("a.jsonl", '{"text": ["x"]}\n', "text must be a string, not a list"),
        ("a.jsonl", '{"text": true}\n', "text must be a string, not true or false"),
        ("a.jsonl", '{"text": null}\n', "there is no text"),
        ("a.jsonl", '{"text": "x", "label": ["ham"]}\n', "label must be a string, not a list"),
        ("a.jsonl", '{"text": "x", "label": 0, "author": {}}\n', "author must be a string, not an"),
        ("a.jsonl", '{"text": "x", "label": 0, "page_text": []}\n', "page_text must be a string"),
        ("a.jsonl", '{"text": "x", "label": 0, "weight": NaN}\n', "a number above 0"),
        ("a.jsonl", '{"text": "x", "label": 0, "weight": Infinity}\n', "a number above 0"),
        ("a.jsonl", '{"text": "x", "label": 0, "weight": -1}\n', "a number above 0"),
        ("a.jsonl", '{"text": "x", "label": 0, "weight": 0}\n', "a number above 0"),
        ("a.jsonl", "[" * 100_000, r"a\.jsonl:1: nested too deeply; one flat object a line"),
        ("a.jsonl", '{"a":' * 100_000, "nested too deeply"),
        ("a.jsonl", '{"text": "x", "n": ' + "9" * 5000 + "}", "not JSON"),
        ("a.csv", "text,label\nx\n", r"a\.csv:2: label '' is unknown"),
        ("a.csv", "label,text\nham,Hello, you\n", r"a\.csv:2: more fields than columns"),
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


def test_a_gzip_file_that_was_cut_off_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "x", "label": 1}\n' * 999)[:-20])
    with pytest.raises(ExamplesError, match="give the path of a CSV or JSONL file"):
        list(read_examples([path]))


def test_a_long_comment_in_a_csv_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"text,label\n{'a' * 300_000},ham\n")
    assert len(next(read_examples([path])).text) == 300_000


@pytest.mark.parametrize(
    ("created", "utc"),
    [
        ("", ""),
        ("2026-11-30", "2026-11-30T00:00:00.000000+00:00"),
        ("2026-11-30 10:15", "2026-11-30T10:15:00.000000+00:00"),
        ("2026-11-30T10:15:00Z", "2026-11-30T10:15:00.000000+00:00"),
        ("2026-11-30T01:00:00.5+02:00", "2026-11-29T23:00:00.500000+00:00"),
    ],
)
def test_dates_are_converted_so_that_they_sort(tmp_path: Path, created: str, utc: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"text,label,created\nx,ham,{created}\n")
    assert next(read_examples([path], dated=True)).created == utc


@pytest.mark.parametrize("created", ["yesterday", "30/11/2026", "0001-01-01T00:00+14:00", "\u0661"])
def test_a_date_that_cannot_be_read_is_an_error(tmp_path: Path, created: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"text,label,created\nx,ham,{created}\n", encoding="utf-8")
    with pytest.raises(ExamplesError, match=r"a\.csv:2: created .* write it as 2026-11-30T"):
        list(read_examples([path], dated=True))
    assert next(read_examples([path])).created == created
