"""Replies of a post on a server that speaks Mastodon's API.

A visitor without an account sees at most 60 replies of a post, 20 levels deep. So the threads below
replies that have more are asked for too, some at a time: others with each reading, as a server may
count replies that it never shows.
"""

import re
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from comment_service.text.imported import plain_text
from comment_service.text.syndication import PostAddress

VISIBLE = ("public", "unlisted")
MAX_BRANCHES = 10
"""Threads below replies that one reading asks for."""
MAX_LOOKED_UP = 20
"""Posts that one reading looks up on their own."""
MAX_REPLIES = 500
"""Replies of one post."""
_ALWAYS = (("id",), ("visibility",), ("account", "acct"))
"""What every status has; an answer without it is none, and does not say that a post is hidden."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_EMOJI = re.compile(r":([\w-]{1,100}):", re.ASCII)


class Mastodon:
    """A post on one server."""

    def __init__(self, client: Client, address: PostAddress) -> None:
        """Prepare to ask the server of the post."""
        self._client, self._address = client, address

    def read(self, etag: str, *, is_first: bool) -> Thread:
        """Return the public replies; see ``thread_api.Service``."""
        root, published = self._address.id, None
        if is_first:
            post, _etag = self._client.get(self._url(root))
            published = time_of(text_at(post, "created_at"))
        answer, found = self._client.get(self._url(root, "/context"), etag=etag)
        seen: dict[str, Reply | None] = {}
        counts: Counter[str] = Counter()
        more = self._take(answer, seen, counts)
        asked = 0
        while more and asked < MAX_BRANCHES and len(seen) < MAX_REPLIES and not self._client.wait:
            asked += 1
            branch = more.pop(secrets.randbelow(len(more)))  # so that each has its turn
            try:
                below, _etag = self._client.get(self._url(branch, "/context"))
            except GoneError:
                continue  # deleted since the first answer
            more += self._take(below, seen, counts)
        replies = [one for one in seen.values() if one is not None]
        return Thread(
            replies[:MAX_REPLIES],
            root,
            published,
            etag="" if more else found,
            is_cut=bool(more) and len(seen) < MAX_REPLIES,
        )

    def _take(
        self, answer: Mapping[str, Any], seen: dict[str, Reply | None], counts: Counter[str]
    ) -> list[str]:
        """Add the replies of an answer; return those that have more replies than it shows."""
        here: dict[str, int] = {}
        for status in list_at(answer, "descendants")[:MAX_REPLIES]:
            key, above = text_at(status, "id"), text_at(status, "in_reply_to_id")
            if not _ID.fullmatch(key) or key in seen:
                continue
            seen[key] = self._reply(status)
            counts[above] += 1
            number = status.get("replies_count")
            here[key] = number if isinstance(number, int) else 0
        return [key for key, number in here.items() if number > counts[key]]

    def look_up(self, ids: Sequence[str]) -> Mapping[str, Reply | None]:
        """Return some posts; see ``thread_api.Service``."""
        found: dict[str, Reply | None] = {}
        for key in ids[:MAX_LOOKED_UP]:
            if self._client.wait:
                break
            try:
                status, _etag = self._client.get(self._url(key))
            except GoneError:
                found[key] = None
            else:
                if not all(text_at(status, *path) for path in _ALWAYS):
                    raise fetching.unusable()
                reply = self._reply(status)
                found[key] = replace(reply, id=key) if reply else None
        return found

    def _url(self, key: str, more: str = "") -> str:
        return f"{self._address.server}/api/v1/statuses/{key}{more}"

    def _reply(self, status: Mapping[str, Any]) -> Reply | None:
        """Return a status as a reply, None if it is not public or says nothing of its author."""
        account = status.get("account")
        handle = text_at(account, "acct")[:MAX_ID]
        if text_at(status, "visibility") not in VISIBLE or not handle:
            return None
        server, key = self._address.server, text_at(status, "id")
        home = address_at(account, "url") or f"{server}/@{handle}"
        return Reply(
            id=key,
            parent=text_at(status, "in_reply_to_id"),
            url=address_at(status, "url") or f"{server}/@{handle}/{key}",
            author_id=text_at(account, "id")[:MAX_ID] or home,
            author_url=home,
            name=_name(account) or f"@{handle}",
            text=_text(status),
            published=time_of(text_at(status, "created_at")),
        )


def _name(account: Any) -> str:
    """Return the display name without the short codes of custom emoji."""
    own = {text_at(one, "shortcode") for one in list_at(account, "emojis")}
    name = text_at(account, "display_name")[:MAX_ID]
    return _EMOJI.sub(lambda found: "" if found[1] in own else found[0], name).strip()


def _text(status: Mapping[str, Any]) -> str:
    """Return the content warning and the text; descriptions of the media if there is no text."""
    said = plain_text(text_at(status, "content")[:MAX_TEXT])
    media = [text_at(one, "description") for one in list_at(status, "media_attachments")[:20]]
    warning = text_at(status, "spoiler_text")[:MAX_TEXT].strip()
    said = said or "\n".join(filter(None, media))[:MAX_TEXT]
    return "\n\n".join(filter(None, (warning, said)))
