"""Comments → the trees that a page shows: so many levels, and the way to what is deeper."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from comment_service.storage.comments.threads import Stretch
from comment_service.storage.tables import Comment
from comment_service.web.comments.presenters import Asked, comment_view, link
from comment_service.web.comments.view_models import CommentView
from comment_service.web.http.place import Place

MAX_NESTED = 8
"""Levels of replies under one comment; what is deeper continues on a page of its own."""


def forest(at: Place, asked: Asked, stretch: Stretch, *, closed: bool) -> list[CommentView]:
    """Return the trees of a stretch: each root with the replies that were loaded under it."""
    return [_tree(at, asked, root, stretch, closed=closed) for root in stretch.roots]


def _tree(at: Place, asked: Asked, root: Comment, stretch: Stretch, *, closed: bool) -> CommentView:
    """Return one root with its loaded replies, and the way to the rest."""
    loaded = stretch.replies.get(root.id, ())
    rest = stretch.totals.get(root.id, 0) - len(loaded)
    more = ""
    if rest > 0:
        last = loaded[-1].id if loaded else root.id
        more = link(at, "thread_page", sort=asked.sort, root=root.root_id or root.id, after=last)
    view = _node(at, root, _children(loaded), closed=closed)
    return replace(view, more_replies_url=more, more_replies_count=max(rest, 0))


def loose(at: Place, comments: Sequence[Comment], *, closed: bool) -> list[CommentView]:
    """Return trees made of these comments alone: some parents may be elsewhere on the page."""
    here = {comment.id for comment in comments}
    children = _children(comments)
    roots = [c for c in comments if c.parent_id not in here]
    return [_node(at, root, children, closed=closed) for root in roots]


def _children(comments: Sequence[Comment]) -> Mapping[int, Sequence[Comment]]:
    """Return the replies to each comment, in the order of their ids."""
    found: dict[int, list[Comment]] = {}
    for comment in comments:
        found.setdefault(comment.parent_id or 0, []).append(comment)
    return found


def _node(
    at: Place,
    comment: Comment,
    children: Mapping[int, Sequence[Comment]],
    *,
    closed: bool,
    level: int = 0,
) -> CommentView:
    """Return a comment with the replies under it, down to the last level that is nested."""
    view, under = comment_view(at, comment, closed=closed), children.get(comment.id, ())
    if under and level >= MAX_NESTED:
        deeper = link(at, "thread_page", focus=under[0].id) + f"#comment-{under[0].id}"
        return replace(view, continue_url=deeper)
    replies = [_node(at, c, children, closed=closed, level=level + 1) for c in under]
    return replace(view, replies=replies)
