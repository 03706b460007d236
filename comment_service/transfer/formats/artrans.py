"""Artalk's Artrans: the exchange format into which most Chinese systems can be converted."""

from collections.abc import Iterator
from pathlib import Path

from comment_service.text.sentences import staff_sentence
from comment_service.transfer import safe_json, values
from comment_service.transfer.records import (
    MARKDOWN,
    PENDING,
    PUBLISHED,
    CommentRecord,
    Format,
    PageRecord,
    Reading,
    Record,
    SourceRecord,
)


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the pages and comments of an array of strings."""
    seen: set[str] = set()
    for number, (_prefix, value) in enumerate(safe_json.items(path, reading, ["item"]), start=1):
        if not isinstance(value, dict):
            continue
        page, key = values.text(value.get("page_key")), values.text(value.get("id"))
        if not seen and value.get("site_name"):
            yield SourceRecord(values.text(value["site_name"]))
        if page not in seen:
            seen.add(page)
            title = values.text(value.get("page_title"))
            closed = values.truth(value.get("page_admin_only"))
            yield PageRecord(page, page, title, closed=closed)
        parent = values.text(value.get("rid"))
        pending = values.truth(value.get("is_pending"))
        yield CommentRecord(
            source_id=key,
            page=page,
            parent="" if parent in {"", "0"} else parent,
            body=values.text(value.get("content")),
            markup=MARKDOWN,
            created=values.moment(value.get("created_at") or value.get("date")),
            name=values.text(value.get("nick")),
            email=values.text(value.get("email")),
            website=values.text(value.get("link")),
            status=PENDING if pending else PUBLISHED,
            likes=values.likes(value.get("vote_up")),
            fragment=f"atk-comment-{key}",
            line=number,
        )


def recognise(path: Path, head: bytes) -> bool:
    """Return True for the extension, or an array of objects with a page key."""
    array = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    return array and (b'"page_key"' in head or path.name.endswith(".artrans"))


FORMAT = Format(
    name="artrans",
    label="Artalk (Artrans)",
    source="artalk",
    read=read,
    recognise=recognise,
    where=staff_sentence(
        "In Artalk, open Control Center → Transfer → Export, or run: artalk export ./artrans."
        " Artalk's converters (artransfer.netlify.app) write the same file for Typecho,"
        " Valine, Waline and Twikoo."
    ),
    limits=staff_sentence("Votes against and badges are left out."),
)
