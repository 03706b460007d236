"""Exports for other programs: well-formed whatever the text, safe to open, one site only."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.actions.admin.export_pages import FORMATS, export_pages
from comment_service.storage.admin import sites
from comment_service.storage.db.session import db, session, transaction
from comment_service.storage.pages.export import AT_ONCE, SiteReader
from comment_service.storage.tables import Comment, Page, Site
from comment_service.transfer.write_csv import COLUMNS, safe_cell
from tests.people import PAGE, Guest
from tests.transfer.reading import read

WP = "{http://wordpress.org/export/1.2/}"
DSQ = "{http://disqus.com/disqus-internals}"
D = "{http://disqus.com}"
NASTY = "]]> <script>alert(1)</script> & \"quoted\" 'too' 😀 \u2028 \u200e"


def written(app: Flask, kind: str, key: str = "default") -> bytes:
    with app.app_context():
        site = session().scalars(select(Site).where(Site.key == key)).one()
        parts = export_pages(
            engine=db.engine, runtime=app.extensions["comments"], site=site, kind=kind
        )
        return b"".join(parts)


def parsed(app: Flask, kind: str) -> Xml.Element:
    return Xml.fromstring(written(app, kind))  # noqa: S314 - written by ourselves


@pytest.fixture
def talk(app: Flask) -> Flask:
    """Return an app with a thread in every status, odd texts, and a second site."""
    guest = Guest(app, "Ada =1+1")
    first = guest.say("First\n\n**bold**", email="ada@a.example", website="https://a.example")
    reply = Guest(app, "Bob").say("A reply", parent=first.get_json()["id"]).get_json()["id"]
    Guest(app, "Cy").say(NASTY, parent=reply)
    for words in ("maybe held", "casino spam", "to be rejected", "to be deleted"):
        Guest(app).say(words)
    guest.like(1)
    with app.app_context(), transaction() as current:
        rejected, gone = current.get_one(Comment, 6), current.get_one(Comment, 7)
        rejected.status, rejected.shown, gone.shown = "rejected", False, False
        gone.status, gone.text, gone.html, gone.name = "deleted", "", "", ""
        current.get_one(Page, 1).closed_at = app.extensions["comments"].now()
        current.get_one(Page, 1).title = "A & B ]]> <i>"
        now = app.extensions["comments"].now()
        sites.ensure_site(
            current, key="other", name="O", origins=["https://other.example"], now=now
        )
    other = Guest(app, "Far away")
    other.page = {"site": "other", "url": "https://other.example/p", "title": "Elsewhere"}
    assert other.say("on another site").status_code == 201
    return app


@pytest.mark.parametrize("kind", FORMATS)
def test_exports_have_one_site_only(talk: Flask, kind: str) -> None:
    def content(key: str) -> str:
        found = written(talk, kind, key)
        if kind == "html":
            with zipfile.ZipFile(io.BytesIO(found)) as archive:
                found = b"".join(archive.read(name) for name in archive.namelist())
        return found.decode()

    mine, other = content("default"), content("other")
    assert "on another site" not in mine and "Elsewhere" not in mine
    assert "on another site" in other and "A reply" not in other


def test_wxr_keeps_nesting_and_statuses(talk: Flask) -> None:
    root = parsed(talk, "wxr")
    item = root.find("channel/item")
    assert item is not None
    assert item.findtext("title") == "A & B ]]> <i>"
    assert item.findtext("link") == PAGE
    assert item.findtext(f"{WP}comment_status") == "closed"
    found = {
        int(c.findtext(f"{WP}comment_id") or 0): (
            c.findtext(f"{WP}comment_parent"), c.findtext(f"{WP}comment_approved")
        )
        for c in item.iter(f"{WP}comment")
    }  # fmt: skip
    assert found == {
        1: ("0", "1"), 2: ("1", "1"), 3: ("2", "1"), 4: ("0", "0"), 5: ("0", "spam"),
        6: ("0", "trash"), 7: ("0", "trash"),
    }  # fmt: skip
    first = next(item.iter(f"{WP}comment"))
    assert first.findtext(f"{WP}comment_author_email") == "ada@a.example"
    assert first.findtext(f"{WP}comment_date_gmt") == "2026-11-01 12:00:00"
    assert "<strong>bold</strong>" in (first.findtext(f"{WP}comment_content") or "")


def test_disqus_keeps_nesting_and_statuses(talk: Flask) -> None:
    root = parsed(talk, "disqus")
    threads = root.findall(f"{D}thread")
    assert [t.findtext(f"{D}link") for t in threads] == [PAGE]
    assert threads[0].findtext(f"{D}isClosed") == "true"
    found = {}
    for post in root.findall(f"{D}post"):
        parent, thread = post.find(f"{D}parent"), post.find(f"{D}thread")
        assert thread is not None and thread.get(f"{DSQ}id") == threads[0].get(f"{DSQ}id")
        found[post.get(f"{DSQ}id")] = (
            parent.get(f"{DSQ}id") if parent is not None else None,
            post.findtext(f"{D}isDeleted"),
            post.findtext(f"{D}isSpam"),
            post.findtext(f"{D}isApproved"),
        )
    assert found == {
        "1": (None, "false", "false", None), "2": ("1", "false", "false", None),
        "3": ("2", "false", "false", None), "4": (None, "false", "false", "false"),
        "5": (None, "false", "true", None), "6": (None, "true", "false", None),
        "7": (None, "true", "false", None),
    }  # fmt: skip


def test_csv_opens_in_a_spreadsheet(talk: Flask) -> None:
    content = written(talk, "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert tuple(rows[0]) == COLUMNS
    first = dict(zip(COLUMNS, rows[1], strict=True))
    assert first["text"] == "First\n\n**bold**"
    assert (first["name"], first["likes"], first["status"]) == ("Ada =1+1", "1", "published")
    assert rows[2][3] == "1"
    assert {row[4] for row in rows[1:]} == {"published", "pending", "spam", "rejected", "deleted"}


FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1", "\uff20x", "\0=1",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe_cell(text).startswith("'")


@pytest.mark.parametrize("text", ["", "1+1", "a=b", "Ada", "https://a.example", "é"])
def test_plain_cells_are_left_alone(text: str) -> None:
    assert safe_cell(text) == text


def pages_of(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_html_is_an_archive_of_public_comments(talk: Flask) -> None:
    found = pages_of(written(talk, "html"))
    assert sorted(found) == ["index.html", "pages/1-post.html"]
    assert 'href="pages/1-post.html">A &amp; B ]]&gt; &lt;i&gt;</a>' in found["index.html"]
    page = found["pages/1-post.html"]
    places = re.findall(r'<article id="comment-(\d+)"( class="d\d")?>', page)
    assert places == [("1", ""), ("2", ' class="d1"'), ("3", ' class="d2"')]
    assert "<strong>bold</strong>" in page and "1 likes" in page
    for text in page, found["index.html"]:
        assert "<script" not in text and "default-src 'none'" in text
    for hidden in ("maybe held", "casino", "to be rejected", "ada@a.example"):
        assert hidden not in page


ATTACK = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


def test_html_of_hostile_rows_is_harmless(talk: Flask) -> None:
    """Rows as a faulty import or a former version could have left them."""
    with talk.app_context(), transaction() as current:
        row, page = current.get_one(Comment, 1), current.get_one(Page, 1)
        row.html = f"<p onclick=alert(1)>hello{ATTACK}</p><iframe src=//evil></iframe>"
        row.name, row.url, page.title = ATTACK, "javascript:alert(1)", ATTACK
        page.url = f"javascript:alert(1)//{ATTACK}"
    for text in pages_of(written(talk, "html")).values():
        body = text.partition("</head>")[2]
        assert "<script" not in body and "<img" not in body and "<iframe" not in body
        assert not re.search(r"<[^>]+\son\w+=", body)
        assert 'href="javascript' not in body
    for kind in ("wxr", "disqus"):
        parsed(talk, kind)


@pytest.mark.parametrize(("kind", "rejected"), [("wxr", "rejected"), ("disqus", "deleted")])
def test_own_exports_come_back_without_publishing_anything(
    talk: Flask, tmp_path: Path, kind: str, rejected: str
) -> None:
    found = read(tmp_path / "export.xml", written(talk, kind))
    statuses = {key: one.status for key, one in found.comments.items()}
    expected = {"1": "published", "2": "published", "3": "published", "4": "pending", "5": "spam"}
    if rejected == "rejected":  # also the deleted one, without a text
        expected |= {"6": "rejected", "7": "rejected"}
    assert statuses == expected
    assert found.parents["3"] == "2"


def test_characters_that_xml_does_not_allow_are_left_out(talk: Flask) -> None:
    with talk.app_context(), transaction() as current:
        row = current.get_one(Comment, 1)
        row.html = row.name = "a\x01\x0b\ufffe\x1fb"
    for kind in ("wxr", "disqus"):
        assert "ab" in "".join(parsed(talk, kind).itertext())


def test_a_parent_that_is_not_public_keeps_its_place(talk: Flask) -> None:
    with talk.app_context(), transaction() as current:
        row = current.get_one(Comment, 2)
        row.status, row.text, row.html, row.name, row.shown = "deleted", "", "", "", True
    page = pages_of(written(talk, "html"))["pages/1-post.html"]
    assert re.findall(r'<article id="comment-(\d+)"', page) == ["1", "2", "3"]
    assert "<header>Deleted" in page


def test_reading_order_of_a_long_thread(talk: Flask) -> None:
    """More places than are read at once, replies to old and new ones, none lost."""
    with talk.app_context(), transaction() as current:
        old = current.get_one(Comment, 1)
        for number in range(AT_ONCE + 10):
            parent = 1 if number % 2 else None
            current.add(copy_of(old, f"key {number}", parent))
    with talk.app_context():
        order = [row.id for row in SiteReader(session(), 1).thread(1)]
        total = session().scalars(select(Comment.id).where(Comment.shown, Comment.page_id == 1))
        assert len(order) == len(set(order)) == len(list(total))
        parents = {row.id: row.parent_id for row in SiteReader(session(), 1).comments(1)}
        assert order[:3] == [1, 2, 3]
        for place, comment_id in enumerate(order):
            assert parents[comment_id] in {None, *order[:place]}


def copy_of(old: Comment, key: str, parent: int | None) -> Comment:
    names = [c.name for c in Comment.__table__.columns if c.name not in {"id", "idempotency_key"}]
    fields: dict[str, Any] = {name: getattr(old, name) for name in names}
    return Comment(**{**fields, "idempotency_key": key, "parent_id": parent, "root_id": 1})


def test_parts_come_while_the_rest_is_unread(talk: Flask) -> None:
    with talk.app_context():
        site = session().scalars(select(Site).where(Site.key == "default")).one()
        state = talk.extensions["comments"]
        for kind in FORMATS:
            parts: Iterator[bytes] = export_pages(
                engine=db.engine, runtime=state, site=site, kind=kind
            )
            next(parts)
            assert len(list(parts)) > 1
