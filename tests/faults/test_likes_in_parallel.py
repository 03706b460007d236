"""Like counts stay exact while hundreds of people like and unlike at once."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from flask import Flask
from sqlalchemy import func, select

from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment, CommentLike, Page, PageLike
from tests.conftest import MakeApp
from tests.people import Guest
from tests.readers import Reader

PEOPLE = 200
SHARED = "192.0.2.200"
"""The network of everyone with an account, such as an office or a school."""


def crowd(app: Flask) -> list[Guest]:
    """Return people: half with an account and a shared network, half guests with their own."""
    known = [Reader(app, f"Reader {n}").guest for n in range(PEOPLE // 2)]
    for one in known:
        one.network = SHARED
    return [*known, *(Guest(app, f"Guest {n}") for n in range(PEOPLE // 2))]


def rows(comment: int) -> tuple[int, int, int, int]:
    """Return the stored and the counted likes of the comment, and the same for its page."""
    found = session().get_one(Comment, comment)
    given = select(func.count()).where(CommentLike.comment_id == comment)
    of_page = select(func.count()).where(PageLike.page_id == found.page_id)
    page = session().get_one(Page, found.page_id)
    kept, kept_of_page = session().scalar(given) or 0, session().scalar(of_page) or 0
    return kept, found.like_count, kept_of_page, page.like_count


@pytest.mark.slow
@pytest.mark.parametrize(
    "database_url",
    [
        pytest.param("postgresql", marks=pytest.mark.postgres),
        pytest.param("sqlite", marks=pytest.mark.long),  # where writers take turns
    ],
    indirect=True,
)
def test_a_thousand_likes_by_two_hundred_people_at_once(
    database_url: str, make_app: MakeApp
) -> None:
    app = make_app(database_url, LIKES_HOUR=10_000)
    comment = int(Guest(app).say("Like me").get_json()["id"])
    people = crowd(app)
    first = list(people)
    Random(7).shuffle(first)  # noqa: S311 - no secret is drawn
    answers: Counter[int] = Counter()
    lock = threading.Lock()

    def send(person: Guest) -> None:
        """Like twice, unlike, like again; every fourth person unlikes once more."""
        wanted = [True, True, False, True] + ([False] if people.index(person) % 4 == 0 else [])
        for liked in wanted:
            code = person.like(comment, liked).status_code
            with lock:
                answers[code] += 1
        person.like()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(send, first))
    assert answers == {200: PEOPLE * 4 + PEOPLE // 4}
    with app.app_context():
        assert rows(comment) == (PEOPLE * 3 // 4, PEOPLE * 3 // 4, PEOPLE, PEOPLE)
    assert f"Liked by {PEOPLE * 3 // 4} people" in Guest(app).thread()


def test_new_guest_tokens_do_not_add_likes(app: Flask) -> None:
    comment = int(Guest(app).say("Like me").get_json()["id"])
    same = [Guest(app, network="192.0.2.1") for _ in range(40)]

    def like(guest: Guest) -> tuple[int, int]:
        return guest.like(comment).status_code, guest.like().status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(like, same))
    for column in zip(*answers, strict=True):
        assert Counter(column) == {200: 1, 409: len(same) - 1}
    assert same[0].like(comment, False).status_code == 200
    with app.app_context():
        kept, counted, _page, _counted = rows(comment)
        assert kept == counted <= 1


def test_accounts_on_one_network_count_each(app: Flask) -> None:
    comment = int(Guest(app).say("Like me").get_json()["id"])
    readers = [Reader(app, name).guest for name in ("Ruth", "Ilse", "Noor")]
    for one in (*readers, *readers, Guest(app)):
        one.network = SHARED
        assert one.like(comment).status_code == 200
    assert "Liked by 4 people" in Guest(app).thread()
    likers = Guest(app).get("/likers", comment=comment).get_data(as_text=True)
    assert all(name in likers for name in ("Ruth", "Ilse", "Noor"))
    assert "and 1 more" in likers
