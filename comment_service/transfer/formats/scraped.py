"""A page of a WordPress blog as it was saved: HTML, or the text of the page.

For blogs that are gone, or whose owner cannot export: authors, nesting, dates and likes as far as
the page shows them.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from comment_service.text.sentences import staff_sentence
from comment_service.transfer import values
from comment_service.transfer.archives import unpacked
from comment_service.transfer.records import (
    HTML,
    PLAIN,
    BrokenFileError,
    CommentRecord,
    Format,
    PageRecord,
    Reading,
    Record,
    SkippedRecord,
    SourceRecord,
)

MAX_BYTES = 20_000_000
"""Most bytes of one page."""
_LIKED = re.compile(r"Liked by (\d[\d,.]*) (?:person|people)", re.IGNORECASE)
_HEADING = re.compile(
    r"^\s*(?:\d[\d,.]*|One|No) (?:Response|Comment|Repl|Thought)\w*"
    r"(?: (?:to|on) [“\"']?(.*?)[”\"']?)?\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_END = re.compile(
    r"^\s*(?:Leave a (?:Reply|Comment)|Comments are closed\.?|Post a comment|Cancel reply)\b.*$",
    re.IGNORECASE | re.MULTILINE,
)
_NUMBERED = re.compile(r"^(\s*)(\d{1,5})\. (?=\S)")
_SAYS = re.compile(r"^(.{1,80}?) (?:says|said|wrote)\s*:?\s*$", re.IGNORECASE)
_DATE = re.compile(
    r"^\w+ \d{1,2}, \d{4}(?: at \d{1,2}:\d\d(?: ?[ap]m)?)?$|^\d{1,2} \w+ \d{4}.{0,20}$"
    r"|^\d{4}-\d\d-\d\d.{0,20}$",
    re.IGNORECASE,
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?")
_ID = re.compile(r"(?:li-)?comment-(\d+)$")
_PAGE, _FEED = re.compile(rb"<(?:html|!doctype html|body|li)\b"), re.compile(rb"<(?:rss|feed)\b")
_AROUND_TEXT = (
    ".comment-author, .comment-meta, .commentmetadata, .comment-date, .reply, .comment-likes,"
    " .vcard, .fn, .says, .edit-link"
)
_BUTTONS = {"reply", "like", "loading...", "edit", "report this comment"}


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the page and its comments.

    Raises:
        BrokenFileError: larger than a page can be.
    """
    with unpacked(path, reading) as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise BrokenFileError(f"the page is larger than {MAX_BYTES:,} bytes")
    source = content.decode("utf-8", "replace").removeprefix("\ufeff")
    yield from _html(source) if _is_html(content) else _text(source)


def _is_html(content: bytes) -> bool:
    start = content[:4096].lower()
    return _PAGE.search(start) is not None and _FEED.search(start) is None


def _html(source: str) -> Iterator[Record]:
    soup = BeautifulSoup(source, "html.parser")
    canonical = soup.find("link", rel="canonical")
    url = values.text(canonical.get("href")) if isinstance(canonical, Tag) else ""
    meta = soup.find("meta", property="og:url")
    url = url or (values.text(meta.get("content")) if isinstance(meta, Tag) else "")
    heading = soup.find("h1") or soup.find("title")
    title = " ".join(heading.get_text(" ").split()) if heading is not None else ""
    host = url.partition("://")[2].partition("/")[0].removeprefix("www.")
    if host:
        yield SourceRecord(host)
    nodes = soup.find_all(_is_comment)
    if nodes:
        yield PageRecord("page", url, title)
    for node in nodes:
        yield _comment(node)


def _is_comment(node: Tag) -> bool:
    """Return True for the outermost element of a comment."""
    if not isinstance(node, Tag) or node.name not in {"li", "div", "article"}:
        return False
    if not _ID.match(str(node.get("id") or "")):
        return False
    return node.find_parent(id=re.compile(rf"^(?:li-)?comment-{_number(node)}$")) is None


def _number(node: Tag) -> str:
    found = _ID.match(str(node.get("id") or ""))
    return found[1] if found else ""


