"""The edit and delete links of a reader's own comments, kept out of the shared public thread."""

from collections.abc import Mapping, Sequence

from flask import get_template_attribute, url_for

from comment_service.actions.comments import permissions
from comment_service.identity import Viewer
from comment_service.storage.db.session import session
from comment_service.storage.pages import pages
from comment_service.storage.tables import DELETED, Comment
from comment_service.web.comments.view_models import OwnView
from comment_service.web.http.context import runtime
from comment_service.web.http.place import PageRef


def of_page(at: PageRef, viewer: Viewer) -> Mapping[int, OwnView]:
    """Return id → view of the viewer's newest comments on a page that they can still change."""
    page = pages.find(session(), at.site.id, at.url)
    if page is None or viewer.author_id is None:
        return {}
    found = permissions.newest_changeable(
        session=session(), runtime=runtime(), page=page, author_id=viewer.author_id
    )
    return _views(found)


def of_comment(comment: Comment) -> Sequence[dict[str, object]]:
    """Return the JSON of one of the reader's own comments; empty if it can no longer be changed."""
    return as_json(_views([comment]))


def _views(comments: Sequence[Comment]) -> Mapping[int, OwnView]:
    settled = permissions.edit_blockers(session(), comments)
    views = (_view(comment, editable=comment.id not in settled) for comment in comments)
    return {view.id: view for view in views if view is not None}


def _view(comment: Comment, *, editable: bool) -> OwnView | None:
    seconds = permissions.seconds_left(runtime(), comment)
    if not seconds or comment.status == DELETED:
        return None
    return OwnView(
        id=comment.id,
        seconds=seconds,
        edit_url=url_for("edit.show_edit", comment_id=comment.id) if editable else "",
        delete_url=url_for("edit.show_delete", comment_id=comment.id),
    )


def as_json(views: Mapping[int, OwnView]) -> Sequence[dict[str, object]]:
    """Return own comments as JSON values: id, seconds left, and the links as HTML."""
    links = get_template_attribute("comments/comments/_comment.html", "own_links")
    return [
        {"id": view.id, "seconds": view.seconds, "html": str(links(view)).strip()}
        for view in views.values()
    ]
