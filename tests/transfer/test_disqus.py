"""Disqus: the pitfalls of its export, one test each."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from comment_service.transfer.records import BrokenFileError
from tests.transfer.exports import disqus, disqus_post, disqus_thread, packed
from tests.transfer.reading import read


def test_a_post_becomes_a_record(tmp_path: Path) -> None:
    found = read(tmp_path / "a.xml", disqus(disqus_thread(closed=True), disqus_post(7)))
    (record,) = found.comments.values()
    assert (found.format, found.source) == ("disqus", "ablog")
    assert (record.name, record.email) == ("Ann", "ann@reader.example")
    assert record.created == datetime(2020, 1, 2, 11, tzinfo=UTC)
    assert (record.body, record.status, record.fragment) == (
        "<p>Hello</p>",
        "published",
        "comment-7",
    )
    assert found.pages["1"].url == "https://blog.example/post"
    assert found.pages["1"].closed


def test_gzip_need_not_be_unpacked(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.xml.gz", disqus(disqus_thread(), disqus_post(7)))
    assert read(path).order == ["7"]


def test_newer_exports_have_no_address_of_the_author(tmp_path: Path) -> None:
    found = read(tmp_path / "a.xml", disqus(disqus_thread(), disqus_post(7, email=None)))
    assert found.comments["7"].email == ""


def test_a_thread_without_an_id_is_found_by_its_link(tmp_path: Path) -> None:
    found = read(tmp_path / "a.xml", disqus(disqus_thread(given=""), disqus_post(7)))
    assert found.comments["7"].page == "1"


def test_an_id_that_is_an_address_is_another_address_of_the_page(tmp_path: Path) -> None:
    found = read(tmp_path / "a.xml", disqus(disqus_thread(given="/old/"), disqus_post(7)))
    assert found.pages["1"].aliases == ("/old/",)
    found = read(tmp_path / "a.xml", disqus(disqus_thread(link="", given="/p"), disqus_post(7)))
    assert found.pages["1"].url == "/p"


def test_a_post_without_the_attribute_has_its_own_id(tmp_path: Path) -> None:
    export = disqus(disqus_thread(), disqus_post(0, attribute=False, given="abc"))
    assert read(tmp_path / "a.xml", export).order == ["abc"]


def test_a_post_without_any_id_is_known_by_its_text(tmp_path: Path) -> None:
    nameless = [disqus_post(0, text, attribute=False) for text in ("one", "two", "two", "")]
    found = read(tmp_path / "a.xml", disqus(disqus_thread(), *nameless, disqus_post(7)))
    assert sorted(one.body for one in found.comments.values()) == ["<p>Hello</p>", "one", "two"]
    assert found.skipped == {"no_id": 1, "repeated": 1}
    assert {one.fragment for one in found.comments.values()} == {"", "comment-7"}
    again = read(tmp_path / "b.xml", disqus(disqus_thread(), disqus_post(7), *nameless))
    assert again.comments.keys() == found.comments.keys()


def test_a_reply_before_its_parent_finds_it(tmp_path: Path) -> None:
    reply = disqus_post(8, parent=7, when="2020-01-01T00:00:00Z")  # even its clock was wrong
    found = read(tmp_path / "a.xml", disqus(disqus_thread(), reply, disqus_post(7)))
    assert found.order == ["7", "8"]
    assert found.parents == {"7": "", "8": "7"}


def test_an_orphan_is_known_as_one(tmp_path: Path) -> None:
    found = read(tmp_path / "a.xml", disqus(disqus_thread(), disqus_post(8, parent=7)))
    assert found.spooled[0].orphan


def test_spam_is_kept_as_spam(tmp_path: Path) -> None:
    export = disqus(disqus_thread(), disqus_post(7, spam=True, deleted=True))
    assert read(tmp_path / "a.xml", export).comments["7"].status == "spam"


def test_a_deleted_post_stays_only_if_it_has_replies(tmp_path: Path) -> None:
    posts = disqus_post(7, deleted=True), disqus_post(8, parent=7), disqus_post(9, deleted=True)
    found = read(tmp_path / "a.xml", disqus(disqus_thread(), *posts))
    assert {key: one.status for key, one in found.comments.items()} == {
        "7": "deleted", "8": "published",
    }  # fmt: skip
    assert found.skipped == {"deleted": 1}


def test_replies_that_answer_each_other_come_to_the_top(tmp_path: Path) -> None:
    posts = disqus_post(7, parent=8), disqus_post(8, parent=7), disqus_post(9, parent=9)
    found = read(tmp_path / "a.xml", disqus(disqus_thread(), *posts))
    assert set(found.parents.values()) == {""}
    assert found.notes == {"parent_loop": 2}


def test_the_same_post_twice_is_one(tmp_path: Path) -> None:
    export = disqus(disqus_thread(), disqus_post(7), disqus_post(7), disqus_post(7, "<p>Other</p>"))
    found = read(tmp_path / "a.xml", export)
    assert len(found.comments) == 2
    assert (found.skipped, found.notes) == ({"repeated": 1}, {"id_used_twice": 1})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<disqus><post></disqus>", "line 1: not well-formed"),
        (disqus(disqus_thread(), disqus_post(7))[:-20], "line 1: the file is cut off"),
        ("`" + disqus(disqus_thread()), "line 1: not well-formed"),
        ('<!DOCTYPE d [<!ENTITY a "b">]><disqus>&a;</disqus>', "forbidden in XML"),
        ("<disqus>" + "<a>" * 100 + "</a>" * 100 + "</disqus>", "nested deeper"),
        ("<disqus " + " ".join(f"a{n}=''" for n in range(300)) + "/>", "attributes"),
        ("<disqus/>", "no comment was found"),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(
    tmp_path: Path, content: str, reason: str
) -> None:
    with pytest.raises(BrokenFileError, match=reason):
        read(tmp_path / "a.xml", content)
    assert not list(tmp_path.glob("*.spool"))


def test_a_huge_value_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comment_service.transfer.safe_xml.MAX_VALUE", 1000)
    with pytest.raises(BrokenFileError, match="longer than 1,000"):
        read(tmp_path / "a.xml", disqus(disqus_thread(), disqus_post(7, "x" * 2000)))


def test_a_damaged_gzip_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.xml.gz", disqus(disqus_thread(), disqus_post(7)))
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(BrokenFileError, match="damaged"):
        read(path)
