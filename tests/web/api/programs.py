"""Two sites, their moderators, and programs with keys of every scope."""

from collections.abc import Sequence
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from comment_service.actions.admin import api_keys
from comment_service.storage.admin import sites
from comment_service.storage.db.session import transaction
from tests.people import Moderator

ALL = ("read", "comment", "score", "moderate", "manage")
ORIGINS = {"default": "https://blog.example", "other": "https://other.example"}


def two_sites(app: Flask) -> None:
    """Add a second site."""
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        sites.ensure_site(current, key="other", name="Other", origins=[ORIGINS["other"]], now=now)


def make_key(
    app: Flask,
    site: str | None = "default",
    scopes: Sequence[str] = ALL,
    by: Moderator | None = None,
) -> str:
    """Make a key of a site (None: of every site) that acts for a moderator."""
    with app.app_context(), transaction() as current:
        row = sites.find(current, site) if site else None
        made = api_keys.create(
            session=current,
            runtime=app.extensions["comments"],
            site_id=row.id if row else None,
            name="a program",
            scopes=scopes,
            by=None,
            acts_for=by.id if by else None,
        )
        return made.token


class Program:
    """A program with a key."""

    def __init__(self, app: Flask, key: str) -> None:
        self.key, self.client = key, app.test_client()

    def call(self, method: str, path: str, json: Any = None, **headers: str) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.key}", **headers} if self.key else headers
        return self.client.open(f"/api/v1{path}", method=method, json=json, headers=sent)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, json: Any = None, **headers: str) -> TestResponse:
        return self.call("POST", path, json, **headers)

    def say(self, text: str, site: str = "default", name: str = "Ann", **more: Any) -> TestResponse:
        """Submit a comment on a page of a site."""
        headers = more.pop("headers", {})
        url = more.pop("url", f"{ORIGINS[site]}/post")
        body = {"url": url, "title": "A post", "text": text, "author": {"name": name}, **more}
        return self.post(f"/comments?site={site}", body, **headers)


def program(
    app: Flask,
    site: str | None = "default",
    scopes: Sequence[str] = ALL,
    by: Moderator | None = None,
) -> Program:
    return Program(app, make_key(app, site, scopes, by))
