"""Two real servers for a browser: the service, and a blog of another origin that embeds it."""

import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from markupsafe import Markup, escape

from comment_service.actions.admin import login
from comment_service.cli.serve import listen
from comment_service.storage.db.session import transaction
from tests.people import Guest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

POLICY = (
    "default-src 'none'; script-src {service}; img-src {service}; "
    "connect-src {service}; "
    "require-trusted-types-for 'script'; trusted-types comments"
)
"""The minimal CSP of a blog; the docs state it for owners who set a policy."""
STYLED = POLICY + "; style-src 'unsafe-inline' {service}"
"""The same for a blog with its own styles."""

PAGE = """<!doctype html>
<html lang="{lang}">
<head><meta charset="utf-8"><title>{title}</title>{head}</head>
<body><h1>{title}</h1><p>What the blogger wrote.</p><section id="talk">{talk}</section>
<footer id="below">The end of the page</footer></body></html>
"""


class Stage(AbstractContextManager["Stage"]):
    """A port that serves another app in each test."""

    def __init__(self, host: str, bind: str = "127.0.0.1") -> None:
        self.app: WSGIApplication = Response(status=404)
        self.cookies: list[str] = []
        self.adding: dict[str, str] = {}  # headers added to every answer
        self._server = listen(self, bind, 0, threads=4)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self.origin = f"http://{host}:{self._server.port}"

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        def noting(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            self.cookies += [value for name, value in headers if name.lower() == "set-cookie"]
            return start_response(status, [*headers, *self.adding.items()], *more)

        return self.app(environ, noting)

    def __enter__(self) -> "Stage":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        self._thread.join(10)


@dataclass
class Blog:
    """A blog with one post; defaults are those of a typical blog."""

    origin: str
    service: str
    title: str = "A post"
    lang: str = "en"
    head: str = ""
    policy: str = POLICY
    talk: str = ""
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def snippet(self) -> str:
        """Return the embed code."""
        said = {"site": "default", **self.attributes}
        data = Markup(" ").join(Markup('data-{}="{}"').format(k, v) for k, v in said.items())
        return f'<script src="{self.service}/embed.js" {data} async></script>'

    def app(self) -> Flask:
        """Return the blog as a WSGI app."""
        app = Flask("blog", static_folder=None)

        @app.get("/favicon.ico")
        def favicon() -> Response:
            return Response(status=204)

        @app.get("/<path:name>")
        def post(name: str) -> Response:
            talk = self.talk or self.snippet
            html = PAGE.format(
                lang=self.lang, title=escape(self.title), head=self.head, talk=talk, name=name
            )
            answer = Response(html)
            answer.headers["Content-Security-Policy"] = self.policy.format(service=self.service)
            return answer

        return app


class World:
    """The service with its blog, and existing people."""

    def __init__(self, app: Flask, service: str, blog: Blog) -> None:
        self.app = app
        self.service = service
        self.blog = blog
        self.post = f"{blog.origin}/post"
        self.people: dict[str, Guest] = {}

    def person(self, name: str) -> Guest:
        """Return a reader with a separate network, the same one every time."""
        guest = self.people.setdefault(name, Guest(self.app, name))
        guest.page = {"site": "default", "url": self.post, "title": self.blog.title}
        return guest

    def say(self, name: str, text: str, **more: Any) -> int:
        """Submit a comment as a person; return its id."""
        answer = self.person(name).say(text, **more)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return int(answer.get_json()["id"])

    def texts(self) -> str:
        """Return the texts of the public thread."""
        return self.person("Nobody").thread()

    @property
    def thread_page(self) -> str:
        """Return the URL of the thread's own page."""
        return f"{self.service}/thread.html?site=default&url={self.post}&title={self.blog.title}"

    def link(self, name: str = "Mod") -> str:
        """Return a moderator's one-time link."""
        return self._ticket(name)

    def setup_link(self) -> str:
        """Return the set-up link."""
        return self._ticket("")

    def _ticket(self, name: str) -> str:
        with self.app.app_context(), transaction() as session:
            state = self.app.extensions["comments"]
            person = None
            if name:
                email = f"{name.lower()}@blog.example"
                person = login.add_moderator(
                    session=session, runtime=state, name=name, email=email, password="ten letters"
                )
            purpose, token = login.create_link(session=session, runtime=state, moderator=person)
        return f"{self.service}/moderation/{purpose}/{token}"
