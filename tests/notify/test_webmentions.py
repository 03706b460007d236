"""Received Webmentions: checked at their source, screened, updated and removed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from comment_service import fetching
from comment_service.actions.admin import rules as rules_action
from comment_service.notify import worker
from comment_service.storage.admin import sites
from comment_service.storage.comments import webmentions
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Comment, Page, PageLike, Webmention
from tests.fakes import FakeClock
from tests.notify.locked_tables import locked_tables
from tests.people import PAGE, Guest, Moderator
from tests.webmentions import Elsewhere, accepting, check, elsewhere, entry, reply, send

OTHER = "https://blog.example/other"


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", True)
    with elsewhere() as found:
        yield found


@pytest.fixture
def open_app(app: Flask) -> Flask:
    accepting(app)
    return app


def comments(app: Flask) -> list[Comment]:
    with app.app_context():
        return list(session().scalars(select(Comment).order_by(Comment.id)))


def rows(app: Flask) -> list[Webmention]:
    with app.app_context():
        return list(session().scalars(select(Webmention).order_by(Webmention.id)))


def likes(app: Flask, url: str = PAGE) -> int:
    with app.app_context():
        found = session().scalar(select(Page.like_count).where(Page.url == url))
        counted = session().scalar(
            select(func.count()).select_from(PageLike).join(Page).where(Page.url == url)
        )
        assert (found or 0) == counted
        return found or 0


def arrive(app: Flask, source: str, target: str = PAGE, **more: Any) -> None:
    answer = send(app, source, target, **more)
    assert answer.status_code == 202, answer.get_data(as_text=True)
    check(app)


def test_a_reply_becomes_a_comment_with_its_origin(open_app: Flask, there: Elsewhere) -> None:
    source = there.page("/note", reply("I <b>agree</b> with *this*.", home="/bea"))
    arrive(open_app, source)
    (comment,) = comments(open_app)
    assert comment.name == "Bea"
    assert comment.source_url == source
    assert comment.status == "published"
    assert comment.html == "<p>I agree with *this*.</p>"
    assert comment.written_at == datetime(2026, 10, 1, 10, tzinfo=UTC)
    thread = Guest(open_app).thread()
    assert f'href="{source}" rel="nofollow ugc noopener">from <bdi>127.0.0.1</bdi></a>' in thread
    assert 'datetime="2026-10-01T10:00:00Z"' in thread
    (row,) = rows(open_app)
    assert (row.state, row.kind, row.comment_id, row.network) == (
        "accepted", "reply", comment.id, "",
    )  # fmt: skip


SAYS = [
    ("<a class='u-in-reply-to' href='{t}'>x</a><p class='e-content'>Yes.</p>", "reply", "Yes."),
    ("<p class='e-content'>See <a href='{t}'>it</a>.</p>", "mention", "See it."),
    ("<h1 class='p-name'>My week</h1><p class='p-summary'>Short.</p><p class='e-content'><a "
     "href='{t}'>x</a> long</p>", "mention", "My week\n\nShort."),
    ("<div class='u-in-reply-to h-cite'><a class='u-url' href='{t}'>x</a></div><p "
     "class='e-content'>Cited.</p>", "reply", "Cited."),
    ("<img src='{t}'><p class='e-content'>An image.</p>", "mention", "An image."),
    ("<p class='e-content'>casino <a href='{t}?utm_source=x#top'>x</a></p>", "mention", "casino x"),
]  # fmt: skip


@pytest.mark.parametrize(("html", "kind", "text"), SAYS, ids=lambda v: v[:20])
def test_what_pages_say(lite: Flask, there: Elsewhere, html: str, kind: str, text: str) -> None:
    accepting(lite)
    arrive(lite, there.page("/n", entry(html.replace("{t}", PAGE))))
    (row,), (comment,) = rows(lite), comments(lite)
    assert (row.kind, comment.text) == (kind, text)


def test_a_page_without_microformats_is_a_mention_by_its_title(
    lite: Flask, there: Elsewhere
) -> None:
    accepting(lite)
    arrive(lite, there.page("/n", f"<title>Links &amp; more</title><a href={PAGE}>x</a>"))
    (comment,) = comments(lite)
    assert (comment.name, comment.text) == ("127.0.0.1", "Links & more")


NO_LINK = [
    "<p>Nothing at all.</p>",
    "<!-- <a href='{t}'>x</a> -->",
    "&lt;a href='{t}'&gt;",
    "{t}",
    "<a href='{t}-2'>near</a>",
    "<a data-href='{t}'>x</a>",
    "<template><a href='{t}'>x</a></template>",
    "<script>'<a href=\"{t}\">'</script>",
    "<a href='https://evil.example/?to={t}'>x</a>",
    "<a href='http://['>x</a>",
]


@pytest.mark.parametrize("html", NO_LINK)
def test_a_page_that_does_not_link_is_refused(lite: Flask, there: Elsewhere, html: str) -> None:
    accepting(lite)
    arrive(lite, there.page("/n", entry(html.replace("{t}", PAGE))))
    assert not comments(lite)
    assert rows(lite)[0].state == "refused"
    assert "link" in rows(lite)[0].error


def test_the_type_of_the_source_decides_how_it_is_read(lite: Flask, there: Elsewhere) -> None:
    accepting(lite)
    for kind, found in (("text/plain", 1), ("application/json", 1), ("image/png", 1)):
        there.page(f"/{kind}", f'see "{PAGE}"', **{"Content-Type": kind})
        arrive(lite, f"{there.origin}/{kind}")
        assert len(comments(lite)) == found


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("", PAGE), ("nonsense", PAGE), ("ftp://a.example/x", PAGE), ("javascript:alert(1)", PAGE),
        ("https://a.example/ x", PAGE), ("https://u:p@a.example/", PAGE), ("http://[", PAGE),
        ("https://a.example/" + "x" * 2000, PAGE), ("https://a.example/", ""),
        ("https://a.example/", "/post"), ("https://a.example/", "https://elsewhere.example/post"),
        (PAGE, PAGE), ("https://www.blog.example/post/", PAGE),
    ],
)  # fmt: skip
def test_wrong_addresses_are_answered_with_400(lite: Flask, source: str, target: str) -> None:
    accepting(lite)
    answer = send(lite, source, target)
    assert answer.status_code == 400
    assert not rows(lite)


def test_a_site_takes_none_unless_it_is_switched_on(lite: Flask) -> None:
    assert send(lite, "https://a.example/").status_code == 400
    accepting(lite)
    assert send(lite, "https://a.example/").status_code == 202
    assert send(lite, "https://a.example/", site="nowhere").status_code == 400


def test_each_site_has_its_own(lite: Flask, there: Elsewhere) -> None:
    accepting(lite)
    state = lite.extensions["comments"]
    with lite.app_context(), transaction() as current:
        second = sites.ensure_site(
            current, key="second", name="B", origins=["https://blog.example"], now=state.now()
        )
        second.rules = {"webmentions": True, "policy": "publish"}
    source = there.page("/n", reply("Hello."))
    arrive(lite, source)
    arrive(lite, source, site="second")
    first, other = comments(lite)
    assert first.site_id != other.site_id
    assert [row.comment_id for row in rows(lite)] == [first.id, other.id]
    there.pages["/n"] = 410
    arrive(lite, source, site="second")
    assert [one.status for one in comments(lite)] == ["published", "deleted"]


def test_sent_again_it_updates_and_stays_one(open_app: Flask, there: Elsewhere) -> None:
    source = there.page("/n", reply("The first."))
    arrive(open_app, source)
    arrive(open_app, source, PAGE + "/?utm_source=x")
    assert len(comments(open_app)) == len(rows(open_app)) == 1
    assert comments(open_app)[0].edited_at is None
    there.page("/n", reply("The second.", author="Bea B."))
    arrive(open_app, source)
    (comment,) = comments(open_app)
    assert (comment.text, comment.name) == ("The second.", "Bea B.")
    assert comment.edited_at is not None


def test_an_update_is_screened_like_a_new_comment(open_app: Flask, there: Elsewhere) -> None:
    source = there.page("/n", reply("A fine text."))
    accepting(open_app, policy="uncertain")
    arrive(open_app, source)
    owner = Moderator(open_app)
    (comment,) = comments(open_app)
    assert comment.status == "pending"  # a first comment that links to its source
    owner.decide(comment.id, "approve")
    there.page("/n", reply("Now a casino."))
    arrive(open_app, source)
    assert comments(open_app)[0].status == "spam"


def test_an_update_does_not_undo_a_decision(open_app: Flask, there: Elsewhere) -> None:
    source = there.page("/n", reply("A fine text."))
    arrive(open_app, source)
    (comment,) = comments(open_app)
    Moderator(open_app).decide(comment.id, "reject")
    there.page("/n", reply("Another text."))
    arrive(open_app, source)
    (comment,) = comments(open_app)
    assert (comment.status, comment.text) == ("rejected", "A fine text.")
    assert "moderator" in rows(open_app)[0].error


@pytest.mark.parametrize("answer", [404, 410, entry("It no longer links.")])
def test_a_source_that_is_gone_removes_the_comment(
    open_app: Flask, there: Elsewhere, answer: int | str
) -> None:
    source = there.page("/n", reply("For a while."))
    arrive(open_app, source)
    if isinstance(answer, int):
        there.pages["/n"] = answer
    else:
        there.page("/n", answer)
    arrive(open_app, source)
    (comment,) = comments(open_app)
    assert (comment.status, comment.text, comment.source_url) == ("deleted", "", "")
    assert rows(open_app)[0].state == "gone"
    there.page("/n", reply("Back again."))
    arrive(open_app, source)
    assert [one.status for one in comments(open_app)] == ["deleted", "published"]


@pytest.mark.parametrize(
    ("status", "left"), [(410, ["deleted", "published"]), (200, ["published", "published"])]
)
def test_pages_are_locked_before_what_is_known_of_the_source(
    lite: Flask, there: Elsewhere, status: int, left: list[str]
) -> None:
    """Moderators do so too; on PostgreSQL, another order ends in a deadlock."""
    accepting(lite)
    source, other = there.page("/n", reply("First.")), there.page("/m", reply("Another."))
    arrive(lite, other)
    arrive(lite, source)
    there.page("/n", reply("Edited."), status)
    assert send(lite, source).status_code == 202
    found = locked_tables(lite, lambda: check(lite))
    assert [tables[:2] for tables in found if len(set(tables)) > 1] == [["pages", "webmentions"]]
    assert sorted(one.status for one in comments(lite)) == left


def test_what_was_deleted_here_does_not_come_back(open_app: Flask, there: Elsewhere) -> None:
    source = there.page("/n", reply("Delete me."))
    arrive(open_app, source)
    (comment,) = comments(open_app)
    Moderator(open_app).post(f"/moderation/comments/{comment.id}/erase")
    arrive(open_app, source)
    assert [one.status for one in comments(open_app)] == ["deleted"]
    (row,) = rows(open_app)
    assert (row.state, row.source, row.target, row.host) == ("erased", "", "", "")


def test_a_source_that_fails_is_tried_again_and_changes_nothing(
    open_app: Flask, there: Elsewhere, clock: FakeClock
) -> None:
    source = there.page("/n", reply("Here."))
    arrive(open_app, source)
    there.pages["/n"] = 500
    arrive(open_app, source)
    assert rows(open_app)[0].due_at is not None
    assert not check(open_app)
    for hours in (1, 2, 7):
        clock.forward(hours=hours)
        check(open_app)
    (row,) = rows(open_app)
    assert (row.state, row.due_at) == ("accepted", None)
    assert comments(open_app)[0].status == "published"


def test_a_new_source_that_fails_is_given_up(
    lite: Flask, there: Elsewhere, clock: FakeClock
) -> None:
    accepting(lite)
    there.pages["/n"] = 500
    arrive(lite, f"{there.origin}/n")
    for hours in (1, 2, 7):
        clock.forward(hours=hours)
        check(lite)
    assert rows(lite)[0].state == "refused"
    assert "500" in rows(lite)[0].error


@pytest.mark.parametrize("kind", ["u-like-of", "u-repost-of"])
def test_likes_and_reposts_count_as_nameless_likes(
    open_app: Flask, there: Elsewhere, kind: str
) -> None:
    like = f"<a class='{kind}' href='{PAGE}'>it</a>"
    source = there.page("/l", entry(like))
    arrive(open_app, source)
    arrive(open_app, source)
    assert likes(open_app) == 1
    assert not comments(open_app)
    assert "Bea" not in Guest(open_app).thread()
    second = there.page("/l2", entry(like))
    arrive(open_app, second)
    assert likes(open_app) == 1  # the same author
    arrive(open_app, there.page("/l3", entry(like, author="Cy", home="/cy")))
    assert likes(open_app) == 2
    there.pages["/l"] = 410
    arrive(open_app, source)
    assert likes(open_app) == 2  # the author's other page still likes it
    there.pages["/l2"] = 410
    arrive(open_app, second)
    assert likes(open_app) == 1


def test_a_like_follows_the_rules_and_the_lists(lite: Flask, there: Elsewhere) -> None:
    accepting(lite, likes=False)
    source = there.page("/l", entry(f"<a class='u-like-of' href='{PAGE}'>it</a>"))
    arrive(lite, source)
    assert likes(lite) == 0
    accepting(lite, likes=True)
    with lite.app_context(), transaction() as current:
        site = sites.find(current, "default")
        assert site is not None
        rules_action.add_list_entries(
            session=current, runtime=lite.extensions["comments"], site=site, kind="link",
            values=[there.origin], status="pending", actor="test",
        )  # fmt: skip
    arrive(lite, source)
    assert likes(lite) == 0
    assert "link list" in rows(lite)[0].error


def test_a_reply_that_becomes_a_like_changes_sides(open_app: Flask, there: Elsewhere) -> None:
    source = there.page("/n", reply("A word."))
    arrive(open_app, source)
    there.page("/n", entry(f"<a class='u-like-of' href='{PAGE}'>it</a>"))
    arrive(open_app, source)
    assert (comments(open_app)[0].status, likes(open_app)) == ("deleted", 1)
    there.page("/n", reply("A word again."))
    arrive(open_app, source)
    assert (comments(open_app)[-1].status, likes(open_app)) == ("published", 0)


@pytest.mark.parametrize(("kind", "value"), [("link", "http://127.0.0.1"), ("domain", "127.0.0.1")])
def test_the_source_of_a_comment_is_on_the_blocklists_too(
    lite: Flask, there: Elsewhere, kind: str, value: str
) -> None:
    accepting(lite)
    with lite.app_context(), transaction() as current:
        site = sites.find(current, "default")
        assert site is not None
        rules_action.add_list_entries(
            session=current, runtime=lite.extensions["comments"], site=site, kind=kind,
            values=[value], status="spam", actor="test",
        )  # fmt: skip
    arrive(lite, there.page("/n", reply("Fine words.", home="https://fine.example/")))
    assert comments(lite)[0].status == "spam"


def test_a_closed_thread_takes_none(lite: Flask, there: Elsewhere, clock: FakeClock) -> None:
    accepting(lite, close_after_days=5)
    Guest(lite).say("The first.")
    clock.forward(days=6)
    arrive(lite, there.page("/n", reply("Too late.")))
    assert len(comments(lite)) == 1
    assert "closed" in rows(lite)[0].error


def test_a_comment_can_be_answered(lite: Flask, there: Elsewhere) -> None:
    accepting(lite)
    parent = Guest(lite).say("The first.").get_json()["id"]
    elsewhere_id = Guest(lite).say("On another page.", url=OTHER).get_json()["id"]
    for number, (named, found) in enumerate(
        [(parent, parent), (elsewhere_id, None), (10**18, None), (10**19 - 1, None)]
    ):
        target = f"{PAGE}#comment-{named}"
        source = there.page(f"/n{number}", reply(f"To {number}.", target))
        arrive(lite, source, target)
        assert comments(lite)[-1].parent_id == found


def test_a_private_address_is_never_fetched(
    lite: Flask, there: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepting(lite)
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", False)
    arrive(lite, there.page("/n", reply("Inside.")))
    assert not there.receiver.got
    assert not comments(lite)
    assert "private" not in rows(lite)[0].error


def test_redirects_are_followed_within_bounds(lite: Flask, there: Elsewhere) -> None:
    accepting(lite)
    there.page("/n", reply("Moved."))
    there.pages["/old"] = (302, {"Location": "/n"}, b"")
    there.pages["/round"] = (302, {"Location": "/round"}, b"")
    arrive(lite, f"{there.origin}/old")
    arrive(lite, f"{there.origin}/round")
    assert [one.text for one in comments(lite)] == ["Moved."]


@pytest.mark.parametrize(
    "html", ["<p>" * 30_000, "x" * 600_000, "&" * 60_000, "<div class='h-entry'>" * 15_000]
)
def test_hostile_pages_are_read_within_bounds(lite: Flask, there: Elsewhere, html: str) -> None:
    accepting(lite)
    arrive(lite, there.page("/n", f"<a href='{PAGE}'>x</a>{html}"))
    assert len(comments(lite)) <= 1


def test_markup_of_the_source_is_text_here(lite: Flask, there: Elsewhere) -> None:
    accepting(lite)
    text = "&lt;script&gt;alert(1)&lt;/script&gt; [x](javascript:alert(1))"
    author = "<b>Bea</b>&lt;i&gt;\u202e"
    arrive(lite, there.page("/n", reply(text, author=author, home="javascript:alert(1)")))
    (comment,) = comments(lite)
    assert "<script" not in comment.html
    assert "<a" not in comment.html
    assert (comment.name, comment.url) == ("Bea<i>", "")
    assert "<i>" not in Guest(lite).thread()


def test_pages_of_one_host_are_bounded(
    lite: Flask, there: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepting(lite)
    monkeypatch.setattr(webmentions, "MAX_PER_PAGE", 2)
    for number in range(2):
        arrive(lite, there.page(f"/{number}", reply(f"Number {number}.")))
    assert send(lite, f"{there.origin}/2").status_code == 429
    assert send(lite, f"{there.origin}/1").status_code == 202
    assert send(lite, f"{there.origin}/2", OTHER).status_code == 202
    assert send(lite, "https://b.example/2").status_code == 202


def test_the_queue_of_a_site_is_bounded(lite: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    accepting(lite)
    monkeypatch.setattr(webmentions, "MAX_WAITING", 2)
    answers = [send(lite, f"https://{name}.example/").status_code for name in "abc"]
    assert answers == [202, 202, 429]


def test_a_network_is_limited_as_for_comments(sqlite_url: str, make_app: Any) -> None:
    app = make_app(sqlite_url, RATE_MINUTE=1)
    accepting(app)
    answers = [send(app, f"https://a.example/{n}").status_code for n in range(7)]
    assert answers == [202] * 6 + [429]


def test_a_full_network_is_checked_again_later(
    lite: Flask, there: Elsewhere, clock: FakeClock
) -> None:
    accepting(lite, rate_minute=1)
    for number in range(8):
        send(
            lite,
            there.page(
                f"/{number}", reply(f"Number {number}.", author=f"A{number}", home=f"/{number}")
            ),
        )
    check(lite)
    states = [row.state for row in rows(lite)]
    assert states == ["accepted"] * 6 + ["waiting"] * 2
    clock.forward(hours=1)
    check(lite)
    assert [row.state for row in rows(lite)] == ["accepted"] * 8


def test_old_refusals_are_deleted(lite: Flask, there: Elsewhere, clock: FakeClock) -> None:
    accepting(lite)
    arrive(lite, there.page("/n", reply("Stays.")))
    arrive(lite, there.page("/no", "nothing"))
    clock.forward(days=31)
    with lite.app_context():
        worker.sweep(lite.extensions["comments"])
    assert [row.state for row in rows(lite)] == ["accepted"]


def test_an_author_is_known_by_the_host_of_the_source(lite: Flask, there: Elsewhere) -> None:
    """A page elsewhere cannot claim to be an author that was approved on another host."""
    accepting(lite)
    arrive(lite, there.page("/1", reply("One.", home="https://bea.example/")))
    arrive(lite, there.page("/2", reply("Two.", home="https://bea.example/")))
    local = there.page("/3", reply("Three.", home="https://bea.example/")).replace(
        "127.0.0.1", "localhost"
    )
    arrive(lite, local)
    one, two, three = comments(lite)
    assert one.author_id == two.author_id != three.author_id


def test_erasing_an_author_erases_the_sources(lite: Flask, there: Elsewhere) -> None:
    from comment_service.actions.readers.erase_author import erase_author
    from comment_service.storage.tables import Author

    accepting(lite)
    arrive(lite, there.page("/n", reply("Words.")))
    arrive(lite, there.page("/l", entry(f"<a class='u-like-of' href='{PAGE}'>it</a>")))
    arrive(lite, there.page("/b", reply("Others.", home="/cy")))
    with lite.app_context(), transaction() as current:
        author = current.get_one(Author, comments(lite)[0].author_id)
        erase_author(session=current, runtime=lite.extensions["comments"], author=author, name="-")
    assert [row.state for row in rows(lite)] == ["erased", "erased", "accepted"]
    assert likes(lite) == 0
    assert comments(lite)[0].source_url == ""
