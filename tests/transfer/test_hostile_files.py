"""Files as owners have them: packed otherwise, cut off, in another encoding, with odd bytes."""

import gzip
import json
import re
import sqlite3
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from comment_service.transfer.recognise import recognise
from comment_service.transfer.records import BrokenFileError
from comment_service.transfer.spool import read_all
from tests.transfer.exports import (
    disqus,
    disqus_post,
    disqus_thread,
    packed,
    wxr,
    wxr_comment,
    wxr_item,
    zipped,
)
from tests.transfer.reading import read

TWIKOO = json.dumps(
    [
        {"_id": "a", "nick": "S", "comment": "<p>pills</p>", "url": "/post/", "isSpam": True},
        {"_id": "b", "nick": "B", "comment": "<p>good</p>", "url": "/post/", "isSpam": False},
    ]
)
COMENTARIO = json.dumps(
    {
        "version": 3,
        "pages": [{"id": "p", "path": "/post/", "title": "T"}],
        "comments": [{"id": "c", "pageId": "p", "markdown": "hi", "isApproved": True}],
        "commenters": [],
    }
)
COMMENTO = json.dumps(
    {
        "version": 1,
        "comments": [{"commentHex": "c", "domain": "blog.example", "url": "/post/",
                      "markdown": "Grüße", "parentHex": "root", "state": "approved"}],
        "commenters": [],
    },
    ensure_ascii=False,
)  # fmt: skip
DISQUS = disqus(disqus_thread(), disqus_post(7))
WXR = wxr(wxr_item(wxr_comment(7, "Grüße")))


@pytest.mark.parametrize(
    ("name", "content", "kind", "ids"),
    [
        ("disqus.xml", DISQUS, "disqus", ["7"]),
        ("twikoo/comment.json", TWIKOO, "twikoo", ["a", "b"]),
        ("export.json", COMENTARIO, "comentario", ["c"]),
        ("blog.xml", WXR, "wxr", ["7"]),
        ("blog.export", WXR, "wxr", ["7"]),
    ],
)
def test_a_zip_of_one_file_is_read_as_that_file(
    tmp_path: Path, name: str, content: str, kind: str, ids: list[str]
) -> None:
    found = read(zipped(tmp_path / "a.zip", {name: content, "__MACOSX/._x": "", ".DS_Store": ""}))
    assert (found.format, sorted(found.comments)) == (kind, ids)


def test_spam_in_a_zip_stays_spam(tmp_path: Path) -> None:
    found = read(zipped(tmp_path / "a.zip", {"twikoo/comment.json": TWIKOO}))
    assert {key: one.status for key, one in found.comments.items()} == {
        "a": "spam", "b": "published",
    }  # fmt: skip


def test_a_packed_file_in_a_zip_is_read(tmp_path: Path) -> None:
    inner = gzip.compress(DISQUS.encode(), mtime=0)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("disqus.xml.gz", inner)
    assert read(path).format == "disqus"


@pytest.mark.parametrize("ending", ["xml", "txt", "gz", "zip"])
def test_the_ending_of_a_name_does_not_matter(tmp_path: Path, ending: str) -> None:
    assert read(packed(tmp_path / f"a.{ending}", WXR)).order == ["7"]
    assert read(tmp_path / f"b.{ending}", WXR).order == ["7"]


@pytest.mark.parametrize("code", ["utf-16", "utf-8-sig", "iso-8859-1", "windows-1252"])
def test_xml_in_the_encoding_that_it_names(tmp_path: Path, code: str) -> None:
    named = WXR.replace("UTF-8", code.removesuffix("-sig"))
    found = read(tmp_path / "a.xml", named.encode(code))
    assert found.comments["7"].body == "Grüße"


@pytest.mark.parametrize("code", ["utf-16", "utf-16-le", "utf-8-sig"])
@pytest.mark.parametrize("lines", [False, True])
def test_json_as_windows_writes_it(tmp_path: Path, code: str, lines: bool) -> None:
    text = '{"post": {"id": 1}}\r\n{"comment": {"id": 9, "content": {"raw": "Grüße"}}}\r\n'
    mark = "\ufeff" if code == "utf-16-le" else ""
    found = read(tmp_path / "a.json", (mark + (text if lines else COMMENTO)).encode(code))
    assert [one.body for one in found.comments.values()] == ["Grüße"]


@pytest.mark.parametrize("byte", ["\x00", "\x07", "\x08", "\x0b", "\x1c"])
def test_control_characters_in_xml_do_not_refuse_the_blog(tmp_path: Path, byte: str) -> None:
    export = wxr(wxr_item(wxr_comment(7, f"one{byte} two", author=f"A{byte}nn")))
    record = read(tmp_path / "a.xml", export).comments["7"]
    assert (record.body, record.name) == ("one two", "Ann")


