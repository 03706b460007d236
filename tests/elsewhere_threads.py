"""Servers that speak the APIs of Mastodon and Bluesky, as far as replies need them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from sqlalchemy import select

from comment_service.actions.pages import syndicate
from comment_service.notify import syndicated_threads
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Comment, Page, SyndicatedThread
from tests.notify.receiver import Received, Receiver, receiving
from tests.people import PAGE

Answer = int | tuple[int, dict[str, str], bytes]
JSON = {"Content-Type": "application/json; charset=utf-8"}
DID = "did:plc:{name}"


def as_json(value: Any, status: int = 200, **headers: str) -> Answer:
    return status, {**JSON, **headers}, json.dumps(value).encode()


class Social:
    """A server of posts; ``fail`` answers in its place, if it returns something."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.posts: dict[str, dict[str, Any]] = {}
        self.fail: Callable[[Received], Answer | None] = lambda _received: None
        self.headers: dict[str, str] = {}
        receiver.reply = self._reply

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.receiver.port}"

    def asked(self, piece: str = "") -> int:
        """Return how many requests had a piece in their address."""
        return sum(piece in one.path for one in self.receiver.got)

    def _reply(self, received: Received) -> Answer:
        failed = self.fail(received)
        return self.answer(received) if failed is None else failed

    def answer(self, received: Received) -> Answer:
        raise NotImplementedError


class MastodonServer(Social):
    """Statuses by id; a context has at most ``limit`` descendants."""

    limit = 60

    def post(self, key: str, text: str = "", to: str = "", by: str = "ann", **more: Any) -> str:
        """Publish a status; return its address."""
        account = {
            "id": f"7{len(by)}{by}", "acct": by, "url": f"{self.origin}/@{by}",
            "display_name": by.title(), "emojis": [], **more.pop("account", {}),
        }  # fmt: skip
        self.posts[key] = {
            "id": key, "in_reply_to_id": to or None, "content": f"<p>{text}</p>",
            "visibility": "public", "spoiler_text": "", "created_at": "2026-11-01T11:00:00.000Z",
            "url": f"{self.origin}/@{by}/{key}", "account": account, "media_attachments": [],
            "favourites_count": 3, **more,
        }  # fmt: skip
        return f"{self.origin}/@{by}/{key}"

    def below(self, key: str) -> list[dict[str, Any]]:
        found = []
        for one in self.posts.values():
            if one["in_reply_to_id"] == key:
                found += [one, *self.below(one["id"])]
        return found

    def answer(self, received: Received) -> Answer:
        parts = urlsplit(received.path).path.removeprefix("/api/v1/statuses/").split("/")
        if parts[0] not in self.posts:
            return as_json({"error": "Record not found"}, 404, **self.headers)
        for one in self.posts.values():
            one.setdefault("replies_count", sum(
                other["in_reply_to_id"] == one["id"] for other in self.posts.values()
            ))  # fmt: skip
        if parts[1:] == ["context"]:
            shown = self.below(parts[0])[: self.limit]
            return as_json({"ancestors": [], "descendants": shown}, **self.headers)
        return as_json(self.posts[parts[0]], **self.headers)


