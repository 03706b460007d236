"""The operations of the API as a table: route, scope and summary of each.

The shapes of query, body and answer are the annotations of the function that carries an operation
out. Those functions and shapes are imported by the first request, so that a process that only
serves readers does not pay for them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

PREFIX = "/api/v1"


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    ``name`` is the ``operationId`` and the name of the function; ``subject`` its module and the tag
    in the document. ``path`` is as Flask writes it, below ``PREFIX``.
    """

    name: str
    subject: str
    method: str
    path: str
    scope: str
    summary: str
    status: int = 200


def _read(name: str, subject: str, path: str, summary: str, scope: str = "read") -> Operation:
    return Operation(name, subject, "GET", path, scope, summary)


def _write(
    name: str, subject: str, route: str, scope: str, summary: str, *, status: int = 200
) -> Operation:
    method, path = route.split()
    return Operation(name, subject, method, path, scope, summary, status)


_COMMENT = "/comments/<id:comment_id>"
_PAGE = "/pages/<id:page_id>"

OPERATIONS = (
    _read("list_sites", "sites", "/sites", "List the sites of the key"),
    _read("get_site", "sites", "/sites/<site_key>", "Get a site"),
    _read("list_pages", "pages", "/pages", "List or search pages, newest first"),
    _read("get_page", "pages", _PAGE, "Get a page"),
    _write(
        "change_page",
        "pages",
        f"PATCH {_PAGE}",
        "moderate",
        "Change a page's title, or close or reopen its thread",
    ),
    _write(
        "send_webmentions",
        "pages",
        f"POST {_PAGE}/webmentions",
        "moderate",
        "Tell every site that a page links to, by Webmention",
        status=202,
    ),
    _read(
        "list_posts",
        "pages",
        f"{_PAGE}/posts",
        "List the posts on Mastodon and Bluesky whose replies a page shows",
        "moderate",
    ),
    _write(
        "add_post",
        "pages",
        f"POST {_PAGE}/posts",
        "moderate",
        "Show the replies of a post on Mastodon or Bluesky under a page",
        status=201,
    ),
    _write(
        "remove_post",
        "pages",
        f"DELETE {_PAGE}/posts/<id:post_id>",
        "moderate",
        "Show no more replies of a post",
        status=204,
    ),
    _read("get_page_thread", "pages", f"{_PAGE}/comments", "Read the public thread of a page"),
    _read("get_thread", "pages", "/thread", "Read the public thread at an address"),
    _read(
        "list_comments", "comments", "/comments", "List published or pending comments, newest first"
    ),
    _write(
        "create_comment",
        "comments",
        "POST /comments",
        "comment",
        "Submit a comment for a person; it is screened like any other",
        status=201,
    ),
    _read("get_comment", "comments", _COMMENT, "Get a comment"),
    _read(
        "list_replies",
        "comments",
        f"{_COMMENT}/replies",
        "List the public replies below a top-level comment, oldest first",
    ),
    _write(
        "reply_to_comment",
        "comments",
        f"POST {_COMMENT}/replies",
        "moderate",
        "Reply as the moderator for whom the key acts; publishes the comment",
        status=201,
    ),
    _write(
        "edit_comment",
        "comments",
        f"PATCH {_COMMENT}",
        "moderate",
        "Replace a comment's text; the old one is kept",
    ),
    _write(
        "delete_comment",
        "comments",
        f"DELETE {_COMMENT}",
        "moderate",
        "Delete a comment permanently",
        status=204,
    ),
    _read(
        "list_queue",
        "moderation",
        "/queue",
        "List comments with the filter's reasons, newest first",
        "moderate",
    ),
    _write(
        "decide_comment",
        "moderation",
        f"POST {_COMMENT}/decisions",
        "moderate",
        "Approve a comment, mark it as spam, reject it, or hold it",
        status=201,
    ),
    _write(
        "undo_decision",
        "moderation",
        "POST /decisions/<id:decision_id>/undo",
        "moderate",
        "Undo a comment's newest decision",
    ),
    _write(
        "decide_comments",
        "moderation",
        "POST /batches",
        "moderate",
        "Decide about up to 100 comments at once",
        status=201,
    ),
    _read("get_batch", "moderation", "/batches/<id:batch_id>", "Get a bulk action", "moderate"),
    _write(
        "undo_batch",
        "moderation",
        "POST /batches/<id:batch_id>/undo",
        "moderate",
        "Undo a bulk action",
    ),
    _read("get_rules", "settings", "/rules", "Get a site's rules", "manage"),
    _write("change_rules", "settings", "PATCH /rules", "manage", "Change some rules of a site"),
    _read("list_entries", "settings", "/lists", "List blocklist entries, newest first", "manage"),
    _write("add_entries", "settings", "POST /lists", "manage", "Add entries to a blocklist"),
    _write(
        "remove_entry",
        "settings",
        "DELETE /lists/<id:entry_id>",
        "manage",
        "Remove a blocklist entry",
        status=204,
    ),
    _read("list_team", "settings", "/team", "List the people with a role on a site", "manage"),
    _write(
        "score_text",
        "filter",
        "POST /score",
        "score",
        "Ask the filter about a text; nothing is stored",
    ),
    _read("list_models", "filter", "/models", "List a site's models, newest first", "manage"),
    _read(
        "get_active_model",
        "filter",
        "/models/active",
        "Get the active model with its thresholds",
        "manage",
    ),
    _read("get_training", "filter", "/models/training", "Get the progress of a training", "manage"),
    _read(
        "get_model",
        "filter",
        "/models/<model_id>",
        "Get a model with its card and its report",
        "manage",
    ),
    _write(
        "train_model",
        "filter",
        "POST /models/training",
        "manage",
        "Train a candidate from the site's labels",
        status=202,
    ),
    _write(
        "promote_model",
        "filter",
        "POST /models/<model_id>/promote",
        "manage",
        "Activate a model; `shipped` is the one of the package",
    ),
    _write(
        "roll_back_model",
        "filter",
        "POST /models/rollback",
        "manage",
        "Activate the previous model again, or the one named",
    ),
)
"""Every operation; the routes, the OpenAPI document and the tests are made from this table."""

Handler = Callable[..., Any]


@cache
def handlers() -> Mapping[str, Handler]:
    """Return name → function of every operation."""
    from comment_service.web.api import comments, filter, moderation, pages, settings, sites

    modules = {
        "sites": sites,
        "pages": pages,
        "comments": comments,
        "moderation": moderation,
        "settings": settings,
        "filter": filter,
    }
    return {one.name: getattr(modules[one.subject], one.name) for one in OPERATIONS}
