"""The guide's calls, carried out as they are written."""

import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask

from comment_service.web.api import reference
from tests.people import Moderator
from tests.web.api.programs import make_key

GUIDE = Path(__file__).parents[3] / "docs/api.md"


def calls() -> list[list[str]]:
    """Return the words of every curl command, in order."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", GUIDE.read_text(encoding="utf-8"), re.M | re.S)
    blocks = [block.replace("\\\n", " ") for block in blocks]
    return [shlex.split(block) for block in blocks if block.strip().startswith("curl")]


def carried_out(app: Flask, words: list[str], key: str) -> Any:
    """Send what curl would send."""
    method, headers, url, body, query = "", {}, "", None, {}
    rest = iter(words[1:])
    for word in rest:
        if word == "-H":
            name, _colon, value = next(rest).partition(": ")
            headers[name] = value.replace("$KEY", key)
        elif word == "-d":
            body, method = next(rest), method or "POST"
        elif word == "-X":
            method = next(rest)
        elif word == "--data-urlencode":
            name, _equals, value = next(rest).partition("=")
            query[name] = value
        elif word not in {"-s", "-G"}:
            url = word.replace("$API", "/api/v1")
    url += f"?{urlencode(query)}" if query else ""
    return app.test_client().open(url, method=method or "GET", headers=headers, data=body)


def test_the_ten_calls_work_as_written(lite: Flask) -> None:
    key, found = make_key(lite, by=Moderator(lite)), calls()
    assert len(found) == 10
    answers = [carried_out(lite, words, key) for words in found]
    assert [one.status_code for one in answers] == [
        200,
        201,
        200,
        200,
        201,
        200,
        201,
        200,
        200,
        200,
    ]
    assert answers[1].json["status"] == "published"
    assert answers[2].json["items"][0]["text"] == "Thank you, **very** clear."
    assert answers[7].json["status"] == "spam"


def test_the_document_and_its_page_need_no_key(lite: Flask) -> None:
    client = lite.test_client()
    document = client.get("/api/v1/openapi.json")
    assert json.loads(document.data) == json.loads(reference.document_text())
    page = client.get("/api/v1/")
    text = page.get_data(as_text=True)
    assert "list_replies" in text and "GET /api/v1/thread" in text
    assert "<script" not in text and not re.search(r'(?:src|href)="(?:https?:)?//', text)
    for answer in (document, page):
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        tag = {"If-None-Match": answer.headers["ETag"]}
        assert client.get(answer.request.path, headers=tag).status_code == 304
        assert "Set-Cookie" not in answer.headers
