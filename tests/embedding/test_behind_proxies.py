"""The service uses a host's ProxyFix, whether it is installed before or after the service."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from comment_service import CommentService
from tests.embedding.test_hosts import host
from tests.fakes import FakeClassifier


class Other:
    """Some other WSGI middleware of a host."""

    def __init__(self, app: Any) -> None:
        self.wsgi_app = app

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.wsgi_app(environ, start_response)


def mount(app: Flask) -> Flask:
    service = CommentService().init_app(app, classifier=FakeClassifier())

    @service.get("/who")
    def who() -> dict[str, Any]:
        return {
            "client": request.remote_addr,
            "scheme": request.scheme,
            "root": request.script_root,
        }

    return service


HEADERS = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}


@pytest.mark.parametrize("order", ["before", "before, wrapped", "after"])
def test_the_service_sees_the_client(tmp_path: Path, order: str) -> None:
    app = host(tmp_path)
    if order.startswith("before"):
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    if "wrapped" in order:
        app.wsgi_app = Other(app.wsgi_app)  # type: ignore[method-assign]
    service = mount(app)
    if order == "after":
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    answer = app.test_client().get("/comments/who", headers=HEADERS)
    assert answer.get_json() == {"client": "198.51.100.7", "scheme": "https", "root": "/comments"}
    assert service.extensions["comments"].untrusted_proxy == ""
    assert app.test_client().get("/post").status_code == 200


def test_header_is_ignored_without_proxy_fix(tmp_path: Path) -> None:
    app = host(tmp_path)
    mount(app)
    answer = app.test_client().get("/comments/who", headers=HEADERS)
    assert answer.get_json()["client"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://blog.example", "https://blog.example/comments"),
        ("https://blog.example/", "https://blog.example/comments"),
        ("https://blog.example/comments", "https://blog.example/comments"),
        ("https://blog.example/sub/comments", "https://blog.example/sub/comments"),
    ],
)
def test_the_public_url_of_a_mounted_service_ends_with_its_prefix(
    tmp_path: Path, url: str, wanted: str
) -> None:
    service = mount(host(tmp_path, COMMENTS_PUBLIC_URL=url))
    assert service.extensions["comments"].settings.public_url == wanted


def test_a_public_url_with_another_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mounted under /comments"):
        mount(host(tmp_path, COMMENTS_PUBLIC_URL="https://blog.example/talk"))


def test_hosts_trusted_hosts_apply_to_the_service(tmp_path: Path) -> None:
    app = host(tmp_path, TRUSTED_HOSTS=["blog.example"])
    mount(app)
    for name, status in (("blog.example", 200), ("evil.example", 400)):
        answer = app.test_client().get("/comments/health", base_url=f"http://{name}")
        assert answer.status_code == status
