"""Read labelled comments from files: CSV or JSON lines, plain or gzip, one row at a time."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import IO, Any

_LABELS = {"spam": True, "1": True, "true": True, "ham": False, "0": False, "false": False}
#: The columns that describe a comment, for messages and help.
KNOWN_COLUMNS = "author, email, url, created, page, page_title, page_text, source, group, lang"
_COLUMNS = f"text, label and, where known, {KNOWN_COLUMNS}"
#: A longer field of a CSV file is refused; the parser's own limit is shorter than some comments.
_MAX_CSV_FIELD = 10_000_000


class ExamplesError(ValueError):
    """A file of labelled comments cannot be read; the message names file, line and remedy."""


@dataclass(frozen=True)
class Example:
    """One comment with its label.

    ``spam`` is None if no label is known (rows to score). ``group`` names what must stay on one
    side of a split: a blog, a site, a video. ``created`` is ISO 8601 or empty. ``weight`` is the
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
    paths: Iterable[Path], *, labelled: bool = True, group: str = "", dated: bool = False
) -> Iterator[Example]:
    """Yield the rows of CSV (``*.csv``) and JSON-lines files (any other name), ``.gz`` or not.

    Args:
        paths: the files, in order.
        labelled: refuse rows without a label.
        group: the column that holds the group.
        dated: refuse rows whose date cannot be read, and convert dates to UTC, so that they sort.

    Raises:
        ExamplesError: a file or row cannot be read; names the file, the line and the remedy.
    """
    for path in paths:
        for line, row in _rows(path):
            where = f"{path}:{line}"
            example = example_from(row, where, labelled=labelled, group=group)
            yield replace(example, created=_utc(example.created, where)) if dated else example


def example_from(
    row: Mapping[str, Any], where: str, *, labelled: bool = True, group: str = ""
) -> Example:
    """Return the example of one row; ``where`` is the prefix of the ExamplesError message."""
    text = row.get("text")
    if text is None:
        raise ExamplesError(f"{where}: there is no text; a row has {_COLUMNS}")
    if not isinstance(text, str):
        raise ExamplesError(f"{where}: text must be a string, not {_kind(text)}")
    label = _plain(row, "label", where).strip().lower()
    if label not in _LABELS and (labelled or label):
        raise ExamplesError(f"{where}: label {label!r} is unknown; write spam or ham, or 1 or 0")
    if group and group not in row:
        known = ", ".join(map(str, row))
        raise ExamplesError(f"{where}: there is no column {group!r} to group by; it has {known}")
    values = {name: _plain(row, name, where) for name in _TEXT_FIELDS}
    if group:
        values["group"] = _plain(row, group, where)
    return Example(**values, spam=_LABELS.get(label), weight=_weight(row, where))


def object_from(line: str, where: str) -> dict[str, Any]:
    """Return the JSON object of one line; ``where`` is the prefix of the ExamplesError message."""
    try:
        row = json.loads(line)
    except RecursionError:
        raise ExamplesError(f"{where}: nested too deeply; one flat object a line") from None
    except ValueError as error:
        raise ExamplesError(f"{where}: not JSON ({error}); one object a line") from None
    if not isinstance(row, dict):
        raise ExamplesError(f"{where}: not a JSON object; one object a line")
    return row


def _plain(row: Mapping[str, Any], name: str, where: str) -> str:
    """Return a column as a string, "" if it is missing or null."""
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, list | dict):
        raise ExamplesError(f"{where}: {name} must be a string, not {_kind(value)}")
    return str(value)


def _kind(value: object) -> str:
    """Return the JSON name of a value's type."""
    names = {bool: "true or false", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")


def _weight(row: Mapping[str, Any], where: str) -> float:
    value = row.get("weight")
    if value is None or value == "":
        return 1.0
    try:
        weight = float(value)
    except (TypeError, ValueError, OverflowError):
        weight = 0.0
    if not (isfinite(weight) and weight > 0):
        raise ExamplesError(f"{where}: weight must be a number above 0, 1 for an ordinary label")
    return weight


def _utc(created: str, where: str) -> str:
    """Return a date in UTC, with all of its digits, "" for an unknown one."""
    if not created.strip():
        return ""
    try:
        moment = datetime.fromisoformat(created.strip())
        known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return known.astimezone(UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError):
        raise ExamplesError(
            f"{where}: created {created[:40]!r} is no date; write it as 2026-11-30T10:15:00Z"
        ) from None


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = _csv_rows if path.name.removesuffix(".gz").endswith(".csv") else _json_rows
    try:
        with _open(path) as lines:
            yield from reader(path, lines)
    except UnicodeDecodeError as error:
        raise ExamplesError(f"{path}: not UTF-8 ({error.reason}); save the file as UTF-8") from None
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ExamplesError(f"{path}: {reason}; give the path of a CSV or JSONL file") from None


def _open(path: Path) -> IO[str]:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _csv_rows(path: Path, lines: IO[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    csv.field_size_limit(max(csv.field_size_limit(), _MAX_CSV_FIELD))
    reader = csv.DictReader(lines)
    try:
        if "text" not in (reader.fieldnames or ()):
            raise ExamplesError(f"{path}:1: the first line must name the columns: {_COLUMNS}")
        for row in reader:
            if None in row:
                raise ExamplesError(
                    f"{path}:{reader.line_num}: more fields than columns;"
                    " put a text with commas in double quotes"
                )
            yield reader.line_num, row
    except csv.Error as error:
        raise ExamplesError(
            f"{path}:{reader.line_num}: {error}; put the field in double quotes"
        ) from None


def _json_rows(path: Path, lines: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, object_from(line, f"{path}:{number}")
