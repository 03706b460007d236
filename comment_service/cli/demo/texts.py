"""The texts of the demo's eight weeks, from ``comments.toml`` and ``spam.toml``."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from comment_service.cli.demo.posts import POSTS

_FOLDER = Path(__file__).parent
_NUMBERS = {post.name: number for number, post in enumerate(POSTS)}


@dataclass(frozen=True)
class Text:
    """One comment: where, when, by whom, and what happens to it; the keys of the files."""

    post: int
    at: str
    text: str
    name: str = ""
    website: str = ""
    network: str = ""
    seconds: float = 75.0
    key: str = ""  # the file's "id"
    reply: str = ""
    likes: int = 0
    reactions: Sequence[str] = ()
    edited: str = ""
    deleted: int = 0
    by_owner: bool = False
    spam: bool = False


@dataclass(frozen=True)
class Flood:
    """Many short comments on one post, one after another."""

    post: int
    at: str
    texts: Sequence[str]


def honest() -> Sequence[Text]:
    """Return what readers, and the owner of the blog, wrote."""
    found = _read("comments.toml")
    return [_text(post, row) for post, rows in found.items() for row in rows]


def spam() -> Sequence[Text]:
    """Return the local campaign and the usual spam, without the flood."""
    found = _read("spam.toml")
    rows = [*found["wave"], *found["usual"]]
    return [_text(row["post"], {**row, "spam": True}) for row in rows]


def flood() -> Flood:
    """Return the flood."""
    found = _read("spam.toml")
    return Flood(_NUMBERS[found["flood_post"]], found["flood_at"], found["flood"])


@cache
def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))


def _text(post: str, row: Mapping[str, Any]) -> Text:
    values = {name: value for name, value in row.items() if name not in {"post", "id", "from"}}
    about = {"key": row.get("id", ""), "by_owner": row.get("from") == "greta"}
    return Text(post=_NUMBERS[post], **about, **values)
