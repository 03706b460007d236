"""The request that delivers an event to each kind of target.

Texts of visitors are escaped for the target, so that nobody is mentioned and no link or formatting
comes from a comment.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

from comment_service import __version__
from comment_service.actions.admin.webhooks import EVENT_LABELS
from comment_service.storage.tables import Webhook, WebhookDelivery
from comment_service.text.markdown import plain_excerpt

EXCERPT = 300
"""Characters of a comment's text in a message."""
_TITLE = 150
_GITHUB = re.compile(r"https://api\.github\.com/repos/[^/]+/[^/]+/dispatches/?")

Event = Mapping[str, Any]
"""What ``webhook_payload.event_data`` returns."""


@dataclass(frozen=True)
class Request:
    """An HTTP request to make; ``signed`` ones get the headers of Standard Webhooks."""

    url: str
    body: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    signed: bool = False


@dataclass(frozen=True)
class Message:
    """An event in words; every text is unescaped."""

    title: str
    author: str
    excerpt: str
    link: str  # to the moderation page, else to the comment; "" if there is none


def request_of(webhook: Webhook, row: WebhookDelivery, event: Event) -> Request:
    """Return the request that delivers an event to a webhook."""
    return _REQUESTS[webhook.kind](webhook, row, event)


def headers_of(webhook: Webhook, request: Request) -> Mapping[str, str]:
    """Return the headers of a request without its signature."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"comment_service/{__version__}",
        "Accept": "*/*",
        **request.headers,
    }
    if webhook.authorization:
        headers["Authorization"] = webhook.authorization
    return headers


def signature_headers(
    secrets: Sequence[str], event_id: str, now: datetime, body: str
) -> Mapping[str, str]:
    """Return the headers of Standard Webhooks, with one signature for each valid secret."""
    timestamp = str(int(now.timestamp()))
    signed = f"{event_id}.{timestamp}.{body}".encode()
    signatures = []
    for secret in secrets:
        key = base64.b64decode(secret.partition("_")[2])
        digest = hmac.new(key, signed, hashlib.sha256).digest()
        signatures.append(f"v1,{base64.b64encode(digest).decode()}")
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _webhook(webhook: Webhook, _row: WebhookDelivery, event: Event) -> Request:
    return Request(webhook.url, _json(event), signed=True)


def _build(webhook: Webhook, row: WebhookDelivery, event: Event) -> Request:
    """Trigger a build; GitHub's ``repository_dispatch`` has a form of its own."""
    if _GITHUB.fullmatch(webhook.url):
        about = {"event": row.type, "id": row.event_id, "site": event["data"]["site"]["key"]}
        body = _json({"event_type": "comments", "client_payload": about})
        return Request(webhook.url, body, headers={"Accept": "application/vnd.github+json"})
    return Request(webhook.url, _json({"type": row.type, "id": row.event_id}), signed=True)


_DETAILS = ("decision", "moderator", "kind", "emoji", "to_url", "sentence", "reason", "error")
"""Values of a payload that a message shows if it has no comment's text."""


