"""What a page of another site says about one of ours, by its microformats (microformats.org)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from comment_service.text.linked_page import MAX_NESTING, LinkedPage

REPLY, MENTION, LIKE, REPOST = "reply", "mention", "like", "repost"
KINDS = (REPLY, MENTION, LIKE, REPOST)
MAX_EXCERPT = 500
"""Most characters that are taken from a page that only mentions ours."""
_PROPERTIES = {"like-of": LIKE, "repost-of": REPOST, "in-reply-to": REPLY}
_MAX_ITEMS = 1000

Item = Mapping[str, Any]
IsTarget = Callable[[str], bool]


@dataclass(frozen=True)
class Mention:
    """What a page says: its kind, and who wrote what and when; empty values are unknown."""

    kind: str = MENTION
    name: str = ""
    author_url: str = ""
    published: datetime | None = None
    text: str = ""


def read_mention(page: LinkedPage, is_target: IsTarget) -> Mention:
    """Return what a page that links to ours says about it.

    Args:
        page: the page.
        is_target: tells if a URL is ours.
    """
    entries = [one for one in _items(_parse(page)) if "h-entry" in one.get("type", ())]
    for entry in entries:
        for name, kind in _PROPERTIES.items():
            if any(is_target(url) for url in _urls(entry, name)):
                return _mention(entry, kind)
    if len(entries) == 1:
        return _mention(entries[0], MENTION)
    return Mention(text=page.title[:MAX_EXCERPT])


def _parse(page: LinkedPage) -> Sequence[Item]:
    """Return the top-level items; none if they cannot be read."""
    import mf2py

    if page.nesting > MAX_NESTING:
        return []
    try:
        found = mf2py.parse(doc=page.html, url=page.base, html_parser="html.parser")
    except (RecursionError, ValueError):  # nested too deep, or a URL that is none
        return []
    items: Sequence[Item] = found["items"]
    return items


def _items(items: Sequence[Item]) -> Iterator[Item]:
    """Yield items and those below them, breadth first."""
    waiting = list(items)
    for number, item in enumerate(waiting):
        if number >= _MAX_ITEMS:
            return
        yield item
        waiting += item.get("children", ())


def _values(item: Item, name: str) -> Sequence[Any]:
    found: Sequence[Any] = item.get("properties", {}).get(name, ())
    return found


def _urls(item: Item, name: str) -> Iterator[str]:
    """Yield the URLs of a property, which are texts or items with a URL."""
    for value in _values(item, name):
        if isinstance(value, str):
            yield value
            continue
        yield from (url for url in _values(value, "url") if isinstance(url, str))
        if isinstance(value.get("value"), str):
            yield value["value"]


def _text(item: Item, name: str) -> str:
    """Return a property's first value as plain text, "" without one."""
    for value in _values(item, name):
        found = value if isinstance(value, str) else value.get("value", "")
        if isinstance(found, str) and found.strip():
            return found.strip()
    return ""


def _mention(entry: Item, kind: str) -> Mention:
    name, author_url = _author(entry)
    return Mention(
        kind=kind,
        name=name,
        author_url=author_url,
        published=_time(_text(entry, "published")),
        text=_text(entry, "content") if kind == REPLY else _excerpt(entry),
    )


def _author(entry: Item) -> tuple[str, str]:
    """Return an entry's author: name and URL."""
    for value in _values(entry, "author"):
        if isinstance(value, str):
            is_url = value.startswith(("http://", "https://"))
            return ("", value) if is_url else (value, "")
        return _text(value, "name"), next(_urls({"properties": {"author": [value]}}, "author"), "")
    return "", ""


def _excerpt(entry: Item) -> str:
    """Return the title and the beginning of an entry that only mentions a page."""
    title = " ".join(_text(entry, "name").split())
    body = " ".join((_text(entry, "summary") or _text(entry, "content")).split())
    if len(body) > MAX_EXCERPT:
        body = body[: MAX_EXCERPT - 1].rstrip() + "…"
    if not title or body.startswith(title[:100]):  # without a title, the parser repeats the text
        return body or title[:MAX_EXCERPT]
    return f"{title[:MAX_EXCERPT]}\n\n{body}".strip()


def _time(value: str) -> datetime | None:
    """Return a time in UTC, None if it cannot be read; without a zone it is taken as UTC."""
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
