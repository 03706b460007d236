"""The data of an event as webhooks send it: what it names, as it is now.

Nothing is sent that a moderator does not see, and neither e-mail addresses nor hashes of networks.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from comment_service.notify.templates import service_url
from comment_service.runtime import Runtime
from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment, Page, Site, WebhookDelivery
from comment_service.text.addresses import comment_url

_Row = TypeVar("_Row", Comment, Page)


def event_data(runtime: Runtime, site: Site, row: WebhookDelivery) -> Mapping[str, Any]:
    """Return the JSON object of an event: ``type``, ``timestamp`` and ``data``."""
    data: dict[str, Any] = {"site": {"key": site.key, "name": site.name}, **row.payload}
    comment = _of_site(session().get(Comment, row.payload.get("comment_id") or 0), site)
    page = _of_site(session().get(Page, row.payload.get("page_id") or 0), site)
    if page is None and comment is not None:
        page = comment.page
    if "comment_id" in row.payload:
        data["comment"] = None if comment is None else _comment(runtime, comment)
    if "page_id" in row.payload or comment is not None:
        data["page"] = None if page is None else _page(page)
    return {"type": row.type, "timestamp": row.created_at.isoformat(), "data": data}


def _of_site(row: _Row | None, site: Site) -> _Row | None:
    return row if row is not None and row.site_id == site.id else None


def _comment(runtime: Runtime, comment: Comment) -> Mapping[str, Any]:
    return {
        "id": comment.id,
        "status": comment.status,
        "url": comment_url(comment.page.url, comment.id),
        "moderation_url": service_url(runtime, f"/moderation/comments/{comment.id}"),
        "page_id": comment.page_id,
        "parent_id": comment.parent_id,
        "author": {
            "name": comment.name,
            "url": comment.url,
            "identity": comment.identity,
            "moderator": comment.by_moderator,
            "owner": comment.by_owner,
        },
        "source_url": comment.source_url,
        "text": comment.text,
        "html": comment.html,
        "score": comment.score,
        "likes": comment.like_count,
        "reports": comment.report_count,
        "created_at": comment.created_at.isoformat(),
        "edited_at": comment.edited_at.isoformat() if comment.edited_at else None,
    }


def _page(page: Page) -> Mapping[str, Any]:
    return {"id": page.id, "url": page.url, "title": page.title, "comments": page.comment_count}