def message_of(event: Event) -> Message:
    """Put an event into words: what happened, where, by whom, and the beginning of the text."""
    data = event["data"]
    comment, page = data.get("comment") or {}, data.get("page") or {}
    where = page.get("title") or page.get("url") or data["site"]["name"]
    title = f"{EVENT_LABELS[event['type']]}: {where}"
    excerpt = plain_excerpt(comment.get("html", ""), EXCERPT)
    details = [str(data[name]) for name in _DETAILS if data.get(name)]
    if details:
        excerpt = " · ".join([", ".join(details)[:EXCERPT], *filter(None, [excerpt])])
    return Message(
        title=_one_line(title)[:_TITLE],
        author=_one_line(comment.get("author", {}).get("name", ""))[:_TITLE],
        excerpt=_one_line(excerpt),
        link=comment.get("moderation_url") or comment.get("url") or page.get("url", ""),
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _said(message: Message, escaped: Callable[[str], str]) -> str:
    """Return author and excerpt, escaped."""
    author, excerpt = escaped(message.author), escaped(message.excerpt)
    return f"{author}: {excerpt}" if author and excerpt else author or excerpt


def _slack(webhook: Webhook, _row: WebhookDelivery, event: Event) -> Request:
    found = message_of(event)
    lines = [f"*{_slack_text(found.title)}*", _said(found, _slack_text)]
    if found.link:
        lines.append(f"<{quote(found.link, safe=_URL)}|Open>")
    text = "\n".join(filter(None, lines))
    section = {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
    fallback = _slack_text(found.title)
    return Request(webhook.url, _json({"text": fallback, "blocks": [section]}))


_URL = "%/:=&?~#+!$,;'@()*[]"
_NO_WIDTH = "\u200b"


def _slack_text(text: str) -> str:
    """Escape a text for mrkdwn: control characters as entities, formatting made inert."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([*_~`])", rf"{_NO_WIDTH}\1{_NO_WIDTH}", text)


def _discord(webhook: Webhook, _row: WebhookDelivery, event: Event) -> Request:
    found = message_of(event)
    lines = [f"**{_discord_text(found.title)}**", _said(found, _discord_text)]
    if found.link:
        lines.append(f"<{quote(found.link, safe=_URL)}>")
    body = {"content": "\n".join(filter(None, lines)), "allowed_mentions": {"parse": []}}
    return Request(webhook.url, _json(body))


def _discord_text(text: str) -> str:
    r"""Escape a text for Discord's Markdown; "://" too, or the address would become a link."""
    return re.sub(r"([\\*_~`|>#\[\]()<:@-])", r"\\\1", text)


def _ntfy(webhook: Webhook, row: WebhookDelivery, event: Event) -> Request:
    """Publish as JSON, which takes every character; the topic goes from the path to the body."""
    found, parts = message_of(event), urlsplit(webhook.url)
    path, _, topic = parts.path.rstrip("/").rpartition("/")
    body: dict[str, object] = {
        "topic": topic,
        "title": found.title,
        "message": _said(found, str) or found.title,
    }
    if found.link:
        body["click"] = found.link
    url = urlunsplit((parts.scheme, parts.netloc, f"{path}/", parts.query, ""))
    return Request(url, _json(body))


def _matrix(webhook: Webhook, row: WebhookDelivery, event: Event) -> Request:
    """Send to a room; the event id is the transaction id, so a repetition is no second message."""
    found = message_of(event)
    said = _said(found, str)
    html = [f"<strong>{escape(found.title)}</strong>", escape(said)]
    if found.link:
        html.append(f'<a href="{escape(found.link)}">Open</a>')
    body = {
        "msgtype": "m.notice",
        "body": "\n".join(filter(None, [found.title, said, found.link])),
        "format": "org.matrix.custom.html",
        "formatted_body": "<br>".join(filter(None, html)),
        "m.mentions": {},
    }
    url = f"{webhook.url.rstrip('/')}/{row.event_id}"
    return Request(url, _json(body), method="PUT")


def _telegram(webhook: Webhook, _row: WebhookDelivery, event: Event) -> Request:
    found, parts = message_of(event), urlsplit(webhook.url)
    lines = [f"<b>{escape(found.title)}</b>", _said(found, escape)]
    if found.link:
        lines.append(f'<a href="{escape(found.link)}">Open</a>')
    body = {
        "chat_id": parse_qs(parts.query)["chat_id"][0],
        "text": "\n".join(filter(None, lines)),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    url = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    return Request(url, _json(body))


_REQUESTS: Mapping[str, Callable[[Webhook, WebhookDelivery, Event], Request]] = {
    "webhook": _webhook,
    "slack": _slack,
    "discord": _discord,
    "ntfy": _ntfy,
    "matrix": _matrix,
    "telegram": _telegram,
    "build": _build,
}
