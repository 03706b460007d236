"""Remark42, Commento, Comentario, Artrans, Twikoo, Valine, Waline, GitHub: one test a pitfall."""

import json
from pathlib import Path
from typing import Any

import pytest

from comment_service.transfer.records import BrokenFileError
from tests.transfer.exports import lines, packed
from tests.transfer.reading import read

NEVER = "0001-01-01T00:00:00.000Z"


def remark(key: str, **more: Any) -> dict[str, Any]:
    return {
        "id": key, "pid": "", "text": "<p>Hello</p>", "orig": "*raw*",
        "user": {"id": "github_abc", "name": "Ann", "picture": "https://x.example/a.png",
                 "ip": "hmac", "admin": False},
        "locator": {"site": "blog", "url": "https://blog.example/post"},
        "score": 2, "votes": {"a": True, "b": True, "c": True, "d": False},
        "time": "2020-01-02T11:00:00.123456789Z", "title": "A post", **more,
    }  # fmt: skip


META = {
    "version": 1,
    "users": [{"id": "github_abc", "blocked": {"status": False}, "verified": True}],
    "posts": [{"url": "https://blog.example/post", "read_only": True}],
}


def test_remark42_backup(tmp_path: Path) -> None:
    gone = remark("b", delete=True, text="", user={"id": "deleted", "name": "deleted"})
    reply = remark("c", pid="b", edit={"time": "2020-01-03T00:00:00Z", "summary": ""}, votes={})
    found = read(packed(tmp_path / "backup.gz", lines(META, remark("a"), gone, reply)))
    assert (found.format, found.source) == ("remark42", "blog")
    first = found.comments["a"]
    assert (first.body, first.author_id, first.likes) == ("<p>Hello</p>", "github_abc", 3)
    assert "raw" not in first.body  # the source is never rendered
    assert first.fragment == "remark42__comment-a"
    assert found.comments["c"].likes == 2
    assert found.comments["c"].edited is not None
    assert (found.comments["b"].status, found.parents["c"]) == ("deleted", "b")
    (page,) = found.pages.values()
    assert (page.closed, page.title) == (True, "A post")


def test_remark42_without_its_first_line(tmp_path: Path) -> None:
    assert read(tmp_path / "a.json", lines(remark("a"))).order == ["a"]


def test_remark42_with_a_broken_line(tmp_path: Path) -> None:
    with pytest.raises(BrokenFileError, match="^line 3: the file is cut off"):
        read(tmp_path / "a", lines(META, remark("a")) + '{"id": "b"')
    with pytest.raises(BrokenFileError, match="^line 2: no comment of Remark42"):
        read(tmp_path / "a", lines(META, {"id": "b"}))


def commento(key: str, **more: Any) -> dict[str, Any]:
    return {
        "commentHex": key, "domain": "blog.example", "url": "/post", "commenterHex": "ann",
        "markdown": "Some *text*", "html": "", "parentHex": "root", "score": 2,
        "state": "approved", "creationDate": "2020-01-02T11:00:00.682251Z", "direction": 0,
        "deleted": False, **more,
    }  # fmt: skip


ANN = {
    "commenterHex": "ann", "email": "ann@reader.example", "name": "Ann", "link": "undefined",
    "photo": "", "provider": "sso", "joinDate": "2019-01-01T00:00:00Z", "isModerator": False,
}  # fmt: skip


def test_commento(tmp_path: Path) -> None:
    export = {
        "version": 1,
        "comments": [
            commento("1"),
            commento("2", commenterHex="anonymous", parentHex="1"),
            commento("3", state="unapproved"), commento("4", state="flagged"),
            commento("5", deleted=True), commento("6", markdown="", html="<p>Only HTML</p>"),
            commento("7", score=-3),
        ],
        "commenters": [ANN, ANN, ANN],  # once for each comment
    }  # fmt: skip
    found = read(tmp_path / "a.json", json.dumps(export))
    assert (found.format, found.source) == ("commento", "blog.example")
    first = found.comments["1"]
    assert (first.name, first.email, first.body, first.likes) == (
        "Ann", "ann@reader.example", "Some *text*", 2,
    )  # fmt: skip
    assert (found.comments["2"].name, found.comments["2"].author_id) == ("", "")
    assert found.parents["2"] == "1"
    assert [found.comments[key].status for key in ("3", "4")] == ["pending", "pending"]
    assert found.comments["6"].markup == "html"
    assert found.comments["7"].likes == 0
    assert found.skipped == {"deleted": 1}
    assert list(found.pages) == ["https://blog.example/post"]


