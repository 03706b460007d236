"""WordPress: the pitfalls of its export, one test each."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from comment_service.transfer.records import BrokenFileError
from comment_service.transfer.write_wxr import as_wordpress_writes
from tests.transfer.exports import packed, wxr, wxr_comment, wxr_item, zipped
from tests.transfer.reading import Read, read


def one(tmp_path: Path, comment: str) -> Read:
    return read(tmp_path / "a.xml", wxr(wxr_item(comment)))


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_every_version_is_read(tmp_path: Path, version: str) -> None:
    export = wxr(wxr_item(wxr_comment(7)), namespace=f"http://wordpress.org/export/{version}/")
    found = read(tmp_path / "a.xml", export)
    assert (found.format, found.source, found.order) == ("wxr", "blog.example", ["7"])
    record = found.comments["7"]
    assert record.created == datetime(2020, 1, 2, 11, tzinfo=UTC)
    assert (record.markup, record.fragment, record.parent) == ("lines", "comment-7", "")
    assert found.pages["1"].aliases == ("https://blog.example/?p=1",)


def test_a_file_without_the_namespace_is_refused(tmp_path: Path) -> None:
    export = wxr(wxr_item(wxr_comment(7)), namespace="http://else.example/")
    with pytest.raises(BrokenFileError, match="namespace"):
        read(tmp_path / "a.xml", export, "wxr")


def test_a_zip_may_hold_many_files(tmp_path: Path) -> None:
    files = {
        "a.xml": wxr(wxr_item(wxr_comment(7))),
        "b.xml": wxr(wxr_item(wxr_comment(8), post=2, link="https://blog.example/two/")),
        "__MACOSX/c.xml": "rubbish",
        "d.txt": "rubbish",
    }
    found = read(zipped(tmp_path / "a.zip", files))
    assert (found.format, sorted(found.order), len(found.pages)) == ("wxr", ["7", "8"], 2)


def test_a_zip_without_any_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenFileError, match="0 .xml files"):
        read(zipped(tmp_path / "a.zip", {"a.txt": "", "b.txt": ""}), name="wxr")


def test_gzip_need_not_be_unpacked(tmp_path: Path) -> None:
    assert read(packed(tmp_path / "a.gz", wxr(wxr_item(wxr_comment(7))))).order == ["7"]


@pytest.mark.parametrize(
    ("approved", "status"),
    [("1", "published"), ("0", "pending"), ("trash", "rejected"), ("post-trashed", "rejected"),
     ("spam", "spam"), ("nonsense", "pending")],
)  # fmt: skip
def test_each_status(tmp_path: Path, approved: str, status: str) -> None:
    assert one(tmp_path, wxr_comment(7, approved=approved)).comments["7"].status == status


@pytest.mark.parametrize("kind", ["pingback", "trackback"])
def test_pingbacks_are_left_out_and_counted(tmp_path: Path, kind: str) -> None:
    found = one(tmp_path, wxr_comment(7, type=kind) + wxr_comment(8, type=""))
    assert (found.order, found.skipped) == (["8"], {kind: 1})


@pytest.mark.parametrize(
    ("meta", "decision"),
    [
        ({}, ""),
        ({"akismet_result": "true"}, ""),
        ({"akismet_user_result": "true"}, "spam"),
        ({"akismet_user_result": "false"}, "ham"),
        ({"akismet_history": 'a:1:{s:5:"event";s:10:"report-ham";}'}, "ham"),
        ({"akismet_history": 'a:1:{s:5:"event";s:19:"status-changed-spam";}'}, "spam"),
        ({"akismet_history": 'a:1:{s:5:"event";s:10:"check-spam";}'}, ""),
    ],
)
def test_what_moderators_told_akismet_is_a_decision(
    tmp_path: Path, meta: dict[str, str], decision: str
) -> None:
    assert one(tmp_path, wxr_comment(7, meta=meta)).comments["7"].decision == decision


def test_a_date_without_the_zone_is_used_if_there_is_no_other(tmp_path: Path) -> None:
    found = one(tmp_path, wxr_comment(7, date_gmt="0000-00-00 00:00:00"))
    assert found.comments["7"].created == datetime(2020, 1, 2, 12, tzinfo=UTC)


def test_a_comment_without_a_date_gets_that_before_it(tmp_path: Path) -> None:
    found = one(tmp_path, wxr_comment(7) + wxr_comment(8, date="", date_gmt=""))
    assert found.comments["8"].created == found.comments["7"].created
    assert found.notes == {"date_unknown": 1}


def test_closed_threads_are_known_also_without_comments(tmp_path: Path) -> None:
    items = (
        wxr_item(wxr_comment(7), closed=True),
        wxr_item(post=2, link="https://blog.example/two/", closed=True),
        wxr_item(post=3, link="https://blog.example/three/"),
        wxr_item(post=4, link="https://blog.example/x.jpg", closed=True, kind="attachment"),
    )
    found = read(tmp_path / "a.xml", wxr(*items))
    assert {key: page.closed for key, page in found.pages.items()} == {"1": True, "2": True}


def test_a_post_may_have_any_number_of_comments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comment_service.transfer.safe_xml.MAX_ELEMENT", 50)
    many = "".join(wxr_comment(number) for number in range(1, 100))
    assert len(one(tmp_path, many).order) == 99


def test_registered_users_are_told_apart_by_their_number(tmp_path: Path) -> None:
    found = one(tmp_path, wxr_comment(7, user_id="3") + wxr_comment(8))
    assert (found.comments["7"].author_id, found.comments["8"].author_id) == ("user 3", "")


@pytest.mark.parametrize(
    ("html", "written"),
    [
        ("<p>One</p>", "One"),
        ("<p>One</p>\n<p>Two<br>\nThree<br />Four</p>", "One\n\nTwo\nThree\nFour"),
        ("<blockquote>\n<p>Said</p>\n</blockquote>\n<p>Mine</p>",
         "<blockquote>\nSaid\n\n</blockquote>\nMine"),
        *((kept, kept) for kept in (
            "<pre><code>&lt;p&gt; a\n\n  b</code></pre>", "<ul>\n<li>a</li>\n</ul>"
        )),
        ("", ""),
    ],
)  # fmt: skip
def test_paragraphs_are_written_as_wordpress_stores_them(html: str, written: str) -> None:
    assert as_wordpress_writes(html) == written
