"""Read labelled comments from files: CSV or JSON lines, plain or gzip, one row at a time."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Any

_LABELS = {"spam": True, "1": True, "true": True, "ham": False, "0": False, "false": False}
_COLUMNS = "text, label and, where known, author, email, url, created, page, source, group, lang"


class ExamplesError(ValueError):
    """A file of labelled comments cannot be read; the message names file, line and remedy."""


@dataclass(frozen=True)
class Example:
    """One comment with its label.

    ``spam`` is None if no label is known (rows to score). ``group`` names what must stay on one
    side of
    a split: a blog, a site, a video. ``created`` is ISO 8601 or empty. ``weight`` is the
        weight of the label; an ordinary label has 1.
    """

    text: str
    spam: bool | None = None
    author: str = ""
    email: str = ""
    url: str = ""
    created: str = ""
    page: str = ""
    source: str = ""
    group: str = ""
    lang: str = ""
    page_title: str = ""
    page_text: str = ""
    weight: float = 1.0


_TEXT_FIELDS = [f.name for f in fields(Example) if f.name not in ("spam", "weight")]


def read_examples(
    paths: Iterable[Path], *, labelled: bool = True, group: str = ""
) -> Iterator[Example]:
    """Yield the rows of CSV (``*.csv``) and JSON-lines files (any other name), ``.gz`` or not.

    Args:
        paths: the files, in order.
        labelled: refuse rows without a label.
        group: the column that holds the group.

    Raises:
        ExamplesError: a file or row cannot be read; names the file, the line and the remedy.
    """
    for path in paths:
        for line, row in _rows(path):
            yield example_from(row, f"{path}:{line}", labelled=labelled, group=group)


def example_from(
    row: Mapping[str, Any], where: str, *, labelled: bool = True, group: str = ""
) -> Example:
    """Return the example of one row; ``where`` is the prefix of the ExamplesError message."""
    text = row.get("text")
    if not isinstance(text, str):
        raise ExamplesError(f"{where}: there is no text; a row has {_COLUMNS}")
    label = str(row.get("label", "")).strip().lower()
    if label not in _LABELS and (labelled or label):
        raise ExamplesError(f"{where}: label {label!r} is unknown; write spam or ham, or 1 or 0")
    if group and group not in row:
        known = ", ".join(row)
        raise ExamplesError(f"{where}: there is no column {group!r} to group by; it has {known}")
    values = {name: str(row.get(name) or "") for name in _TEXT_FIELDS}
    if group:
        values["group"] = str(row[group])
    return Example(**values, spam=_LABELS.get(label), weight=_weight(row, where))


def _weight(row: Mapping[str, Any], where: str) -> float:
    try:
        return float(row.get("weight") or 1.0)
    except (TypeError, ValueError):
        raise ExamplesError(f"{where}: weight must be a number, 1 for an ordinary label") from None


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = _csv_rows if path.name.removesuffix(".gz").endswith(".csv") else _json_rows
    try:
        with _open(path) as lines:
            yield from reader(path, lines)
    except UnicodeDecodeError as error:
        raise ExamplesError(f"{path}: not UTF-8 ({error.reason}); save the file as UTF-8") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise ExamplesError(f"{path}: {reason}; give the path of a CSV or JSONL file") from None


def _open(path: Path) -> IO[str]:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _csv_rows(path: Path, lines: IO[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(lines)
    if "text" not in (reader.fieldnames or ()):
        raise ExamplesError(f"{path}:1: the first line must name the columns: {_COLUMNS}")
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise ExamplesError(f"{path}:{reader.line_num}: {error}; quote the field") from None


def _json_rows(path: Path, lines: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ExamplesError(f"{path}:{number}: not JSON ({error}); one object a line") from None
        if not isinstance(row, dict):
            raise ExamplesError(f"{path}:{number}: not a JSON object; one object a line")
        yield number, row
