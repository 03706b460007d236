"""Merging a guest into an account: concurrent with other writers, with blocks."""

import threading
import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.storage.db import locks
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Author, Comment, Page
from tests.conftest import MakeApp
from tests.people import Guest
from tests.readers import Reader


def test_merge_waits_for_the_page_lock(make_app: MakeApp, database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("there every writing transaction is alone")
    app = make_app(database_url)
    guest, locked = Guest(app), threading.Event()
    comment = int(guest.say("hello my dear friends").get_json()["id"])
    failed: list[Exception] = []

    def edit() -> None:
        try:
            with app.app_context(), transaction() as current:
                locks.lock_pages(current, current.scalars(select(Page.id)).all())
                locked.set()
                time.sleep(0.7)
                current.refresh(current.get_one(Comment, comment), with_for_update=True)
        except Exception as error:
            failed.append(error)

    other = threading.Thread(target=edit)
    other.start()
    assert locked.wait(5)
    ada = Reader(app, guest=guest)
    other.join()
    assert failed == []
    with app.app_context():
        assert session().get_one(Comment, comment).author_id == ada.author_id


@pytest.mark.parametrize(
    ("guests", "own", "left"),
    [
        (None, -8, None),
        (5, None, None),
        (5, 3, 5),
        (2, 3, 3),
        (-1, 3, 3),
    ],
)
def test_longer_of_two_blocks_stays(
    app: Flask, guests: int | None, own: int | None, left: int | None
) -> None:
    guest, ada = Guest(app), Reader(app)
    guest.say("hello my dear friends")
    now = app.extensions["comments"].now()
    with app.app_context(), transaction() as current:
        days = {ada.author_id: own, ada._guest_id(guest): guests}
        for author_id, number in days.items():
            author = current.get_one(Author, author_id)
            author.blocked_at = now - timedelta(days=9)
            author.blocked_until = None if number is None else now + timedelta(days=number)
    ada.prove("example", "Ada-1", guest=guest)
    with app.app_context():
        author = session().get_one(Author, ada.author_id)
        until = None if left is None else now + timedelta(days=left)
        assert (author.blocked_at, author.blocked_until) == (now - timedelta(days=9), until)
    assert ada.guest.say("another fine day, friends").get_json()["status"] == "pending"
