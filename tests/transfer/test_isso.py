"""Isso and Cusdis, which are SQLite files, and Isso's generic JSON: one test a pitfall."""

import json
import sqlite3
from pathlib import Path

import pytest

from comment_service.transfer.records import BrokenFileError
from tests.transfer.exports import isso
from tests.transfer.reading import read

THREADS = [(1, "/post/", "A post")]


@pytest.mark.parametrize("version", [3, 4, 5])
def test_every_version_of_the_schema_is_read(tmp_path: Path, version: int) -> None:
    path = isso(
        tmp_path / "isso.db",
        version=version,
        threads=THREADS,
        comments=[
            (1, 1, None, 1577962800.5, 1, "Some *text*", "Ann", 3),
            (1, 2, 1, 1577962900.0, 2, "Pending", "Bob", 0),
            (1, 3, None, 1577963000.0, 4, None, None, 0),
            (1, 4, 3, 1577963100.0, 1, "Reply to a deleted one", "Cy", 0),
        ],
    )
    found = read(path)
    assert found.format == "isso"
    assert found.pages["1"].url == "/post/"  # a path without a host
    first = found.comments["1"]
    assert (first.body, first.markup, first.likes) == ("Some *text*", "markdown", 3)
    assert (first.fragment, first.name) == ("isso-1", "Ann")
    assert first.created is not None
    assert first.created.isoformat() == "2020-01-02T11:00:00.500000+00:00"
    assert [one.status for one in found.comments.values()] == [
        "published", "pending", "deleted", "published",
    ]  # fmt: skip
    assert found.parents == {"1": "", "2": "1", "3": "", "4": "3"}


def test_a_database_of_another_program_is_not_isso(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db") as base:
        base.execute("CREATE TABLE comments (id, text)")
    base.close()
    with pytest.raises(BrokenFileError, match="neither of Isso"):
        read(tmp_path / "x.db")


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    path = isso(tmp_path / "isso.db", threads=THREADS, comments=[])
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    with pytest.raises(BrokenFileError, match="cannot be read"):
        read(path, name="isso")


def test_the_database_is_not_written_to(tmp_path: Path) -> None:
    comments = [(1, 1, None, 1577962800.0, 1, "Text", "Ann", 0)]
    path = isso(tmp_path / "isso.db", threads=THREADS, comments=comments)
    before = path.read_bytes()
    read(path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["isso.db"]


def test_generic_json_counts_within_its_thread(tmp_path: Path) -> None:
    thread = {"id": "/a/", "title": "Nat+%26+Miguel", "comments": []}
    for number in (0, 0):  # some scripts write 0 for every comment
        thread["comments"].append(
            {"id": number, "author": "Ann", "email": "", "website": "", "remote_addr": "192.0.2.0",
             "created": "2005-02-24 04:03:37", "text": "Hello"}
        )  # fmt: skip
    other = {"id": "/b/", "title": "B", "comments": [{**thread["comments"][0], "text": "There"}]}
    found = read(tmp_path / "a.json", json.dumps([thread, other]))
    assert found.format == "isso-json"
    assert found.order == ["/a/ #0", "/a/ #1", "/b/ #0"]
    assert found.pages["/a/"].title == "Nat & Miguel"


def test_broken_json_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BrokenFileError, match="^line 3: not JSON"):
        read(tmp_path / "a.json", '[{"id": "/a/",\n"comments": [],\n oops}]', "isso-json")


@pytest.mark.parametrize(("content", "reason"), [
    ("[" * 100 + "]" * 100, "nested deeper"),
    ('[{"id": 1, "comments": [' + ",".join(["1"] * 200) + "]}]", "record has more"),
    ('[{"id": "' + "x" * 2000 + '", "comments": []}]', "longer than"),
])  # fmt: skip
def test_json_out_of_bounds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, reason: str
) -> None:
    monkeypatch.setattr("comment_service.transfer.safe_json.MAX_ELEMENT", 20)
    monkeypatch.setattr("comment_service.transfer.safe_json.MAX_VALUE", 1000)
    with pytest.raises(BrokenFileError, match=reason):
        read(tmp_path / "a.json", content, "isso-json")


@pytest.mark.parametrize("gone", ["deletedAt", "deleted_at"])
def test_cusdis_is_read_from_its_tables(tmp_path: Path, gone: str) -> None:
    path = tmp_path / "db.sqlite"
    with sqlite3.connect(path) as base:
        base.executescript(
            "CREATE TABLE pages (id TEXT, slug TEXT, url TEXT, title TEXT, projectId TEXT);"
            "CREATE TABLE comments (id TEXT, pageId TEXT, created_at, parentId TEXT, by_email TEXT,"
            " by_nickname TEXT, content TEXT, approved BOOLEAN, gone);"
            "INSERT INTO pages VALUES ('p', '/old', 'https://blog.example/a', 'A', 'x');"
            "INSERT INTO pages VALUES ('q', '/b/', NULL, NULL, 'x');"
            "INSERT INTO comments VALUES"
            " ('1', 'p', 1577962800000, NULL, 'a@x.example', 'Ann', 'Hi', 1, NULL),"
            " ('2', 'p', '2020-01-02T12:00:00.000Z', '1', NULL, 'Bob', 'Waits', 0, NULL),"
            " ('3', 'q', 1577962800000, NULL, NULL, 'Cy', 'Gone', 1, 1577962900000);"
        )
        base.execute(f"ALTER TABLE comments RENAME COLUMN gone TO {gone}")
    base.close()
    found = read(path)
    assert found.format == "cusdis"
    assert {key: page.url for key, page in found.pages.items()} == {
        "p": "https://blog.example/a", "q": "/b/",
    }  # fmt: skip
    assert {key: one.status for key, one in found.comments.items()} == {
        "1": "published", "2": "pending",
    }  # fmt: skip
    assert found.skipped == {"deleted": 1}
    assert found.comments["1"].created is not None
    assert found.comments["1"].created.isoformat() == "2020-01-02T11:00:00+00:00"
