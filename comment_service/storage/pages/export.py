"""Read a site's pages and comments for exporters, a bounded number of rows at a time."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.storage.tables import Comment, Page

AT_ONCE = 500
_PAGE = (Page.id, Page.url, Page.title, Page.created_at, Page.closed_at)
_COMMENT = (
    Comment.id, Comment.parent_id, Comment.depth, Comment.status, Comment.name, Comment.email,
    Comment.url, Comment.text, Comment.html, Comment.created_at, Comment.edited_at,
    Comment.like_count,
)  # fmt: skip


class SiteReader:
    """Reads one site in a session that sees one moment."""

    def __init__(self, session: Session, site_id: int) -> None:
        self._session = session
        self._site_id = site_id

    def pages(self) -> Iterator[Any]:
        """Yield the pages of the site, oldest first."""
        query = select(*_PAGE).where(Page.site_id == self._site_id).order_by(Page.id)
        yield from self._session.execute(query.execution_options(yield_per=AT_ONCE))

    def comments(self, page_id: int) -> Iterator[Any]:
        """Yield all comments of a page, oldest first."""
        query = select(*_COMMENT).where(Comment.page_id == page_id).order_by(Comment.id)
        query = query.where(Comment.site_id == self._site_id)
        yield from self._session.execute(query.execution_options(yield_per=AT_ONCE))

    def thread(self, page_id: int) -> Iterator[Any]:
        """Yield the places that are public, in reading order: replies after their parent."""
        query = select(Comment.id, Comment.parent_id).where(
            Comment.page_id == page_id, Comment.site_id == self._site_id, Comment.shown.is_(True)
        )
        places = [(row.id, row.parent_id) for row in self._session.execute(query)]
        order = _reading_order(places)
        for start in range(0, len(order), AT_ONCE):
            ids = order[start : start + AT_ONCE]
            found = {
                row.id: row
                for row in self._session.execute(select(*_COMMENT).where(Comment.id.in_(ids)))
            }
            yield from (found[comment_id] for comment_id in ids)


def _reading_order(places: Sequence[tuple[int, int | None]]) -> Sequence[int]:
    """Return ids so that each is followed by its replies, oldest first."""
    known = {comment_id for comment_id, _parent in places}
    replies: dict[int | None, list[int]] = {}
    for comment_id, parent in sorted(places, reverse=True):
        replies.setdefault(parent if parent in known else None, []).append(comment_id)
    waiting, order = replies.get(None, []), []
    while waiting:
        comment_id = waiting.pop()
        order.append(comment_id)
        waiting += replies.get(comment_id, [])
    return order
