"""Those who use the service in the tests: a guest with a browser, a moderator with a session."""

import itertools
import re
import secrets
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from comment_service.actions.admin import login
from comment_service.storage.admin import sites
from comment_service.storage.db.session import transaction
from comment_service.storage.tables import Site

PAGE = "https://blog.example/post"
_networks = itertools.count(1)


class Guest:
    """A reader whose browser speaks JSON, as the script does."""

    def __init__(self, app: Flask, name: str = "Ada", network: str = "") -> None:
        self.app = app
        self.name = name
        self.client = app.test_client()
        number = next(_networks)
        self.network = network or f"198.51.{number // 250}.{number % 250 + 1}"
        self.token = ""
        self.page = {"site": "default", "url": PAGE, "title": "A post"}

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(path, query_string={**self.page, **query}, headers=self._headers())

    def form_token(self) -> str:
        return str(self.get("/form-token").get_json()["token"])

    def fields(self, text: str, **more: Any) -> dict[str, Any]:
        """Return a comment's fields with a fresh token and key."""
        self.page["url"] = more.pop("url", self.page["url"])
        token = self.form_token()
        fresh = {"token": token, "key": secrets.token_hex(16), "name": self.name, "text": text}
        return {**self.page, **fresh, **more}

    def say(self, text: str, **more: Any) -> TestResponse:
        return self.post("/comments", self.fields(text, **more))

    def like(self, comment: int | None = None, liked: bool = True) -> TestResponse:
        return self.post("/likes", {**self.page, "comment": comment, "liked": liked})

    def report(self, comment: int, kind: str = "spam", words: str = "") -> TestResponse:
        body = {"comment": comment, "kind": kind, "words": words, "token": self.form_token()}
        return self.post("/reports", body)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> TestResponse:
        answer = self.client.post(
            path,
            json=body,
            headers={**self._headers(), **headers},
            environ_overrides={"REMOTE_ADDR": self.network},
        )
        told = answer.get_json(silent=True)
        if isinstance(told, dict) and told.get("visitor"):
            self.token = told["visitor"]
        return answer

    def thread(self, **query: Any) -> str:
        """Return the thread as anybody reads it."""
        found = self.app.test_client().get("/thread", query_string={**self.page, **query})
        return found.get_data(as_text=True)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


class Moderator:
    """Someone signed in to the moderation pages, with a seat on a site or on every one."""

    def __init__(self, app: Flask, name: str = "Mod", role: str = "owner", site: str = "") -> None:
        self.app = app
        self.client = app.test_client()
        with app.app_context(), transaction() as session:
            state = app.extensions["comments"]
            email = f"{name.lower()}@blog.example"
            where = sites.find(session, site) if site else None
            person = login.add_moderator(
                session=session,
                runtime=state,
                name=name,
                email=email,
                role=role,
                site_id=where.id if where else None,
            )
            self.id = person.id
            _purpose, token = login.create_link(session=session, runtime=state, moderator=person)
        link = f"/moderation/enter/{token}"
        page = self.client.get(link)
        self.client.post(link, data={"csrf_token": csrf(page)})
        self.token = csrf(self.client.get("/moderation/me/"))

    def queue(self, name: str = "pending", **query: Any) -> str:
        return self.client.get(f"/moderation/{name}", query_string=query).get_data(as_text=True)

    def post(self, path: str, **fields: str) -> TestResponse:
        return self.client.post(
            path,
            data={"csrf_token": self.token, **fields},
            headers={"Accept": "application/json"},
        )

    def decide(self, comment: int, decision: str) -> TestResponse:
        return self.post(f"/moderation/comments/{comment}/decide", decision=decision)


def ruled(app: Flask, **rules: Any) -> None:
    """Give the site rules that differ from the installation's."""
    with app.app_context(), transaction() as current:
        site = current.scalars(select(Site)).one()
        site.rules = {**site.rules, **rules}


def csrf(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    return found[1] if found else ""
