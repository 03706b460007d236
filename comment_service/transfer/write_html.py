"""Write a zip of static HTML for an archive: an index, and one file for each page's thread.

The files need no server, no script and nothing from other sites.
"""

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from datetime import datetime
from html import escape

from comment_service.text import markdown
from comment_service.transfer.exported import ExportedComment, ExportedPage, ExportedSite, Source

MEDIA_TYPE = "application/zip"
SUFFIX = "zip"
MAX_INDENT = 8
"""Depth from which replies are no longer indented further."""
_PART = 2**16
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46em;margin:2em auto;padding:0 1em}"
    "article{border-top:1px solid #ccc;padding:.5em 0}"
    "header{color:#555;font-size:.9em}pre{overflow:auto}article p{overflow-wrap:anywhere}"
    + "".join(f".d{n}{{margin-left:{n * 1.5}em}}" for n in range(1, MAX_INDENT + 1))
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class _Parts(io.RawIOBase):
    """Collects what a zip writes, until somebody takes it."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: object) -> int:
        """Collect bytes."""
        part = bytes(data)  # type: ignore[call-overload]
        self._buffer += part
        return len(part)

    def take(self) -> bytes:
        """Return what was collected since the last call."""
        found = bytes(self._buffer)
        self._buffer.clear()
        return found

    def __len__(self) -> int:
        return len(self._buffer)


def write(site: ExportedSite, source: Source) -> Iterator[bytes]:
    """Yield the parts of the zip."""
    target = _Parts()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for page in source.pages():
            yield from _file(archive, target, _name(page), page.created_at, _page(page, source))
        yield from _file(archive, target, "index.html", site.exported_at, _index(site, source))
    yield target.take()


def _file(
    archive: zipfile.ZipFile, target: _Parts, name: str, time: datetime, content: Iterator[str]
) -> Iterator[bytes]:
    info = zipfile.ZipInfo(name, (max(time.year, 1980), *time.timetuple()[1:6]))
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    with archive.open(info, "w") as file:
        for text in content:
            file.write(text.encode())
            if len(target) >= _PART:
                yield target.take()
    yield target.take()


def _name(page: ExportedPage) -> str:
    path = page.url.partition("://")[2].partition("/")[2]
    plain = unicodedata.normalize("NFKD", path).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]
    return f"pages/{page.id}-{words or 'page'}.html"


def _frame(title: str) -> str:
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>\n"
    )


def _index(site: ExportedSite, source: Source) -> Iterator[str]:
    yield _frame(site.name) + f"<h1>{escape(site.name)}</h1>\n<ul>\n"
    for page in source.pages():
        words = escape(page.title or page.url)
        yield f'<li><a href="{escape(_name(page))}">{words}</a></li>\n'
    yield f"</ul>\n<p>Comments of {site.exported_at:%Y-%m-%d}.</p>\n</body></html>\n"


def _page(page: ExportedPage, source: Source) -> Iterator[str]:
    title = page.title or page.url
    yield _frame(title) + f"<h1>{escape(title)}</h1>\n<p>{_link(page.url, page.url)}</p>\n"
    for comment in source.thread(page.id):
        yield _article(comment)
    yield "</body></html>\n"


def _link(url: str, words: str) -> str:
    """Return a link, or the words alone where the address is not one of the web."""
    if not url.startswith(("http://", "https://")):
        return escape(words)
    return f'<a href="{escape(url)}" rel="nofollow ugc noopener noreferrer">{escape(words)}</a>'


def _article(comment: ExportedComment) -> str:
    indent = min(comment.depth, MAX_INDENT)
    of = f' class="d{indent}"' if indent else ""
    reply = (
        f' · <a href="#comment-{comment.parent_id}">in reply to</a>' if comment.parent_id else ""
    )
    if comment.status != "published":
        return f'<article id="comment-{comment.id}"{of}><header>Deleted{reply}</header></article>\n'
    name = _link(comment.url, comment.name) if comment.url else escape(comment.name)
    time = f"{comment.created_at:%Y-%m-%d %H:%M} UTC"
    likes = f" · {comment.like_count} likes" if comment.like_count else ""
    return (
        f'<article id="comment-{comment.id}"{of}><header><b>{name or "Anonymous"}</b> · '
        f"<time>{time}</time>{reply}{likes}</header>\n{markdown.sanitise(comment.html)}</article>\n"
    )