def test_comentario_1(tmp_path: Path) -> None:
    value = commento("1", host="blog.example", path="/post", commenterHex="0" * 64)
    del value["domain"], value["url"]
    export = {"version": 1, "comments": [value], "commenters": []}
    found = read(packed(tmp_path / "a.json.gz", json.dumps(export)))
    assert (found.format, found.comments["1"].author_id) == ("comentario", "")
    assert list(found.pages) == ["https://blog.example/post"]


def test_comentario_3(tmp_path: Path) -> None:
    def one(key: str, **more: Any) -> dict[str, Any]:
        return {
            "id": key, "pageId": "p", "markdown": "Text", "html": "<p>Text</p>", "score": 1,
            "isApproved": True, "isPending": False, "isDeleted": False, "isSticky": False,
            "createdTime": "2020-01-02T11:00:00.000Z", "deletedTime": NEVER,
            "moderatedTime": NEVER, "userCreated": "u", **more,
        }  # fmt: skip

    export = {
        "version": 3,
        "pages": [{"id": "p", "path": "/post", "title": "A", "isReadonly": True}],
        "comments": [
            one("1"), one("2", parentId="1", isApproved=False, isPending=True),
            one("3", isApproved=False), one("4", createdTime=NEVER),
        ],
        "commenters": [{"id": "u", "email": "ann@reader.example", "name": "Ann"}],
    }  # fmt: skip
    found = read(tmp_path / "a.json", json.dumps(export))
    assert found.format == "comentario"
    assert [one.status for one in found.comments.values()] == [
        "published", "rejected", "published", "pending",
    ]  # fmt: skip
    assert found.parents["2"] == "1"
    assert found.notes == {"date_unknown": 1}
    assert (found.pages["p"].url, found.pages["p"].closed) == ("/post", True)
    assert found.comments["1"].name == "Ann"


def test_artrans_is_made_of_strings(tmp_path: Path) -> None:
    def one(key: str, **more: str) -> dict[str, str]:
        return {
            "id": key, "rid": "0", "content": "Some *text*", "ua": "", "ip": "192.0.2.1",
            "created_at": "2020-01-02 19:00:00 +0800", "updated_at": "", "is_collapsed": "false",
            "is_pending": "false", "vote_up": "5", "vote_down": "1", "nick": "Ann",
            "email": "ann@reader.example", "link": "", "page_key": "/post/", "page_title": "A",
            "page_admin_only": "false", "site_name": "Blog", "site_urls": "", **more,
        }  # fmt: skip

    export = [one("2", rid="1"), one("1"), one("3", is_pending="true")]
    found = read(tmp_path / "a.artrans", json.dumps(export))
    assert (found.format, found.source, found.order) == ("artrans", "Blog", ["1", "3", "2"])
    assert (found.parents["2"], found.comments["1"].likes) == ("1", 5)
    assert found.comments["3"].status == "pending"
    assert found.comments["1"].created is not None
    assert found.comments["1"].created.isoformat() == "2020-01-02T11:00:00+00:00"


TWIKOO = {
    "_id": {"$oid": "1"}, "nick": "Ann", "mail": "ann@reader.example", "mailMd5": "x", "link": "",
    "comment": "<p>Hello</p>", "url": "/post/", "href": "https://blog.example/post/",
    "created": 1577962800000, "updated": 1577962800000, "like": ["a", "b"], "isSpam": False,
}  # fmt: skip


