"""A running WordPress: every status and page is fetched, and what it refuses is said."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from comment_service import fetching
from comment_service.actions.transfer.fetch_wordpress import fetch_wordpress
from comment_service.errors import InvalidFields, Unacceptable
from tests.actions.transfer.importing import Importer
from tests.transfer.exports import wxr, wxr_comment, wxr_item


def comment(number: int, status: str = "approved", **more: Any) -> dict[str, Any]:
    return {
        "id": number, "post": 1, "parent": 0, "author": 0, "author_name": "Ann",
        "author_email": "ann@reader.example", "author_url": "", "date": "2020-01-02T12:00:00",
        "date_gmt": "2020-01-02T11:00:00", "content": {"raw": "Hello", "rendered": "<p>Hello</p>"},
        "link": f"https://blog.example/post/#comment-{number}", "status": status,
        "type": "comment", **more,
    }  # fmt: skip


SECRET = "secret words"


class WordPress:
    """Answers as the REST API of WordPress does."""

    def __init__(self) -> None:
        self.comments = {
            "approve": [comment(n) for n in range(1, 121)],
            "hold": [comment(200, "hold", parent=1)],
            "spam": [comment(201, "spam"), comment(202, "spam", type="pingback")],
            "trash": [comment(203, "trash")],
            "post-trashed": [],
        }
        self.seen: list[str] = []
        self.plain = False
        """Without permalinks the API is only in the query string."""
        self.hidden: set[int] = set()
        """Ids of comments that WordPress counts but does not send."""
        self.post: dict[str, Any] = {"status": "publish", "password": ""}
        self.failing: list[tuple[int, dict[str, str]]] = []
        """Statuses and headers of the next answers about comments."""
        self.says_pages = True
        wordpress = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = wordpress.answer(self.path, self.headers["Authorization"] or "")
                more: dict[str, str] = {}
                if wordpress.failing and "/comments" in self.path:
                    status, more = wordpress.failing.pop(0)
                    body = b"<html>busy"
                is_json = not isinstance(body, bytes)
                content = json.dumps(body).encode() if is_json else body
                self.send_response(status)
                self.send_header("Content-Type", "application/json" if is_json else "text/html")
                self.send_header("X-WP-Total", str(wordpress.total(self.path)))
                if wordpress.says_pages:
                    self.send_header("X-WP-TotalPages", str(wordpress.pages(self.path)))
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str, authorization: str) -> tuple[int, Any]:
        parts = urlsplit(path)
        asked = {key: value[0] for key, value in parse_qs(parts.query).items()}
        in_query = parts.path == "/" and "rest_route" in asked
        path = f"/wp-json{asked['rest_route']}" if in_query else parts.path
        if self.plain and not in_query:
            return 404, b"<html>"
        self.seen.append(path)
        if path == "/wp-json/":
            return 200, {"namespaces": ["wp/v2"]}
        if authorization != "Basic bW9kOnNlY3JldCB3b3Jkcw==":
            return 401, {"code": "incorrect_password", "message": "The password is wrong.",
                         "data": {"status": 401}}  # fmt: skip
        page, size = int(asked.get("page", "1")), int(asked.get("per_page", "10"))
        if path == "/wp-json/wp/v2/comments":
            found = self.comments[asked["status"]][(page - 1) * size : page * size]
            return 200, [one for one in found if one["id"] not in self.hidden]
        if path == "/wp-json/wp/v2/posts":
            title = {"raw": "A post"}
            return 200, [{"id": 1, "link": "https://blog.example/post/", "title": title,
                          "comment_status": "closed", **self.post}]  # fmt: skip
        return (200, []) if path == "/wp-json/wp/v2/pages" else (404, b"<html>")

    def pages(self, path: str) -> int:
        """Return how many pages of the size that was asked for there are."""
        size = int(parse_qs(urlsplit(path).query).get("per_page", ["10"])[0])
        return -(-self.total(path) // size) or 1

    def total(self, path: str) -> int:
        """Return how many comments there are with the status that was asked for."""
        status = parse_qs(urlsplit(path).query).get("status", [""])[0]
        return len(self.comments.get(status, []))


@pytest.fixture
def wordpress(monkeypatch: pytest.MonkeyPatch) -> Iterator[WordPress]:
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", True)
    monkeypatch.setattr(fetching, "require_public", lambda _address: None)
    found = WordPress()
    yield found
    found.server.shutdown()
    found.server.server_close()


def fetch(
    wordpress: WordPress, into: Path, password: str = SECRET, url: str = "", **more: Any
) -> int:
    return fetch_wordpress(
        url=url or wordpress.url, user="mod", password=password, into=into / "blog.jsonl",
        guard=True, **more,
    )  # fmt: skip


def test_everything_is_fetched_and_imported(
    wordpress: WordPress, lite: Flask, tmp_path: Path
) -> None:
    assert fetch(wordpress, tmp_path) == 124
    importer = Importer(lite, tmp_path)
    result = importer.run(tmp_path / "blog.jsonl")
    assert (result["in"], result["out"], result["differences"]) == (124, 123, {"pingback": 1})
    found = importer.comments()
    assert {one.status for one in found} == {"published", "pending", "spam", "rejected"}
    assert found[0].page.url == "https://blog.example/post/"
    assert (found[0].page.title, found[0].page.closed_at is not None) == ("A post", True)
    held = next(one for one in found if one.status == "pending")
    assert held.parent_id == next(one.id for one in found if one.fragment == "comment-1")


def test_the_export_of_the_same_blog_adds_nothing_more(
    wordpress: WordPress, lite: Flask, tmp_path: Path
) -> None:
    importer = Importer(lite, tmp_path)
    importer.run(wxr(wxr_item(wxr_comment(1) + wxr_comment(2))))
    fetch(wordpress, tmp_path)
    result = importer.run(tmp_path / "blog.jsonl")
    assert result["added"] == 121
    assert importer.run(wxr(wxr_item(wxr_comment(1))))["added"] == 0


def test_a_wrong_password_is_said(wordpress: WordPress, tmp_path: Path) -> None:
    with pytest.raises(Unacceptable, match="did not accept .* .The password is wrong."):
        fetch(wordpress, tmp_path, password="wrong")


def test_a_place_without_the_api_is_said(wordpress: WordPress, tmp_path: Path) -> None:
    with pytest.raises(Unacceptable, match="answered without JSON .Not Found."):
        fetch(wordpress, tmp_path, url=f"{wordpress.url}/elsewhere")


@pytest.mark.parametrize("url", ["http://blog.example", "ftp://blog.example", "nothing", ""])
def test_a_password_is_not_sent_unencrypted(tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidFields):
        fetch_wordpress(url=url, user="mod", password="x", into=tmp_path / "a", guard=True)


def test_a_private_address_is_not_asked(tmp_path: Path) -> None:
    with pytest.raises(Unacceptable, match="did not answer"):
        fetch_wordpress(
            url="http://127.0.0.1:1", user="m", password="x", into=tmp_path / "a", guard=True
        )


def test_the_operator_may_fetch_from_the_same_machine(
    wordpress: WordPress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", False)
    with pytest.raises(Unacceptable, match="private network"):
        fetch(wordpress, tmp_path)
    number = fetch_wordpress(
        url=wordpress.url, user="mod", password=SECRET, into=tmp_path / "a", guard=False
    )
    assert number == 124


def test_progress_tells_how_many_there_are(wordpress: WordPress, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    fetch(wordpress, tmp_path, report=lambda done, total: seen.append((done, total)))
    assert (seen[0], seen[-1], len(seen)) == ((1, 124), (124, 124), 124)


def test_a_blog_without_permalinks_is_fetched(wordpress: WordPress, tmp_path: Path) -> None:
    wordpress.plain = True
    assert fetch(wordpress, tmp_path) == 124


def test_too_much_is_refused(wordpress: WordPress, tmp_path: Path) -> None:
    with pytest.raises(Unacceptable, match="larger than 0 MB"):
        fetch(wordpress, tmp_path, most=10_000)


def test_comment_of_a_post_that_is_gone_is_not_on_the_front_page(
    wordpress: WordPress, lite: Flask, tmp_path: Path
) -> None:
    wordpress.comments["approve"] = [comment(1, post=77, link="/comment-page-1/#comment-1")]
    fetch(wordpress, tmp_path)
    importer = Importer(lite, tmp_path)
    result = importer.run(tmp_path / "blog.jsonl", base="https://blog.example")
    assert result["differences"] == {"no_page": 1, "pingback": 1}
    assert all(one.page.url != "https://blog.example/" for one in importer.comments())


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("https://blog.example/book/#comment-1", "https://blog.example/book/"),
        ("https://blog.example/book/comment-page-12/#comment-1", "https://blog.example/book/"),
        ("https://blog.example/?p=8/#comment-1", "https://blog.example/?p=8"),
        ("https://blog.example/?p=8&cpage=2#comment-1", "https://blog.example/?p=8"),
    ],
)
def test_page_of_a_post_that_is_not_fetched_is_that_of_its_comment(
    wordpress: WordPress, lite: Flask, tmp_path: Path, link: str, page: str
) -> None:
    wordpress.comments["approve"] = [comment(1, post=77, link=link)]
    fetch(wordpress, tmp_path)
    importer = Importer(lite, tmp_path)
    importer.run(tmp_path / "blog.jsonl")
    assert importer.comments()[0].page.url == page


def test_address_of_the_post_wins_over_a_page_of_its_comments(
    wordpress: WordPress, lite: Flask, tmp_path: Path
) -> None:
    link = "https://blog.example/post/comment-page-1/#comment-1"
    wordpress.comments["approve"] = [comment(1, link=link), comment(2, type="note")]
    fetch(wordpress, tmp_path)
    importer = Importer(lite, tmp_path)
    result = importer.run(tmp_path / "blog.jsonl")
    assert {one.page.url for one in importer.comments()} == {"https://blog.example/post/"}
    assert result["differences"] == {"note": 1, "pingback": 1}


def test_a_page_that_is_not_full_is_not_the_last(
    wordpress: WordPress, lite: Flask, tmp_path: Path
) -> None:
    wordpress.hidden = {7, *range(51, 101), 120}
    assert fetch(wordpress, tmp_path) == 124 - 52
    importer = Importer(lite, tmp_path)
    plan = importer.run(tmp_path / "blog.jsonl", dry=True)
    assert (plan["in"], plan["new"]) == (124, 71)
    result = importer.run(tmp_path / "blog.jsonl")
    assert (result["in"], result["out"]) == (124, 71)
    assert result["differences"] == {"not_sent": 52, "pingback": 1}
    assert importer.run(tmp_path / "blog.jsonl")["differences"] == result["differences"]


def test_a_wordpress_that_does_not_say_how_many_pages_there_are(
    wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.says_pages = False
    assert fetch(wordpress, tmp_path) == 124


DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


@pytest.mark.parametrize(
    ("failing", "waits"),
    [
        ([(429, {"Retry-After": "7"})], [7.0]),
        ([(429, {}), (503, {}), (500, {})], [2.0, 4.0, 8.0]),
        ([(503, {"Retry-After": DATE})], [0.0]),
        ([(502, {"Retry-After": "soon"})], [2.0]),
    ],
)
def test_a_busy_wordpress_is_asked_again(
    wordpress: WordPress,
    tmp_path: Path,
    failing: list[tuple[int, dict[str, str]]],
    waits: list[float],
) -> None:
    waited: list[float] = []
    wordpress.failing = [*failing]
    assert fetch(wordpress, tmp_path, wait=waited.append) == 124
    assert waited[: len(waits)] == waits
    assert not any(waited[len(waits) :])


@pytest.mark.parametrize("failing", [[(503, {})] * 9, [(429, {"Retry-After": "3600"})] * 9])
def test_a_wordpress_that_stays_busy_is_told(
    wordpress: WordPress, tmp_path: Path, failing: list[tuple[int, dict[str, str]]]
) -> None:
    waited: list[float] = []
    wordpress.failing = failing
    with pytest.raises(Unacceptable, match="too busy to answer"):
        fetch(wordpress, tmp_path, wait=waited.append)
    assert sum(waited) < 60


def test_a_silent_wordpress_is_asked_again(
    wordpress: WordPress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, silent = fetching.send_request, iter([False, True, True])
    waited: list[float] = []

    def sometimes(*given: Any, **options: Any) -> Any:
        if next(silent, False):
            raise fetching.FetchError("The other server does not answer.")
        return send(*given, **options)

    monkeypatch.setattr(fetching, "send_request", sometimes)
    assert fetch(wordpress, tmp_path, wait=waited.append) == 124
    assert waited[:2] == [2.0, 4.0]


@pytest.mark.parametrize(
    ("post", "status"),
    [
        ({"status": "publish", "password": ""}, "published"),
        ({"status": "private", "password": ""}, "pending"),
        ({"status": "publish", "password": "swordfish"}, "pending"),
        ({"status": "trash", "password": ""}, "pending"),
    ],
)
def test_comments_of_a_post_that_is_not_public_wait(
    wordpress: WordPress, lite: Flask, tmp_path: Path, post: dict[str, str], status: str
) -> None:
    wordpress.post = post
    fetch(wordpress, tmp_path)
    assert "swordfish" not in (tmp_path / "blog.jsonl").read_text()
    importer = Importer(lite, tmp_path)
    importer.run(tmp_path / "blog.jsonl")
    assert importer.comments()[0].status == status
