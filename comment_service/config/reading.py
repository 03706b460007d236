"""Read settings from keyword overrides, a host's config, the environment and a TOML file.

Sources are listed in order of precedence. Unknown keys and values of the wrong type raise a
``ValueError`` that names the key.
"""

import difflib
import json
import math
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from comment_service.config.keys import KEYS, PREFIX, Settings

_TYPES = get_type_hints(Settings)


_SHAPES = {int: "a whole number", float: "a number", bool: "yes or no", str: "a text"}


def _coerce(key: str, value: Any) -> Any:
    """Convert a string from the environment, or a TOML value, to the key's type."""
    kind = _TYPES[KEYS[key].name]
    try:
        if kind is bool:
            return _as_bool(value)
        if kind is str:
            return _as_text(value)
        if kind in {int, float}:
            return _as_number(kind, value)
        if get_origin(kind) is Mapping:
            return _as_table(value)
        return _as_list(value)
    except (TypeError, ValueError, OverflowError):
        shape = "a table of tables" if get_origin(kind) is Mapping else _SHAPES.get(kind, "a list")
        raise ValueError(f"{key} takes {shape}, not {value!r}.") from None


def _as_bool(value: Any) -> bool:
    """Parse a boolean."""
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False, "": False}
    if isinstance(value, bool):
        return value
    if str(value).lower() not in words:
        raise ValueError
    return words[str(value).lower()]


def _as_text(value: Any) -> str:
    """Return a text; a path or a URL may be an object, but a list or a truth value is a mistake."""
    text = str(value)
    if isinstance(value, bool | bytes | Mapping | list | tuple | set) or not text.isprintable():
        raise ValueError
    return text


def _as_number(kind: type, value: Any) -> Any:
    """Return a number; 2.7 is not a whole one, and neither true nor nan is one."""
    number = kind(value)
    wrong = isinstance(value, bool) or (kind is int and isinstance(value, float))
    if wrong or not math.isfinite(number):
        raise ValueError
    return number


def _as_list(value: Any) -> tuple[str, ...]:
    """Parse a list of texts."""
    parts = value.replace(",", " ").split() if isinstance(value, str) else value
    if isinstance(parts, Mapping | bytes):
        raise TypeError
    return tuple(_as_text(part) for part in parts)


def _as_table(value: Any) -> dict[str, Any]:
    """Parse a table of tables, from TOML or JSON."""
    found = json.loads(value) if isinstance(value, str) else value
    if not isinstance(found, Mapping) or not all(isinstance(v, Mapping) for v in found.values()):
        raise ValueError
    return {str(key): dict(row) for key, row in found.items()}


def read_settings(*sources: Mapping[str, Any]) -> Settings:
    """Read settings from mappings of ``COMMENTS_*`` keys, in order of precedence.

    None counts as not set.

    Raises:
        ValueError: a key is unknown or a value is wrong; names the key and where it is set.
    """
    try:
        return _read(sources)
    except ValueError as error:
        raise ValueError(f"{error}{place(str(error), sources)}") from None


def place(message: str, sources: Sequence[Mapping[str, Any]]) -> str:
    """Return a sentence about where the key is set that a message begins with; "" if unknown."""
    found = re.match(r"COMMENTS_[A-Z0-9_]+", message)
    path, key = os.environ.get("COMMENTS_CONFIG"), found[0] if found else ""
    value = next((source[key] for source in sources if source.get(key) is not None), None)
    if value is None:
        return ""
    if os.environ.get(key) == value:
        return f" {key} is set in the environment."
    in_file = read_toml(Path(path)).get(key) if path else None
    return (
        f" It is set in {path}." if repr(in_file) == repr(value) else ""
    )  # nan differs from itself


def _read(sources: Sequence[Mapping[str, Any]]) -> Settings:
    values: dict[str, Any] = {}
    for source in reversed(sources):
        for key, value in source.items():
            if not key.startswith(PREFIX) or value is None:
                continue
            if key not in KEYS:
                raise ValueError(f"{key} is not a known key{_nearest(key)}")
            values[KEYS[key].name] = _coerce(key, value)
    return Settings(**values)


def _nearest(key: str) -> str:
    near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.75)
    return f"; did you mean {near[0]}?" if near else "; docs/configuration.md lists all keys."


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file whose top-level names are keys, with or without the prefix.

    Raises:
        ValueError: the file cannot be read; names the file.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ValueError(f"COMMENTS_CONFIG names {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} is not valid TOML: {error}.") from error
    return {k if k.startswith(PREFIX) else PREFIX + k.upper(): v for k, v in table.items()}


def environment() -> dict[str, Any]:
    """Return the keys of the environment, and of the TOML file in ``COMMENTS_CONFIG``, if any."""
    values = {k: v for k, v in os.environ.items() if k.startswith(PREFIX)}
    path = values.pop("COMMENTS_CONFIG", None)
    merged = {**(read_toml(Path(path)) if path else {}), **values}
    return _nest_tables(merged)


def _nest_tables(values: Mapping[str, Any]) -> dict[str, Any]:
    """Move keys such as ``COMMENTS_PROVIDERS__GITHUB__CLIENT_ID`` into a table of tables.

    Raises:
        ValueError: the table's own key exists and is not a table.
    """
    plain = {key: value for key, value in values.items() if key.count("__") != 2}
    for key in values.keys() - plain.keys():
        name, row, field_name = key.split("__")
        table = _coerce(name, plain.get(name, {})) if name in KEYS else {}
        table.setdefault(row.lower(), {})[field_name.lower()] = values[key]
        plain[name] = table
    return plain