def test_markup_that_is_not_escaped_belongs_to_the_text(tmp_path: Path) -> None:
    text = 'one <b>two</b> &amp; <a href="https://x.example/?a=1&amp;b=2">three</a><br/>four'
    export = wxr(wxr_item(wxr_comment(7, "TEXT"))).replace("<![CDATA[TEXT]]>", text)
    expected = 'one <b>two</b> & <a href="https://x.example/?a=1&amp;b=2">three</a><br>four'
    assert read(tmp_path / "a.xml", export).comments["7"].body == expected
    post = disqus(disqus_thread(), re.sub(r"<!\[CDATA.*?]]>", lambda _: text, disqus_post(7)))
    assert read(tmp_path / "b.xml", post).comments["7"].body == expected


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (WXR.encode()[:-40], "the file is cut off"),
        (WXR.encode()[: WXR.encode().index(b"]]>") - 3], "the file is cut off"),
        (COMMENTO.encode()[:-5], "the file is cut off"),
        (COMMENTO.encode()[:90], "the file is cut off"),
        (gzip.compress(WXR.encode() * 3, mtime=0)[:-9], "damaged or cut off"),
        (WXR.encode("iso-8859-1"), r"line 2: not in the encoding .* \(column"),
        (COMMENTO.encode("iso-8859-1"), "line 1: not in UTF-8"),
        (COMMENTO.replace('"c"', "NaN").encode(), "not JSON: .*invalid char"),
        (WXR.encode() + b"<b>PHP Warning", "not well-formed XML: junk after document element"),
        (WXR.replace("http://wordpress.org", "http://else.example").encode(), "not recognised"),
        (b"`" + WXR.encode(), "line 1: not well-formed XML: it begins with “`”, not with “<”"),
        (b"<html><body>comment</body></html>", "no comment was found"),
        (b"SQLite format 3\0" + bytes(500), "this SQLite file is damaged"),
        (gzip.compress(b"SQLite format 3\0" + bytes(500), mtime=0), "this is a packed SQLite file"),
        (b"PK\x03\x04" + bytes(100), "the zip archive is damaged or cut off"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_words(
    tmp_path: Path, content: bytes, said: str
) -> None:
    with pytest.raises(BrokenFileError, match=said) as raised:
        read(tmp_path / "a", content)
    assert "right here" not in str(raised.value)
    assert "b'" not in str(raised.value)


def test_the_file_of_a_zip_that_is_cut_off_is_named(tmp_path: Path) -> None:
    files = {"a.xml": WXR, "b.xml": WXR[:-40]}
    with pytest.raises(BrokenFileError, match=r"line 2: b\.xml: the file is cut off"):
        read(zipped(tmp_path / "a.zip", files))


def test_a_zip_of_many_exports_is_not_guessed(tmp_path: Path) -> None:
    files = {"a.json": COMENTARIO, "b.json": '{"x": 1}'}
    with pytest.raises(BrokenFileError, match="holds 2 files"):
        read(zipped(tmp_path / "a.zip", files))


def test_lines_that_break_off_are_told_apart_from_broken_ones(tmp_path: Path) -> None:
    whole = json.dumps({"comment": {"id": 9}})
    with pytest.raises(BrokenFileError, match="line 2: the file is cut off"):
        read(tmp_path / "a", f"{whole}\n{whole[:-4]}", "wordpress-rest")
    with pytest.raises(BrokenFileError, match="line 1: not JSON"):
        read(tmp_path / "a", f"{whole[:-4]}\n{whole}", "wordpress-rest")


def test_text_of_isso_that_is_not_utf_8_spoils_only_itself(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as base:
        base.executescript(
            "CREATE TABLE threads (id INTEGER, uri, title);"
            "CREATE TABLE comments (tid, id, parent, created, modified, mode, remote_addr, text,"
            " author, email, website, likes, dislikes, voters);"
            "INSERT INTO threads VALUES (1, '/post/', 'A');"
            "INSERT INTO comments VALUES (1, 1, NULL, 1600000000, NULL, 1, '', 'One',"
            " CAST(x'4afc7267' AS TEXT), '', '', 0, 0, '');"
        )
    base.close()
    assert read(tmp_path / "a.db").comments["1"].name == "J\ufffdrg"


@pytest.mark.parametrize("code", ["utf-16", "utf-8"])
def test_first_line_of_leancloud_is_no_comment(tmp_path: Path, code: str) -> None:
    head = '#filetype:JSON-streaming {"type":"Class","class":"Comment"}\n'
    rows = [
        {"objectId": "v1", "nick": "N", "comment": "<p>one</p>", "url": "/post/",
         "insertedAt": {"__type": "Date", "iso": "2020-01-02T03:04:05.000Z"}},
        {"objectId": "v2", "pid": "v1", "nick": "M", "comment": "<p>two</p>", "url": "/post/"},
    ]  # fmt: skip
    text = head + "".join(json.dumps(row) + "\n" for row in rows)
    found = read(tmp_path / "Comment.0.jsonl", text.encode(code))
    assert (found.format, found.order, found.parents["v2"]) == ("twikoo", ["v1", "v2"], "v1")
    assert found.comments["v1"].markup == "html"


def test_valine_with_its_times_is_not_waline(tmp_path: Path) -> None:
    row = {"objectId": "v1", "nick": "N", "comment": "<p>one</p>", "url": "/post/",
           "insertedAt": {"__type": "Date", "iso": "2020-01-02T03:04:05.000Z"}}  # fmt: skip
    assert read(tmp_path / "a.json", json.dumps({"results": [row]})).format == "twikoo"
    assert read(tmp_path / "b.json", json.dumps([{**row, "status": "spam"}])).format == "waline"


def test_generic_json_as_the_documentation_describes_it(tmp_path: Path) -> None:
    thread = {"id": "/post/", "title": "A post", "comments": [
        {"id": 1, "author": "Ann", "email": "", "website": "", "created": "2020-01-02 03:04:05",
         "text": "one"},
        {"id": 2, "author": "Bob", "text": "two", "parent": 1}]}  # fmt: skip
    for text in (json.dumps([thread]), json.dumps([thread], indent=2)):
        found = read(tmp_path / "a.json", text)
        assert (found.format, found.parents["/post/ 2"]) == ("isso-json", "/post/ 1")


@pytest.mark.parametrize("when", ["2099-01-01 00:00:00", "0000-00-00 00:00:00", "yesterday"])
def test_a_date_that_cannot_be_does_not_spoil_the_next_one(tmp_path: Path, when: str) -> None:
    comments = [wxr_comment(1), wxr_comment(2, date=when, date_gmt=when), wxr_comment(3, date="",
                date_gmt="")]  # fmt: skip
    found = read(tmp_path / "a.xml", wxr(wxr_item("".join(comments))))
    assert found.notes == {"date_unknown": 2}
    assert {one.created for one in found.comments.values()} == {
        datetime(2020, 1, 2, 11, tzinfo=UTC)
    }


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://disq.us/url?url=http%3A%2F%2Fx.example%2F%3AGTwU4dcq96l&amp;cuid=1",
         "http://x.example/"),
        ("https://disq.us/url?url=https%3A%2F%2Fx.example%2F%3Fa%3D1%26b%3D2%3AGTw-_4",
         "https://x.example/?a=1&amp;b=2"),
        ("https://disq.us/?url=javascript%3Aalert%281%29%3AGTwU", None),
        ("https://disq.us/url?cuid=1", None),
    ],
)  # fmt: skip
def test_links_of_disqus_lead_where_they_led(tmp_path: Path, url: str, target: str | None) -> None:
    post = disqus_post(7, f'<a href="{url}" rel="nofollow">x</a>')
    body = read(tmp_path / "a.xml", disqus(disqus_thread(), post)).comments["7"].body
    assert body == f'<a href="{target or url}" rel="nofollow">x</a>'