@pytest.mark.parametrize("shape", ["array", "results", "lines"])
def test_twikoo_in_every_shape(tmp_path: Path, shape: str) -> None:
    values = [TWIKOO, {**TWIKOO, "_id": "2", "pid": "1", "rid": "1", "isSpam": True}]
    content = {
        "array": json.dumps(values),
        "results": json.dumps({"results": values}),
        "lines": lines(*values),
    }[shape]
    found = read(tmp_path / "a.json", content)
    assert (found.format, found.order, found.parents["2"]) == ("twikoo", ["1", "2"], "1")
    assert (found.comments["1"].likes, found.comments["2"].status) == (2, "spam")
    assert found.pages["/post/"].url == "https://blog.example/post/"


def test_valine_names_the_same_values_otherwise(tmp_path: Path) -> None:
    value = {
        "objectId": "1", "nick": "Ann", "mail": "", "comment": "<p>Hello</p>", "url": "/post/",
        "insertedAt": {"__type": "Date", "iso": "2020-01-02T11:00:00.000Z"},
        "createdAt": "2020-01-02T11:00:05.000Z",
    }  # fmt: skip
    found = read(tmp_path / "a.json", json.dumps({"results": [value]}), "twikoo")
    assert found.comments["1"].created is not None
    assert found.comments["1"].created.second == 0


def test_waline(tmp_path: Path) -> None:
    def one(key: str, **more: Any) -> dict[str, Any]:
        return {
            "objectId": key, "nick": "Ann", "mail": "", "link": "", "comment": "Some *text*",
            "url": "/post/", "insertedAt": "2020-01-02T11:00:00.000Z", "like": 3,
            "status": "approved", **more,
        }  # fmt: skip

    export = {
        "type": "waline", "version": 1, "time": 1, "tables": ["Comment", "Counter"],
        "data": {"Comment": [one("1"), one("2", status="waiting"), one("3", status="spam")],
                 "Counter": [{"url": "/post/", "time": 9}]},
    }  # fmt: skip
    found = read(tmp_path / "a.json", json.dumps(export))
    assert (found.format, found.comments["1"].markup) == ("waline", "markdown")
    assert [one.status for one in found.comments.values()] == ["published", "pending", "spam"]
    assert found.comments["1"].likes == 3


def github(kind: str) -> dict[str, Any]:
    def one(key: str, **more: Any) -> dict[str, Any]:
        return {
            "id": key, "databaseId": 77, "body": "Some *text*",
            "createdAt": "2020-01-02T11:00:00Z", "upvoteCount": 1, "isMinimized": False,
            "author": {"login": "ann", "url": "https://github.com/ann", "avatarUrl": ""},
            "reactionGroups": [{"content": "HEART", "users": {"totalCount": 2}},
                               {"content": "THUMBS_DOWN", "users": {"totalCount": 9}}],
            "replies": {"nodes": []}, **more,
        }  # fmt: skip

    spam = one("D", isMinimized=True, minimizedReason="spam", author=None)
    thread = {
        "id": "T", "number": 1, "title": "post", "locked": True,
        "url": "https://github.com/Ann/Blog/discussions/1",
        "body": "# post\n\nhttps://else.example/\n\n<https://blog.example/post/>\n<!-- sha1 -->",
        "comments": {"nodes": [one("C", replies={"nodes": [one("R")]}), spam]},
    }  # fmt: skip
    return {"data": {"repository": {kind: {"nodes": [thread]}}}}


@pytest.mark.parametrize("kind", ["discussions", "issues"])
@pytest.mark.parametrize("shape", ["one", "array", "lines"])
def test_github(tmp_path: Path, kind: str, shape: str) -> None:
    answer = github(kind)
    content = {
        "one": json.dumps(answer), "array": json.dumps([answer]), "lines": lines(answer, answer),
    }[shape]  # fmt: skip
    found = read(tmp_path / "a.json", content)
    assert (found.format, found.source) == ("github", "ann/blog")
    assert found.parents == {"C": "", "R": "C", "D": ""}
    assert found.comments["C"].likes == 3
    assert (found.comments["D"].status, found.comments["D"].name) == ("spam", "ghost")
    assert (found.pages["T"].url, found.pages["T"].closed) == ("https://blog.example/post/", True)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    export = {"version": 1, "comments": [commento("1")], "commenters": []}
    found = read(tmp_path / "a.json", b"\xef\xbb\xbf" + json.dumps(export).encode())
    assert found.order == ["1"]
