"""Likes are rows, and counts are computed from them."""

from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import func, select

from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment, CommentLike, PageLike
from tests.people import Guest, Moderator


def test_like_counts_once_and_can_be_withdrawn(app: Flask) -> None:
    comment = Guest(app).say("like me").get_json()["id"]
    fan = Guest(app)
    counts = [fan.like(comment, liked).get_json()["count"] for liked in (True, True, False, False)]
    assert counts == [1, 1, 0, 0]
    assert fan.like(comment).get_json()["label"] == "Liked by 1 person"
    assert "Liked by 1 person" in fan.thread()


def test_the_page_can_be_liked_and_says_who(app: Flask) -> None:
    for name in ("Ruth", "Ilse", "Noor"):
        reader = Guest(app, name)
        reader.say(f"{name} was here")
        told = reader.like().get_json()
    assert told["label"] == "3 people like this"
    likers = Guest(app).get("/likers").get_data(as_text=True)
    assert all(name in likers for name in ("Ruth", "Ilse", "Noor"))


def test_guests_without_a_name_are_counted_among_the_likers(app: Flask) -> None:
    comment = Guest(app).say("like me").get_json()["id"]
    Guest(app).like(comment)
    page = Guest(app).get("/likers", comment=comment).get_data(as_text=True)
    assert "1 guest without a name" in page
    named = Guest(app, "<b>Ruth</b>")
    named.say("I was here")
    named.like(comment)
    page = Guest(app).get("/likers", comment=comment).get_data(as_text=True)
    assert "&lt;b&gt;Ruth" in page
    assert "and 1 more" in page


def test_one_network_of_guests_counts_once(app: Flask) -> None:
    comment = Guest(app).say("like me").get_json()["id"]
    assert Guest(app, network="192.0.2.7").like(comment).status_code == 200
    again = Guest(app, network="192.0.2.7").like(comment)
    assert again.status_code == 409
    assert "counts once" in again.get_json()["error"]["message"]


def test_only_public_comments_can_be_liked(app: Flask) -> None:
    held = Guest(app).say("maybe").get_json()["id"]
    assert Guest(app).like(held).status_code == 404


def test_counts_are_exact_under_parallel_likes_and_undos(app: Flask) -> None:
    comment = Guest(app).say("like me").get_json()["id"]
    fans = [Guest(app) for _ in range(12)]

    def toggle(fan: Guest) -> None:
        for liked in (True, True, False, True):
            assert fan.like(comment, liked).status_code == 200
        if fan in fans[:4]:
            fan.like(comment, False)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(toggle, fans))
    with app.app_context():
        rows = session().scalar(select(func.count()).select_from(CommentLike))
        kept = session().get_one(Comment, comment).like_count
        assert rows == kept == 8
        assert session().scalar(select(func.count()).select_from(PageLike)) == 0


def test_likes_of_a_removed_comment_are_refused(app: Flask) -> None:
    comment = Guest(app).say("like me").get_json()["id"]
    Moderator(app).decide(comment, "spam")
    assert Guest(app).like(comment).status_code == 404


def test_blocked_author_can_only_withdraw_likes(app: Flask) -> None:
    comment = Guest(app).say("like me").get_json()["id"]
    eve, moderator = Guest(app, "Eve"), Moderator(app)
    hers = eve.say("I am here as well").get_json()["id"]
    eve.like(comment)
    moderator.post(f"/moderation/comments/{hers}/author", mark="block")
    assert eve.like().status_code == 403
    assert eve.like(comment, liked=False).get_json()["count"] == 0
    assert eve.like(comment).get_json()["error"]["code"] == "not_allowed"


def test_shadow_banned_like_is_not_counted(app: Flask) -> None:
    comment = Guest(app).say("like me").get_json()["id"]
    eve, moderator = Guest(app, "Eve"), Moderator(app)
    hers = eve.say("I am here as well").get_json()["id"]
    moderator.post(f"/moderation/comments/{hers}/author", mark="shadow")
    assert eve.like(comment).get_json()["liked"] is True
    with app.app_context():
        assert session().get_one(Comment, comment).like_count == 0