@pytest.mark.parametrize(
    ("private", "status"),
    [("<wp:status>private", "pending"), ("<wp:status>draft", "pending"),
     ("<wp:status>trash", "pending"), ("<wp:status>inherit", "published"),
     ("<wp:post_password>x</wp:post_password><wp:status>publish", "pending"),
     ("<wp:post_password></wp:post_password><wp:status>publish", "published")],
)  # fmt: skip
def test_post_of_wordpress_that_nobody_could_read(
    tmp_path: Path, private: str, status: str
) -> None:
    export = WXR.replace("<wp:status>publish", private)
    assert read(tmp_path / "a.xml", export).comments["7"].status == status


def test_date_of_the_first_hashover(tmp_path: Path) -> None:
    dated = "<comment><date>07/29/2015 - 1:13pm</date><body>Hi</body></comment>"
    marked = "<comment><body>one <b>two</b></body></comment>"
    files = {"threads/a/1.xml": dated, "threads/a/2.xml": marked}
    found = read(zipped(tmp_path / "a.zip", files))
    assert found.comments["a 1"].created == datetime(2015, 7, 29, 13, 13, tzinfo=UTC)
    assert found.comments["a 2"].body == "one <b>two</b>"


def test_a_killed_import_leaves_no_copy_of_the_comments(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(WXR, encoding="utf-8")
    with read_all(recognise(path), path, tmp_path / "test.spool") as spool:
        assert [one.name for one in tmp_path.iterdir()] == ["a.xml"]
        assert [one.record.body for one in spool.batch(0, 10)] == ["Grüße"]
