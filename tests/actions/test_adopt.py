"""What a guest has goes over to the account: beside whoever is at the same page, blocks and all."""

import threading
import time

import pytest
from sqlalchemy import select

from comment_service.storage import threads
from comment_service.storage.session import session, transaction
from comment_service.storage.tables import Comment, Page
from tests.conftest import MakeApp
from tests.people import Guest
from tests.readers import Reader


def test_it_waits_for_whoever_has_the_page(make_app: MakeApp, database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("there every writing transaction is alone")
    app = make_app(database_url)
    guest, locked = Guest(app), threading.Event()
    comment = int(guest.say("hello my dear friends").get_json()["id"])
    failed: list[Exception] = []

    def edit() -> None:
        try:
            with app.app_context(), transaction() as current:
                threads.lock(current, current.scalars(select(Page.id)).one())
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
