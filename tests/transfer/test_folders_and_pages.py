"""HashOver and Staticman, which are folders, and saved pages of WordPress: one test a pitfall."""

import json
import os
from pathlib import Path

import pytest

from comment_service.transfer.records import BrokenFileError
from tests.transfer.exports import zipped
from tests.transfer.reading import read

XML = (
    '<?xml version="1.0"?>\n<comment likes="3" ipaddr="192.0.2.1"><name>Ann</name>'
    "<email>encrypted</email><date>2020-01-02T11:00:00+0000</date><body>Line one\nline two</body>"
    "<status>{status}</status></comment>"
)


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


HASHOVER = {
    "comments/threads/post-one/1.xml": XML.format(status=""),
    "comments/threads/post-one/1-1.xml": XML.format(status="approved"),
    "comments/threads/post-one/2.json": json.dumps(
        {"name": "Bob", "body": "Waits", "status": "pending", "date": "2020-01-02T11:00:00+0000"}
    ),
    "comments/threads/post-one/metadata/page-info.json": json.dumps(
        {"url": "https://blog.example/post/one/", "title": "One"}
    ),
    "comments/threads/two/1.xml": XML.format(status=""),
}


@pytest.mark.parametrize("as_zip", [False, True])
def test_hashover_has_a_file_for_each_comment(tmp_path: Path, as_zip: bool) -> None:
    path = zipped(tmp_path / "a.zip", HASHOVER) if as_zip else written(tmp_path / "data", HASHOVER)
    found = read(path)
    assert found.format == "hashover"
    first = found.comments["post-one 1"]
    assert (first.name, first.email, first.likes, first.fragment) == ("Ann", "", 3, "c1")
    assert (first.markup, first.body) == ("lines", "Line one\nline two")
    assert found.parents["post-one 1-1"] == "post-one 1"
    assert found.comments["post-one 1-1"].fragment == "c1r1"
    assert found.comments["post-one 2"].status == "pending"
    assert {key: page.url for key, page in found.pages.items()} == {
        "post-one": "https://blog.example/post/one/", "two": "/two",
    }  # fmt: skip


def test_a_broken_file_of_hashover_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path / "data", {**HASHOVER, "comments/threads/two/2.xml": "<comment>"})
    with pytest.raises(BrokenFileError, match=r"line 1: comments/threads/two/2\.xml"):
        read(folder)


STATICMAN = {
    "_data/comments/first-post/comment-1.yml": (
        "_id: aaa\nname: Ann\nemail: 0123456789abcdef0123456789abcdef\n"
        "message: |\n  Some *text*\n  more\ndate: 2020-01-02T11:00:00.000Z\n"
    ),
    "_data/comments/first-post/comment-2.yml": (
        "_id: bbb\n_parent: aaa\nname: Bob\nmessage: Reply\ndate: 1577962900\n"
    ),
    "_data/comments/first-post/comment-3.json": json.dumps(
        {"_id": "ccc", "name": "Cy", "message": "To a number", "replying_to": "1",
         "date": "2020-01-03T00:00:00Z"}
    ),
    "_data/comments/second/all.yml": "- name: Dee\n  message: One\n- name: Ed\n  message: Two\n",
    "_config.yml": "title: My site\n",
}  # fmt: skip


@pytest.mark.parametrize("as_zip", [False, True])
def test_staticman_has_a_folder_for_each_page(tmp_path: Path, as_zip: bool) -> None:
    path = (
        zipped(tmp_path / "a.zip", STATICMAN) if as_zip else written(tmp_path / "data", STATICMAN)
    )
    found = read(path)
    assert (found.format, len(found.comments)) == ("staticman", 5)
    first = found.comments["first-post aaa"]
    assert (first.name, first.email, first.body) == ("Ann", "", "Some *text*\nmore")
    assert found.parents["first-post bbb"] == "first-post aaa"
    assert found.parents["first-post ccc"] == "first-post aaa"
    assert {page.url for page in found.pages.values()} == {"/first-post/", "/second/"}


