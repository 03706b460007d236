"""Build trees of comments for display, up to a maximum depth."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from comment_service.storage.comments.threads import Kind, ThreadPage
from comment_service.web.comments.presenters import ThreadQuery, thread_url
from comment_service.web.comments.view_models import CommentView
from comment_service.web.http.place import PageRef

MAX_NESTED = 8
"""Levels of replies under one comment; deeper ones continue on a separate page."""


def comment_trees(
    at: PageRef,
    query: ThreadQuery,
    results: ThreadPage[Kind],
    view_of: Callable[[Kind], CommentView],
) -> list[CommentView]:
    """Return one tree per top-level comment, with the replies that were loaded."""
    return [_tree(at, query, root, results, view_of) for root in results.roots]


def _tree(
    at: PageRef,
    query: ThreadQuery,
    root: Kind,
    results: ThreadPage[Kind],
    view_of: Callable[[Kind], CommentView],
) -> CommentView:
    """Return one top-level comment with its loaded replies, and the link to the rest."""
    loaded = results.replies.get(root.id, ())
    rest = results.totals.get(root.id, 0) - len(loaded)
    view = _node(at, root, _children(loaded), view_of)
    if rest <= 0:
        return view
    last = loaded[-1].id if loaded else root.id
    more = thread_url(at, "thread_page", sort=query.sort, root=root.root_id or root.id, after=last)
    return replace(view, more_replies_url=more, more_replies_count=rest)


def partial_trees(
    at: PageRef, comments: Sequence[Kind], view_of: Callable[[Kind], CommentView]
) -> list[CommentView]:
    """Return trees of these comments only; the parents of some may be elsewhere on the page."""
    ids = {comment.id for comment in comments}
    children = _children(comments)
    roots = [c for c in comments if c.parent_id not in ids]
    return [_node(at, root, children, view_of) for root in roots]


def _children(comments: Sequence[Kind]) -> Mapping[int, Sequence[Kind]]:
    """Return parent id → replies, in the order of their ids."""
    children: dict[int, list[Kind]] = {}
    for comment in comments:
        children.setdefault(comment.parent_id or 0, []).append(comment)
    return children


def _node(
    at: PageRef,
    comment: Kind,
    children: Mapping[int, Sequence[Kind]],
    view_of: Callable[[Kind], CommentView],
    level: int = 0,
) -> CommentView:
    """Return a comment with the replies under it, down to the maximum depth."""
    view, replies_here = view_of(comment), children.get(comment.id, ())
    if not replies_here:
        return view
    if level >= MAX_NESTED:
        deeper = (
            thread_url(at, "thread_page", focus=replies_here[0].id)
            + f"#comment-{replies_here[0].id}"
        )
        return replace(view, continue_url=deeper)
    replies = [_node(at, c, children, view_of, level + 1) for c in replies_here]
    return replace(view, replies=replies)
