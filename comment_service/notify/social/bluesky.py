"""Replies of a post on Bluesky, from its public API."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from comment_service import fetching
from comment_service.notify.social.thread_api import (
    MAX_ID,
    MAX_TEXT,
    Client,
    GoneError,
    Reply,
    Thread,
    address_at,
    list_at,
    text_at,
    time_of,
)
from comment_service.text.syndication import BLUESKY_HOST, PostAddress

API = "https://public.api.bsky.app"
DEPTH = 100
"""Levels of replies that are asked for."""
MAX_REPLIES = 500
"""Replies of one post."""
MAX_AT_ONCE = 25
"""Posts that the API returns at once."""
SIGNED_IN_ONLY = "!no-unauthenticated"
"""Label of authors who do not want to be shown to visitors without an account."""
HIDDEN = ("!hide", "!takedown", SIGNED_IN_ONLY)
_URI = re.compile(
    r"at://(did:[a-z]+:[A-Za-z0-9._:%-]{1,250})/app\.bsky\.feed\.post/([A-Za-z0-9._~-]{1,64})",
    re.ASCII,
)
_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,250}", re.ASCII)
_GONE = ("app.bsky.feed.defs#notFoundPost", "app.bsky.feed.defs#blockedPost")
"""Types of what the API returns in place of a post."""
_ENDS = ("byteStart", "byteEnd")


class Bluesky:
    """A post on Bluesky."""

    def __init__(self, client: Client, address: PostAddress, post_id: str = "") -> None:
        """Prepare to ask for the post; ``post_id`` stays when its author takes another name."""
        self._client, self._address, self._post_id = client, address, post_id

    def read(self, etag: str, *, is_first: bool) -> Thread:
        """Return the public replies; see ``thread_api.Service``."""
        _ = is_first  # every answer has the post
        uri = self._post_id or f"at://{self._did()}/app.bsky.feed.post/{self._address.id}"
        answer, found = self._client.get(
            f"{API}/xrpc/app.bsky.feed.getPostThread",
            etag=etag,
            uri=uri,
            depth=str(DEPTH),
            parentHeight="0",
        )
        root = answer.get("thread")
        if text_at(root, "$type") in _GONE:
            raise GoneError
        if not text_at(root, "post", "uri"):
            raise fetching.unusable()
        self._post_id = uri
        posts: list[tuple[Any, str]] = []
        waiting = [(one, uri) for one in list_at(root, "replies")]
        for node, above in waiting:  # breadth first; grows while it is read
            if len(posts) >= MAX_REPLIES:
                break
            key = text_at(node, "post", "uri")
            if key:
                posts.append((node["post"], above))
                waiting += [(one, key) for one in list_at(node, "replies")]
        replies = [reply for post, above in posts if (reply := _reply(post, above)) is not None]
        published = time_of(text_at(root, "post", "record", "createdAt"))
        return Thread(replies, uri, published, etag=found)

    def _did(self) -> str:
        """Return the permanent id of the post's author.

        Raises:
            FetchError: there is no such account, or it cannot be asked for.
        """
        if self._address.user.startswith("did:"):
            return self._address.user
        answer, _etag = self._client.get(
            f"{API}/xrpc/com.atproto.identity.resolveHandle", handle=self._address.user
        )
        did = text_at(answer, "did")
        if not _DID.fullmatch(did):
            raise GoneError
        return did

    def look_up(self, ids: Sequence[str]) -> Mapping[str, Reply | None]:
        """Return some posts; see ``thread_api.Service``.

        The API leaves out posts that are gone. It is asked for the thread's own post too, which was
        just read: an answer without that one says nothing about the others.
        """
        if self._client.wait:
            return {}
        asked = ids[: MAX_AT_ONCE - 1]
        uris = [self._post_id, *asked]
        answer, _etag = self._client.get(f"{API}/xrpc/app.bsky.feed.getPosts", uris=uris)
        posts = list_at(answer, "posts")
        if self._post_id not in [text_at(post, "uri") for post in posts]:
            raise fetching.unusable()
        found: dict[str, Reply | None] = dict.fromkeys(asked)
        for post in posts:
            reply = _reply(post, text_at(post, "record", "reply", "parent", "uri"))
            if reply is not None and reply.id in found:
                found[reply.id] = reply
        return found


def _reply(post: Any, above: str) -> Reply | None:
    """Return a post as a reply, None if its author hides it or it is no post."""
    uri = _URI.fullmatch(text_at(post, "uri"))
    author = post.get("author") if isinstance(post, dict) else None
    if uri is None or len(uri[0]) > MAX_ID or text_at(author, "did") != uri[1]:
        return None
    labels = {text_at(one, "val") for one in (*list_at(post, "labels"), *list_at(author, "labels"))}
    if labels & set(HIDDEN):
        return None
    home = f"https://{BLUESKY_HOST}/profile/{uri[1]}"
    handle = text_at(author, "handle")[:MAX_ID]
    return Reply(
        id=uri[0],
        parent=above,
        url=f"{home}/post/{uri[2]}",
        author_id=uri[1],
        author_url=home,
        name=text_at(author, "displayName")[:MAX_ID].strip() or f"@{handle or uri[1]}",
        text=_text(post),
        published=time_of(text_at(post, "record", "createdAt")),
    )


def _text(post: Any) -> str:
    """Return the text with whole addresses, then the linked card or the pictures' descriptions."""
    record = post.get("record")
    said = _with_addresses(record, text_at(record, "text")[:MAX_TEXT])
    embed = record.get("embed") if isinstance(record, dict) else None
    card = address_at(embed, "external", "uri")
    if card and card not in said:
        said = f"{said}\n\n{card}"
    media = [text_at(one, "alt") for one in list_at(embed, "images")[:20]]
    return said.strip() or "\n".join(filter(None, media))[:MAX_TEXT]


def _with_addresses(record: Any, text: str) -> str:
    """Return a text in which links, which the app shortens, stand with their whole address."""
    body, done, parts = text.encode(), 0, []
    for start, end, url in sorted(_links(record)):
        if done <= start < end <= len(body):
            parts += [body[done:start], url.encode()]
            done = end
    return b"".join([*parts, body[done:]]).decode("utf-8", "replace")


def _links(record: Any) -> Sequence[tuple[int, int, str]]:
    """Return where the links of a post begin and end, in bytes, and their addresses."""
    found = []
    for facet in list_at(record, "facets")[:100]:
        index = facet.get("index") if isinstance(facet, dict) else None
        ends = [index.get(name) if isinstance(index, dict) else None for name in _ENDS]
        urls = [address_at(one, "uri") for one in list_at(facet, "features")[:5]]
        for url in filter(None, urls):
            if all(type(one) is int for one in ends):
                found.append((int(ends[0] or 0), int(ends[1] or 0), url))
    return found