def test_yaml_cannot_make_objects_or_grow(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nmessage: *b\n"
    evil = "message: !!python/object/apply:os.system ['true']\n"
    with pytest.raises(BrokenFileError, match="no comment was found"):
        read(written(tmp_path / "one", {"_data/comments/a/1x.yml": bomb}))
    with pytest.raises(BrokenFileError, match="not YAML"):
        read(written(tmp_path / "two", {"_data/comments/a/1x.yml": evil}))


def test_a_large_file_in_a_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comment_service.transfer.folders.MAX_FILE", 100)
    with pytest.raises(BrokenFileError, match="larger than 100"):
        read(written(tmp_path / "data", {"_data/comments/a/x.yml": "message: " + "x" * 200}))


PAGE = """<!doctype html><html><head><title>Rocky | A blog</title>
<link rel="canonical" href="https://blog.example/rocky/"></head><body><h1>Rocky</h1>
<ol class="commentlist">
<li class="comment" id="comment-12"><div class="comment-body">
<div class="comment-author vcard"><cite class="fn"><a class="url" href="https://ann.example/">
Ann</a></cite> says:</div><div class="comment-meta"><a href="#comment-12">
<time datetime="2020-01-02T11:00:00+00:00">January 2, 2020 at 11:00 am</time></a></div>
<div class="comment-content"><p>First <b>one</b></p>
<div class="comment-likes">Liked by 2 people</div></div></div><ol class="children">
<li class="comment" id="comment-14"><div class="comment-body">
<div class="comment-author"><cite class="fn">Bob</cite></div><div class="comment-meta">
January 3, 2020 at 1:05 pm</div><p>Below</p><div class="reply">Reply</div></div></li></ol></li>
<li class="pingback" id="comment-13"><p>Pingback: else</p></li></ol></body></html>"""


def test_a_saved_page_shows_authors_nesting_dates_and_likes(tmp_path: Path) -> None:
    found = read(tmp_path / "page.html", PAGE)
    assert (found.format, found.source) == ("wordpress-page", "blog.example")
    first, below = found.comments["12"], found.comments["14"]
    assert (first.name, first.website, first.likes) == ("Ann", "https://ann.example/", 2)
    assert first.body == "<p>First <b>one</b></p>"
    assert (below.name, found.parents["14"], below.body) == ("Bob", "12", "<p>Below</p>")
    assert below.created is not None
    assert below.created.isoformat() == "2020-01-03T13:05:00+00:00"
    assert found.skipped == {"pingback": 1}
    assert (found.pages["page"].url, found.pages["page"].title) == (
        "https://blog.example/rocky/", "Rocky",
    )  # fmt: skip


TEXT = """Great Soundtracks

The post, with a list:

  1. Survivor

2. Go West

18 Responses to “Great Soundtracks”

  1. There is another one.
    It has two lines.

    Liked by 1 person

  2. Ann says:
    January 2, 2020 at 3:04 pm

    Wow!

    Liked by 12 people

      1. Below Ann

  3. The last

Leave a Reply

Fill in your details below
"""


def test_the_text_of_a_page(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_text(TEXT, encoding="utf-8")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    found = read(path)
    one, ann, below, last = sorted(found.comments.values(), key=lambda one: one.line)
    assert (one.body, one.likes) == ("There is another one.\nIt has two lines.", 1)
    assert (ann.name, ann.body, ann.likes) == ("Ann", "Wow!", 12)
    assert ann.created is not None
    assert ann.created.isoformat() == "2020-01-02T15:04:00+00:00"
    assert found.parents[below.source_id] == ann.source_id
    assert last.body == "The last"
    assert one.created is not None
    assert one.created.year == 2020  # the date of the file, because the text has none
    assert found.pages["page"].title == "Great Soundtracks"


def test_a_file_that_is_nothing_is_refused(tmp_path: Path) -> None:
    for content in ("Just some words.", "", "{}", "[]", "PK\x03\x04 no zip"):
        with pytest.raises(BrokenFileError):
            read(tmp_path / "a", content)


OLD_THEME = """<!doctype html><html><head>
<link rel="canonical" href="https://blog.example/old/"></head>
<body><h1>Old</h1><ol class="commentlist"><li class="comment" id="comment-5">
<div class="comment-author vcard"><cite class="fn">
<a href="https://ann.example/" class="url">Ann</a></cite>
<span class="says">says:</span></div>
<div class="comment-meta"><a href="#comment-5">2020-01-03 at 10:04</a></div>
<p>Hello <b>world</b></p><div class="reply"><a>Reply</a></div>
<ul class="children"><li class="comment" id="comment-6"><cite class="fn">Bob</cite>
<div class="comment-meta">January 4, 2020 at 3:04 pm</div><p>Me too</p></li></ul></li></ol>
</body></html>"""


def test_page_of_a_theme_without_an_element_for_the_text(tmp_path: Path) -> None:
    found = read(tmp_path / "a.html", OLD_THEME)
    first, reply = found.comments["5"], found.comments["6"]
    assert (first.name, first.website, first.body.strip()) == (
        "Ann", "https://ann.example/", "<p>Hello <b>world</b></p>",
    )  # fmt: skip
    assert (reply.name, reply.body.strip(), found.parents["6"]) == ("Bob", "<p>Me too</p>", "5")
    assert [f"{one.created:%Y-%m-%d %H:%M}" for one in (first, reply)] == [
        "2020-01-03 10:04", "2020-01-04 15:04",
    ]  # fmt: skip
