"""Structured data for search engines: schema.org's ``DiscussionForumPosting`` as JSON-LD."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask import json
from markupsafe import Markup

from comment_service.storage.tables import PUBLISHED
from comment_service.text import markdown
from comment_service.web.comments.view_models import CommentView, ThreadView

MAX_TEXT = 5000
"""Maximum characters of a comment's text."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def posting(thread: ThreadView) -> dict[str, Any]:
    """Return the thread as a schema.org object; it contains public data only."""
    return {
        "@context": "https://schema.org",
        "@type": "DiscussionForumPosting",
        "headline": thread.page_title,
        "url": thread.page_url,
        "mainEntityOfPage": thread.page_url,
        "inLanguage": thread.locale,
        "commentCount": thread.count,
        "interactionStatistic": _like_counter(thread.page_like_count),
        "comment": _comments(thread.comments, thread.page_url),
    }


def _comments(views: Sequence[CommentView], page_url: str) -> list[dict[str, Any]]:
    return [_comment(view, page_url) for view in views if view.status == PUBLISHED or view.replies]


def _comment(view: CommentView, page_url: str) -> dict[str, Any]:
    data: dict[str, Any] = {"@type": "Comment", "url": f"{page_url}#{view.anchor}"}
    if view.status == PUBLISHED:
        data |= {
            "text": markdown.plain_excerpt(view.html, MAX_TEXT),
            "datePublished": view.created.isoformat(),
            "author": _author(view),
            "interactionStatistic": _like_counter(view.like_count),
        }
    if view.edited:
        data["dateModified"] = view.edited.isoformat()
    if replies := _comments(view.replies, page_url):
        data["comment"] = replies
    return data


def _author(view: CommentView) -> Mapping[str, str]:
    person = {"@type": "Person", "name": view.author_name}
    return {**person, "url": view.author_url} if view.author_url else person


def _like_counter(number: int) -> Mapping[str, object]:
    return {
        "@type": "InteractionCounter",
        "interactionType": "https://schema.org/LikeAction",
        "userInteractionCount": number,
    }


def _escape_braces(string: re.Match[str]) -> str:
    """Escape braces in a JSON string: a site generator could read them as template syntax."""
    return string[0].replace("{", "\\u007b").replace("}", "\\u007d")


def script(thread: ThreadView) -> Markup:
    """Return the ``<script>`` element with the data; no comment's text can close it."""
    data = json.dumps(posting(thread), ensure_ascii=False)
    safe = data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    safe = _STRING.sub(_escape_braces, safe)
    return Markup('<script type="application/ld+json">{}</script>').format(Markup(safe))  # noqa: S704 - "<" and ">" are escaped
