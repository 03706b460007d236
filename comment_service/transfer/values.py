"""Read single values of exports: times, numbers and truth values, in all their spellings."""

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from comment_service.transfer.records import utc

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_MILLISECONDS = 100_000_000_000
_NEVER = ("0001-01-01", "0000-00-00")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_FRACTION = re.compile(r"(\.\d{6})\d+")
_HASHOVER = "%m/%d/%Y - %I:%M%p"
"""Dates of HashOver 1, such as ``07/29/2015 - 1:13am``."""
_DIGITS = re.compile(r"-?\d{1,15}(?:\.\d+)?")


def text(value: object) -> str:
    """Return a value as text: "" for None, without control characters and outer white space."""
    return "" if value is None else _CONTROLS.sub("", str(value)).strip()


def number(value: object) -> int:
    """Return a whole number; 0 if the value is none."""
    try:
        found = float(str(value))
    except ValueError:
        return 0
    return int(found) if math.isfinite(found) and abs(found) < 2**53 else 0


def likes(value: object) -> int:
    """Return a number of likes between 0 and a million."""
    return min(max(number(value), 0), 1_000_000)


def truth(value: object) -> bool:
    """Return True for true, 1, yes and the like."""
    return str(value).strip().lower() in {"true", "1", "yes", "on", "t"}


def moment(value: object) -> datetime | None:
    """Return a time in UTC, None if it is missing, "never", unreadable or absurd.

    Reads ISO 8601, RFC 3339, RFC 2822, ``YYYY-MM-DD HH:MM:SS``, Unix times in seconds or
    milliseconds, and those of HashOver 1; a time without a zone is taken as UTC.
    """
    written = text(value)
    if not written or written.startswith(_NEVER):
        return None
    found = _unix(written) if _DIGITS.fullmatch(written) else _written(written)
    return found if found is not None and _EARLIEST < found < _LATEST else None


def _unix(written: str) -> datetime | None:
    seconds = float(written)
    seconds = seconds / 1000 if abs(seconds) > _MILLISECONDS else seconds
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _written(written: str) -> datetime | None:
    normal = _FRACTION.sub(r"\1", written).replace("/", "-")
    try:
        return utc(datetime.fromisoformat(normal))
    except (ValueError, OverflowError):
        pass
    try:
        return utc(parsedate_to_datetime(written))
    except (ValueError, TypeError, OverflowError, IndexError):
        pass
    try:
        return utc(datetime.strptime(written, _HASHOVER))  # noqa: DTZ007 - taken as UTC
    except ValueError:
        return None
