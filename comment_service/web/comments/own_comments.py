"""What one reader sees of their own comments, kept out of the shared public thread.

That is the links to edit and delete them; and what a shadow-banned reader sees and nobody else:
their comments, likes and reactions. Only answers for one reader have it: the page without a script,
a host's page, and the answers to what the reader sends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import get_template_attribute, url_for

from comment_service.actions.comments import permissions
from comment_service.identity import Viewer
from comment_service.storage.comments import likes, own, reactions
from comment_service.storage.db.session import session
from comment_service.storage.pages import pages
from comment_service.storage.tables import DELETED, Author, Comment, Page
from comment_service.web.comments import avatars, presenters
from comment_service.web.comments.view_models import CommentView, LikerView, OwnView, ThreadView
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


def of_comment(comment: Comment, *, is_new: bool = False) -> Sequence[dict[str, object]]:
    """Return the JSON of one of the reader's own comments; empty if it can no longer be changed.

    Nobody has decided on a new comment yet, or reported or changed it.
    """
    view = _view(comment, editable=True) if is_new else _views([comment]).get(comment.id)
    return as_json({comment.id: view} if view else {})


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


def unseen_comment(at: PageRef, viewer: Viewer, comment_id: int | None) -> Comment | None:
    """Return a comment of the viewer on a page that they see as published and nobody else sees."""
    page = _page_of_banned(at, viewer)
    comment = session().get(Comment, comment_id) if page and comment_id is not None else None
    if page is None or comment is None or comment.page_id != page.id:
        return None
    is_own = comment.author_id == viewer.author_id
    return comment if is_own and own.is_believed_public(comment) else None


def with_unseen_comments(at: PageRef, viewer: Viewer, view: ThreadView) -> ThreadView:
    """Return a thread with the comments and numbers that its viewer sees."""
    page = _page_of_banned(at, viewer)
    if page is None or viewer.author_id is None:
        return view
    shown = [
        presenters.comment_view(at, comment, closed=view.closed, own=True)
        for comment in _unseen_comments(page, viewer.author_id)
    ]
    comments = view.comments
    for comment in shown:
        comments = _placed(comments, comment, on_top=view.sort == "newest")
    newest = max([view.newest, *(comment.id for comment in shown)])
    return with_unseen_numbers(at, viewer, replace(view, comments=comments, newest=newest))


def with_unseen_numbers(at: PageRef, viewer: Viewer, view: ThreadView) -> ThreadView:
    """Return a thread with the numbers of comments, likes and reactions that its viewer sees."""
    page = _page_of_banned(at, viewer)
    if page is None or viewer.author_id is None:
        return view
    liked, likes_page = likes.unseen_by_others(session(), page, viewer.author_id)
    given = reactions.unseen_by_others(session(), page, viewer.author_id)
    return replace(
        view,
        count=view.count + len(_unseen_comments(page, viewer.author_id)),
        page_like_count=view.page_like_count + likes_page,
        page_likers=_page_likers(at, viewer, page, view) if likes_page else view.page_likers,
        comments=_liked(view.comments, frozenset(liked)),
        reactions=_with_given(view.reactions, given),
    )


def unseen_liker(at: PageRef, viewer: Viewer, comment_id: int | None) -> Author | None:
    """Return the viewer if they like a comment, or the page, and nobody else sees that."""
    page = _page_of_banned(at, viewer)
    if page is None or viewer.author_id is None:
        return None
    liked, likes_page = likes.unseen_by_others(session(), page, viewer.author_id)
    likes_it = likes_page if comment_id is None else comment_id in liked
    return session().get(Author, viewer.author_id) if likes_it else None


def _page_of_banned(at: PageRef, viewer: Viewer) -> Page | None:
    """Return the page, None if it has no thread or the viewer is not shadow-banned."""
    author = session().get(Author, viewer.author_id) if viewer.author_id is not None else None
    if author is None or not author.shadowed:
        return None
    return pages.find(session(), at.site.id, at.url)


def _unseen_comments(page: Page, author_id: int) -> Sequence[Comment]:
    """Return what an author sees as published on a page and nobody else, oldest first."""
    found = likes.unpublished_of(session(), page, author_id)
    return [comment for comment in reversed(found) if own.is_believed_public(comment)]


def _placed(
    trees: Sequence[CommentView], comment: CommentView, *, on_top: bool
) -> Sequence[CommentView]:
    """Return the trees with a comment under its parent; at the top level if that is elsewhere."""
    within = _under_parent(trees, comment)
    if within is not None:
        return within
    return [comment, *trees] if on_top and comment.parent_id is None else [*trees, comment]


def _under_parent(
    trees: Sequence[CommentView], comment: CommentView
) -> Sequence[CommentView] | None:
    for place, tree in enumerate(trees):
        if tree.id == comment.parent_id:
            changed = replace(tree, replies=[*tree.replies, comment])
        elif (replies := _under_parent(tree.replies, comment)) is not None:
            changed = replace(tree, replies=replies)
        else:
            continue
        return [*trees[:place], changed, *trees[place + 1 :]]
    return None


def _page_likers(at: PageRef, viewer: Viewer, page: Page, view: ThreadView) -> Sequence[LikerView]:
    """Return the newest who like the page, and the viewer before them."""
    author = session().get(Author, viewer.author_id)
    if author is None or not author.name:
        return view.page_likers
    if not avatars.shows_likers(presenters.page_rules(at, page)):
        return view.page_likers
    return [avatars.liker_view(author), *view.page_likers][: avatars.PAGE_LIKERS_SHOWN]


def _liked(trees: Sequence[CommentView], liked: frozenset[int]) -> Sequence[CommentView]:
    return [
        replace(
            tree,
            like_count=tree.like_count + (tree.id in liked),
            replies=_liked(tree.replies, liked),
        )
        for tree in trees
    ]


def _with_given(
    counts: Mapping[int, reactions.Counts], given: Sequence[tuple[int, str]]
) -> Mapping[int, reactions.Counts]:
    seen = {comment_id: dict(numbers) for comment_id, numbers in counts.items()}
    for comment_id, symbol in given:
        numbers = seen.setdefault(comment_id, {})
        numbers[symbol] = numbers.get(symbol, 0) + 1
    return seen