class BlueskyServer(Social):
    """Posts by their last part; authors by handle."""

    def post(self, key: str, text: str = "", to: str = "", by: str = "ann", **more: Any) -> str:
        """Publish a post; return its address in the app."""
        uri = f"at://{DID.format(name=by)}/app.bsky.feed.post/{key}"
        record = {"text": text, "createdAt": "2026-11-01T11:00:00.000Z", **more.pop("record", {})}
        if to:
            record["reply"] = {"parent": {"uri": self.posts[to]["uri"]}}
        author = {
            "did": DID.format(name=by), "handle": f"{by}.example", "displayName": by.title(),
            "labels": [], **more.pop("author", {}),
        }  # fmt: skip
        self.posts[key] = {
            "uri": uri, "author": author, "record": record, "to": to, "labels": [], **more,
        }  # fmt: skip
        return f"https://bsky.app/profile/{by}.example/post/{key}"

    def _thread(self, key: str) -> dict[str, Any]:
        below = [self._thread(one) for one, post in self.posts.items() if post["to"] == key]
        kind = "app.bsky.feed.defs#threadViewPost"
        gone = {"$type": "app.bsky.feed.defs#notFoundPost", "notFound": True, "uri": "at://x"}
        return {"$type": kind, "post": self.posts[key], "replies": [*below, gone]}

    def answer(self, received: Received) -> Answer:
        url = urlsplit(received.path)
        given = parse_qs(url.query)
        if url.path.endswith("resolveHandle"):
            name = given["handle"][0].partition(".")[0]
            known = any(
                one["author"]["handle"] == given["handle"][0] for one in self.posts.values()
            )
            if not known:
                return as_json({"error": "InvalidRequest", "message": "Unable to resolve"}, 400)
            return as_json({"did": DID.format(name=name)})
        if url.path.endswith("getPosts"):
            found = [one for one in self.posts.values() if one["uri"] in given["uris"]]
            return as_json({"posts": found})
        key = given["uri"][0].rpartition("/")[2]
        if key not in self.posts:
            return as_json({"error": "NotFound", "message": "Post not found"}, 400)
        return as_json({"thread": self._thread(key)})


@contextmanager
def mastodon_server() -> Iterator[MastodonServer]:
    with receiving() as receiver:
        yield MastodonServer(receiver)


@contextmanager
def bluesky_server() -> Iterator[BlueskyServer]:
    with receiving() as receiver:
        yield BlueskyServer(receiver)


def page_id(app: Flask, url: str = PAGE, site: str = "default") -> int:
    """Return the page at an address; it may have no comments yet."""
    with app.app_context(), transaction() as current:
        found = sites.find(current, site)
        assert found is not None
        now = app.extensions["comments"].now()
        return sites.ensure_page(current, site_id=found.id, url=url, title="", now=now).id


def add(app: Flask, url: str, page: str = PAGE, site: str = "default") -> int:
    """Show the replies of a post under a page; return the thread's id."""
    number = page_id(app, page, site)
    with app.app_context(), transaction() as current:
        state = app.extensions["comments"]
        return syndicate.add(
            session=current, runtime=state, page_id=number, url=url, actor="test"
        ).id


def read(app: Flask) -> int:
    """Let the worker read what is due."""
    with app.app_context():
        return syndicated_threads.deliver_due(app.extensions["comments"])


def read_again(app: Flask, thread_id: int = 1) -> None:
    """Read a thread as if a moderator had asked for it."""
    with app.app_context(), transaction() as current:
        row = current.get_one(SyndicatedThread, thread_id)
        syndicate.read_now(
            session=current, runtime=app.extensions["comments"], page_id=row.page_id,
            thread_id=thread_id, actor="test",
        )  # fmt: skip
    assert read(app) >= 1


def remove(app: Flask, thread_id: int, *, keep: bool) -> None:
    with app.app_context(), transaction() as current:
        row = current.get_one(SyndicatedThread, thread_id)
        syndicate.remove(
            session=current, runtime=app.extensions["comments"], page_id=row.page_id,
            thread_id=thread_id, keep_replies=keep, actor="test",
        )  # fmt: skip


def comments(app: Flask, url: str = PAGE) -> list[Comment]:
    with app.app_context():
        query = select(Comment).join(Page).where(Page.url == url)
        return list(session().scalars(query.order_by(Comment.id)))


def texts(app: Flask, url: str = PAGE) -> list[str]:
    """Return the texts of a page's comments that are not deleted."""
    return [one.text for one in comments(app, url) if one.status != "deleted"]


def thread(app: Flask, thread_id: int = 1) -> SyndicatedThread:
    with app.app_context():
        return session().get_one(SyndicatedThread, thread_id)