def _comment(node: Tag) -> Record:
    number = _number(node)
    classes = set(node.get("class") or [])
    if classes & {"pingback", "trackback"}:
        return SkippedRecord("pingback", "page")
    above = node.find_parent(lambda one: isinstance(one, Tag) and _number(one) not in {"", number})
    own = BeautifulSoup(str(node), "html.parser")
    for nested in own.select(".children, ul.children, ol.children"):
        nested.decompose()
    author = own.select_one(".fn a, .comment-author a.url, .fn, .comment-author cite, cite.fn")
    link = own.select_one(".fn a[href], .comment-author a.url[href], a.url[href]")
    website = values.text(link.get("href")) if link is not None else ""
    stamp = own.select_one("time[datetime]")
    written = stamp.get("datetime") if stamp is not None else None
    body = own.select_one(".comment-content, .comment-body > .comment-text, .comment-text")
    liked = _LIKED.search(own.get_text(" "))
    name = " ".join(author.get_text(" ").split()) if author is not None else ""
    moment = values.moment(written) or values.moment(_when(own))
    if body is None:
        body = own.select_one(".comment-body") or own.find(True) or own
        for part in body.select(_AROUND_TEXT):
            part.decompose()
    for part in body.select(".comment-likes, .reply, script, style, .sharedaddy"):
        part.decompose()
    return CommentRecord(
        source_id=number,
        page="page",
        parent=_number(above) if isinstance(above, Tag) else "",
        body=body.decode_contents().strip(),
        markup=HTML,
        created=moment,
        name=name,
        website=website,
        likes=values.likes(re.sub(r"\D", "", liked[1])) if liked else 0,
        fragment=f"comment-{number}",
    )


def _when(own: BeautifulSoup) -> str:
    """Return the date in words as a date that can be read."""
    meta = own.select_one(".comment-meta, .commentmetadata, .comment-date")
    return _date(" ".join(meta.get_text(" ").split())) if meta is not None else ""


def _date(words: str) -> str:
    """Return ``January 2, 2020 at 3:04 pm`` as ISO 8601, "" if it is no such date."""
    from datetime import datetime

    plain = words.strip().replace(" at ", " ").replace(",", "")
    for form in ("%B %d %Y %I:%M %p", "%B %d %Y %H:%M", "%B %d %Y", "%d %B %Y", "%b %d %Y"):
        try:
            return datetime.strptime(plain, form).isoformat()  # noqa: DTZ007 - taken as UTC
        except ValueError:
            continue
    found = _ISO.match(plain)
    return found[0] if found else ""


def _text(source: str) -> Iterator[Record]:
    heading = _HEADING.search(source)
    if heading is None:
        return
    rest = source[heading.end() :]
    end = _END.search(rest)
    title = values.text(heading[1]) or values.text(source.strip().partition("\n")[0])
    parents: list[tuple[int, str]] = []
    for number, (indent, lines) in enumerate(_numbered(rest[: end.start()] if end else rest)):
        if not number:
            yield PageRecord("page", "", title)
        while parents and parents[-1][0] >= indent:
            parents.pop()
        above = parents[-1][1] if parents else ""
        record = _numbered_comment(title, number, lines, above)
        parents.append((indent, record.source_id))
        yield record


def _numbered(source: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (indentation, lines) of each numbered paragraph."""
    indent, lines = 0, list[str]()
    for line in source.split("\n"):
        start = _NUMBERED.match(line)
        if start is not None:
            if lines:
                yield indent, lines
            indent, lines = len(start[1]), [line[start.end() :]]
        elif lines:
            lines.append(line)
    if lines:
        yield indent, lines


def _numbered_comment(title: str, number: int, lines: list[str], above: str) -> CommentRecord:
    """Return a comment: perhaps a name, perhaps a date, the text, perhaps likes."""
    name = written = ""
    liked = 0
    body: list[str] = []
    for place, line in enumerate(line.strip() for line in lines):
        likes = _LIKED.fullmatch(line)
        says = _SAYS.match(line) if place == 0 else None
        if likes:
            liked = values.likes(re.sub(r"\D", "", likes[1]))
        elif says:
            name = says[1]
        elif not body and not written and _DATE.match(line):
            written = _date(line) or line
        elif line.lower() not in _BUTTONS:
            body.append(line)
    text = "\n".join(body).strip()
    key = hashlib.sha256(f"{title}\0{name}\0{text}".encode()).hexdigest()[:16]
    return CommentRecord(
        source_id=f"text {key}",
        page="page",
        parent=above,
        body=text,
        markup=PLAIN,
        created=values.moment(written),
        name=name,
        likes=liked,
        line=number + 1,
    )


def recognise(_path: Path, head: bytes) -> bool:
    """Return True for a page with comments of WordPress, or its text."""
    if b"\0" in head[:1024]:
        return False
    if _is_html(head):
        return b"comment" in head
    return _HEADING.search(head.decode("utf-8", "replace")) is not None


FORMAT = Format(
    name="wordpress-page",
    label=staff_sentence("A saved WordPress page"),
    source="wordpress",
    read=read,
    recognise=recognise,
    where=staff_sentence(
        "For a blog that is gone or that you cannot export: save a post with all its comments"
        " from the browser (File → Save page as → HTML), or copy its text into a file, from the"
        " heading to “Leave a Reply”. Name the page with --page if the file does not."
    ),
    limits=staff_sentence(
        "Only what the page shows: names, dates and likes if the theme prints them, no e-mail"
        " addresses. A text without dates gets the date of the file."
    ),
)
