"""The triggers keep every count exact, whatever changes the rows."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import (
    PUBLISHED,
    Author,
    Comment,
    CommentLike,
    Page,
    PageLike,
    Site,
)
from tests.storage.test_two_of_everything import NOON, comment

Change = Callable[[Session], object]


def build(current: Session) -> None:
    """Add two pages with two threads each; every comment and page has two likes."""
    site = current.scalars(select(Site)).one()
    authors = [Author(site_id=site.id, name=name, created_at=NOON) for name in ("Ada", "Bea")]
    pages = [
        Page(site_id=site.id, url=f"https://blog.example/{n}", title="T", created_at=NOON)
        for n in range(2)
    ]
    current.add_all([*authors, *pages])
    current.flush()
    for page in pages:
        current.add_all(
            [PageLike(page_id=page.id, author_id=a.id, created_at=NOON) for a in authors]
        )
        for _ in range(2):
            root = comment(page, authors[0])
            root.root_id = root.id
            for author in authors:
                reply = comment(page, author, depth=1, parent_id=root.id, root_id=root.id)
                current.add_all(
                    [
                        CommentLike(comment_id=reply.id, author_id=a.id, created_at=NOON)
                        for a in authors
                    ]
                )
    current.flush()


CHANGES: dict[str, Change] = {
    "nothing": lambda current: None,
    "hold all": lambda current: current.execute(update(Comment).values(status="pending")),
    "hide all": lambda current: current.execute(update(Comment).values(shown=False)),
    "hold one and publish it again": lambda current: [
        current.execute(update(Comment).where(Comment.id == 2).values(status=status, shown=shown))
        for status, shown in (("spam", False), (PUBLISHED, True))
    ],
    "hold one": lambda current: current.execute(
        update(Comment).where(Comment.id == 2).values(status="spam", shown=False)
    ),
    "move a thread to the other page": lambda current: current.execute(
        update(Comment).where(Comment.root_id == 1).values(page_id=2)
    ),
    "move a reply to the other thread": lambda current: current.execute(
        update(Comment).where(Comment.id == 2).values(root_id=4)
    ),
    "delete a reply": lambda current: current.execute(delete(Comment).where(Comment.id == 2)),
    "delete a thread": lambda current: current.execute(delete(Comment).where(Comment.id == 1)),
    "delete likes": lambda current: [
        current.execute(delete(kind).where(kind.author_id == 2)) for kind in (CommentLike, PageLike)
    ],
    "move likes of a page": lambda current: [
        current.execute(delete(PageLike).where(PageLike.page_id == 2)),
        current.execute(update(PageLike).values(page_id=2)),
    ],
    "delete a page": lambda current: [
        current.execute(delete(Page).where(Page.id == 1)),
    ],
}


@pytest.mark.parametrize("change", CHANGES)
def test_counts_are_those_of_the_rows(app: Flask, change: str) -> None:
    with app.app_context(), transaction() as current:
        build(current)
        CHANGES[change](current)
        current.expire_all()
        pages = list(current.scalars(select(Page)))
        assert len(pages) == (1 if change == "delete a page" else 2)
        for page in pages:
            of_page = select(func.count()).where(Comment.page_id == page.id)
            assert page.comment_count == current.scalar(of_page.where(Comment.status == PUBLISHED))
            likes = select(func.count()).where(PageLike.page_id == page.id)
            assert page.like_count == current.scalar(likes)
        for one in current.scalars(select(Comment)):
            likes = select(func.count()).where(CommentLike.comment_id == one.id)
            assert one.like_count == current.scalar(likes)
            replies = select(func.count()).where(
                Comment.root_id == one.id, Comment.id != one.id, Comment.shown.is_(True)
            )
            assert one.reply_count == current.scalar(replies)


def test_nothing_is_zero_by_accident(app: Flask) -> None:
    with app.app_context():
        with transaction() as current:
            build(current)
        assert list(session().scalars(select(Page.comment_count))) == [6, 6]
        assert list(session().scalars(select(Page.like_count))) == [2, 2]
        assert list(session().scalars(select(Comment.reply_count).order_by(Comment.id))) == (
            [2, 0, 0] * 4
        )
        assert sum(session().scalars(select(Comment.like_count))) == 16
