"""The owners' pages for exports and for one person's data."""

import json

import pytest
from flask import Flask

from comment_service.transfer import native
from tests.people import Guest, Moderator

ADDRESS = "ada@example.org"


@pytest.fixture
def owner(lite: Flask) -> Moderator:
    Guest(lite, "Ada").say("Words of Ada", email=ADDRESS)
    Guest(lite, "Bob").say("Words of Bob", email="bob@example.org")
    return Moderator(lite, "Owner", "owner", "default")


@pytest.mark.parametrize(
    ("kind", "media_type", "suffix"),
    [
        ("native", "application/jsonl", "jsonl"),
        ("wxr", "application/rss+xml", "xml"),
        ("disqus", "application/xml", "xml"),
        ("csv", "text/csv; charset=utf-8", "csv"),
        ("html", "application/zip", "zip"),
    ],
)
def test_download(owner: Moderator, kind: str, media_type: str, suffix: str) -> None:
    answer = owner.client.get("/moderation/export/file", query_string={"format": kind})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Type"].partition(";")[0] == media_type.partition(";")[0]
    name = f'attachment; filename="default-2026-11-01.{suffix}"'
    assert answer.headers["Content-Disposition"] == name
    body = answer.get_data()
    assert b"Words of Ada" in body or kind == "html"
    if kind == "native":
        lines = body.splitlines(keepends=True)
        assert native.read_header(lines[0]).site == "default"
        assert len(list(native.read_rows(lines[1:]))) == len(lines) - 2


def test_an_unknown_format_is_refused(owner: Moderator) -> None:
    answer = owner.client.get("/moderation/export/file", query_string={"format": "exe"})
    assert answer.status_code == 422


def test_the_page_links_every_format(owner: Moderator) -> None:
    page = owner.client.get("/moderation/export/").get_data(as_text=True)
    for kind in ("native", "wxr", "disqus", "csv", "html"):
        assert f'value="{kind}"' in page
    assert "Backups" not in page, "only who owns every site sees the server's state"
    everywhere = Moderator(owner.app, "Root").client.get("/moderation/export/")
    assert "Backups" in everywhere.get_data(as_text=True)


def show(owner: Moderator, path: str = "", **fields: str) -> str:
    answer = owner.client.post(
        f"/moderation/person/{path}", data={"csrf_token": owner.token, "site": "default", **fields}
    )
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_find_download_and_erase(owner: Moderator) -> None:
    page = show(owner, address=" ADA@example.org ")
    assert "Guest <bdi>Ada</bdi>, 1 comment, since" in page
    found = json.loads(show(owner, "file", address=ADDRESS))
    assert found["authors"][0]["comments"][0]["text"] == "Words of Ada"
    page = show(owner, "erase", address=ADDRESS, texts="remove")
    assert "Tick this box to erase." in page
    assert "Words of Ada" in Guest(owner.app).thread()
    page = show(owner, "erase", address=ADDRESS, texts="remove", sure="y")
    assert "Erased from" in page
    thread = Guest(owner.app).thread()
    assert "Words of Ada" not in thread and "Words of Bob" in thread
    assert "Nothing is stored under this address." in show(owner, address=ADDRESS)
    assert "stores nothing" in show(owner, "erase", address=ADDRESS, texts="keep", sure="y")
    log = owner.client.get("/moderation/people/changes").get_data(as_text=True)
    assert "personal data of a reader exported" in log
    assert "personal data of a reader erased" in log
    assert ADDRESS not in log


def test_texts_can_stay(owner: Moderator) -> None:
    show(owner, "erase", address=ADDRESS, texts="keep", sure="y")
    thread = Guest(owner.app).thread()
    assert "Words of Ada" in thread and "Deleted user" in thread


def test_what_is_no_address_is_refused_with_what_was_typed(owner: Moderator) -> None:
    for path in ("", "file", "erase"):
        page = show(owner, path, address="not an <address>", texts="keep", sure="y")
        assert "Enter an e-mail address" in page
        assert "not an &lt;address&gt;" in page


def test_nothing_is_written_without_a_token(lite: Flask, owner: Moderator) -> None:
    fields = {"address": ADDRESS, "texts": "remove", "sure": "y", "site": "default"}
    assert owner.client.post("/moderation/person/erase", data=fields).status_code in {400, 403, 422}
    assert "Words of Ada" in Guest(lite).thread()
