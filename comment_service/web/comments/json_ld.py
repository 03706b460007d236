"""A thread for search engines: schema.org's ``DiscussionForumPosting``, as JSON-LD."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask import json
from markupsafe import Markup

from comment_service.storage.tables import PUBLISHED
from comment_service.text import markdown
from comment_service.web.comments.view_models import CommentView, ThreadView

LONGEST = 5000
"""Characters of a comment that are told."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def posting(thread: ThreadView) -> dict[str, Any]:
    """Return the thread as schema.org describes one; only what is public is in it."""
    return {
        "@context": "https://schema.org",
        "@type": "DiscussionForumPosting",
        "headline": thread.page_title,
        "url": thread.page_url,
        "mainEntityOfPage": thread.page_url,
        "inLanguage": thread.locale,
        "commentCount": thread.count,
        "interactionStatistic": _liked(thread.page_like_count),
        "comment": _comments(thread.comments, thread.page_url),
    }


def _comments(views: Sequence[CommentView], page_url: str) -> list[dict[str, Any]]:
    return [_comment(view, page_url) for view in views if view.status == PUBLISHED or view.replies]


def _comment(view: CommentView, page_url: str) -> dict[str, Any]:
    told: dict[str, Any] = {"@type": "Comment", "url": f"{page_url}#{view.anchor}"}
    if view.status == PUBLISHED:
        told |= {
            "text": markdown.plain(view.html, LONGEST),
            "datePublished": view.created.isoformat(),
            "author": _author(view),
            "interactionStatistic": _liked(view.like_count),
        }
    if view.edited:
        told["dateModified"] = view.edited.isoformat()
    if replies := _comments(view.replies, page_url):
        told["comment"] = replies
    return told


def _author(view: CommentView) -> Mapping[str, str]:
    person = {"@type": "Person", "name": view.author_name}
    return {**person, "url": view.author_url} if view.author_url else person


def _liked(number: int) -> Mapping[str, object]:
    return {
        "@type": "InteractionCounter",
        "interactionType": "https://schema.org/LikeAction",
        "userInteractionCount": number,
    }


def _without_braces(string: re.Match[str]) -> str:
    """Leave nothing in a string that a site's generator could take for a template's own."""
    return string[0].replace("{", "\\u007b").replace("}", "\\u007d")


def script(thread: ThreadView) -> Markup:
    """Return the element that carries it; nothing in a comment can end it."""
    data = json.dumps(posting(thread), ensure_ascii=False)
    safe = data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    safe = _STRING.sub(_without_braces, safe)
    return Markup('<script type="application/ld+json">{}</script>').format(Markup(safe))  # noqa: S704 - no bracket is left in it
