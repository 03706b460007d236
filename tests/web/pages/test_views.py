"""Moderation pages for pages: search, edit, detect URL, merge, split; forms keep what was typed."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from werkzeug.test import TestResponse

from comment_service import fetching
from comment_service.fetching import FetchedPage, FetchError
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import pages
from comment_service.storage.tables import Comment, Page
from tests.people import PAGE, Guest, Moderator

OTHER, NEW = "https://blog.example/other", "https://blog.example/new"
NASTY = '<script>alert("x")</script>'
HOME = "/moderation/pages"


@pytest.fixture
def client(lite: Flask) -> FlaskClient:
    """Return a moderator's browser; there are two pages with the same title."""
    lite.config["WTF_CSRF_ENABLED"] = False
    Guest(lite).say("Said here")
    Guest(lite).say("Said there, which is another matter", url=OTHER)
    return Moderator(lite, role="moderator").client


def text(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def at(app: Flask, url: str) -> int:
    with app.app_context():
        found = pages.find(session(), 1, url)
        return found.id if found else 0


def test_list_is_linked_in_the_navigation(client: FlaskClient) -> None:
    shown = text(client.get(f"{HOME}/"))
    assert f'<a href="{HOME}/" aria-current="page">Pages</a>' in shown
    assert 'aria-current="true">Pages</a>' in text(client.get(f"{HOME}/1"))
    assert shown.index(OTHER) < shown.rindex(PAGE), "the newest first"


def test_comment_page_links_to_its_page(client: FlaskClient) -> None:
    assert f'<a href="{HOME}/2">' in text(client.get("/moderation/comments/2"))


def test_pages_are_searched_and_paged(lite: Flask, client: FlaskClient) -> None:
    found = text(client.get(f"{HOME}/?q=oTHER"))
    assert OTHER in found
    assert "Two threads of one post?" not in found
    assert PAGE not in found
    assert "Nothing found here" in text(client.get(f"{HOME}/?q=100%25"))
    with lite.app_context(), transaction() as current:
        now = lite.extensions["comments"].now()
        for n in range(lite.extensions["comments"].settings.page_size):
            current.add(Page(site_id=1, url=f"https://blog.example/{n}", created_at=now))
    first = text(client.get(f"{HOME}/"))
    onwards = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    assert f"<bdi>{PAGE}</bdi>" in text(client.get(onwards.replace("&amp;", "&")))


def test_likely_duplicate_pages_are_listed(client: FlaskClient) -> None:
    shown = text(client.get(f"{HOME}/"))
    assert "Two threads of one post?" in shown
    assert "same title" in shown
    assert f"{HOME}/2/merge?into=1" in shown


def test_page_titles_are_escaped(lite: Flask, client: FlaskClient) -> None:
    with lite.app_context(), transaction() as current:
        for page in current.query(Page).all():
            page.title = NASTY
        current.get_one(Comment, 1).name = NASTY
    for path in ("/", "/?q=script", "/1", "/1/merge?into=2", "/1/split"):
        shown = text(client.get(HOME + path))
        assert NASTY not in shown
        assert str(escape(NASTY)) in shown, path


def test_title_is_changed(client: FlaskClient) -> None:
    answer = client.post(f"{HOME}/1/title", data={"title": NASTY})
    assert answer.status_code == 303
    shown = text(client.get(answer.location))
    assert "The title is changed." in shown
    assert f"Title: <bdi>{escape(NASTY)}</bdi>" in shown
    refused = client.post(f"{HOME}/1/title", data={"title": "  "})
    assert refused.status_code == 422
    assert "Write a title." in text(refused)


def test_url_is_changed_and_refused_input_is_kept(lite: Flask, client: FlaskClient) -> None:
    assert client.post(f"{HOME}/1/address", data={"url": NEW}).status_code == 303
    assert at(lite, PAGE) == at(lite, NEW) == 1
    taken = client.post(f"{HOME}/1/address", data={"url": f"{OTHER}/"})
    assert taken.status_code == 409
    assert f'value="{OTHER}/" aria-invalid="true"' in text(taken)
    assert f'<a href="{HOME}/1/merge?into=2">' in text(taken)
    for typed, status in ((NASTY, 422), ("https://far.example/x", 403)):
        for door in ("address", "aliases"):
            refused = client.post(f"{HOME}/1/{door}", data={"url": typed})
            assert refused.status_code == status
            assert f'value="{escape(typed)}" aria-invalid="true"' in text(refused)


def test_aliases_are_added_and_removed(lite: Flask, client: FlaskClient) -> None:
    client.post(f"{HOME}/1/aliases", data={"url": NEW})
    assert at(lite, NEW) == 1
    assert f"<bdi>{NEW}</bdi>" in text(client.get(f"{HOME}/1"))
    client.post(f"{HOME}/1/aliases/1/remove")
    assert at(lite, NEW) == 0
    assert client.post(f"{HOME}/1/aliases/1/remove").status_code == 404


def test_merge_is_previewed(lite: Flask, client: FlaskClient) -> None:
    asked = text(client.get(f"{HOME}/2/merge", query_string={"url": PAGE}))
    assert "1 comment moves" in asked
    assert f'action="{HOME}/2/merge"' in asked
    assert at(lite, OTHER) == 2, "looking changes nothing"
    done = client.post(f"{HOME}/2/merge", data={"into": "1"})
    assert done.location == f"{HOME}/1?done=merged"
    assert at(lite, OTHER) == 1
    assert f"Took over the thread of: <bdi>{OTHER}</bdi>" in text(client.get(done.location))
    assert f"Took over the thread of: <bdi>{OTHER}</bdi>" in text(
        Moderator(lite, "Olive").client.get("/moderation/rules/changes")
    )


@pytest.mark.parametrize(
    ("typed", "why"),
    [(PAGE, "same thread"), ("https://blog.example/none", "No thread"), (NASTY, "starts with")],
)
def test_merge_into_a_missing_page_keeps_the_input(
    client: FlaskClient, typed: str, why: str
) -> None:
    refused = client.get(f"{HOME}/1/merge", query_string={"url": typed})
    assert refused.status_code == 422
    assert why in text(refused)
    assert f'value="{escape(typed)}" aria-invalid="true"' in text(refused)
    for into in ("x", "-1", "1" * 30):
        assert client.post(f"{HOME}/1/merge", data={"into": into}).status_code == 404


def test_comments_move_to_another_page(lite: Flask, client: FlaskClient) -> None:
    assert "Said here" in text(client.get(f"{HOME}/1/split"))
    for data, why in (
        ({"url": NEW}, "Choose at least one"),
        ({"url": PAGE, "comment": "1"}, "on this page already"),
        ({"url": "https://far.example/", "comment": "1"}, "is not registered"),
    ):
        refused = client.post(f"{HOME}/1/split", data=data)
        assert refused.status_code in {403, 422}
        assert why in text(refused)
        assert f'value="{data["url"]}"' in text(refused)
        assert ('value="1" checked' in text(refused)) == ("comment" in data)
    done = client.post(f"{HOME}/1/split", data={"url": NEW, "comment": ["1", "99", "-4", "x"]})
    assert done.location == f"{HOME}/{at(lite, NEW)}?done=split"
    with lite.app_context():
        assert session().get_one(Comment, 1).page_id == at(lite, NEW)


Answer = Callable[..., None]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Return a function that sets the response to every page fetch."""

    def settle(url: str = PAGE, html: str = "", status: int = 200) -> None:
        def fetch(_url: str, *, guard: bool) -> FetchedPage:
            assert guard, "only public addresses"
            return FetchedPage(url, status, {}, html)

        monkeypatch.setattr(fetching, "fetch_page", fetch)

    return settle


def ask(client: FlaskClient) -> str:
    return text(client.post(f"{HOME}/1/look"))


def test_redirect_target_is_offered_as_url(
    lite: Flask, client: FlaskClient, answer: Answer
) -> None:
    answer(f"{NEW}?utm_source=x#a")
    shown = ask(client)
    assert "It leads to" in shown
    assert f'<input type="hidden" name="url" value="{NEW}">' in shown
    assert at(lite, NEW) == 0, "asking changes nothing"
    answer(OTHER)
    assert f'<a href="{HOME}/1/merge?into=2">' in ask(client)
    answer("https://far.example/post")
    shown = ask(client)
    assert "no address of the site" in shown
    assert 'name="url" value="https://far' not in shown


def test_canonical_url_is_offered(client: FlaskClient, answer: Answer) -> None:
    answer(html=f'<link rel="canonical" href="{NEW}">')
    assert "It calls itself" in ask(client)
    answer(html='<link rel="canonical" href="/post">')
    assert "calls itself by no other" in ask(client)
    answer(html='<link rel="canonical" href="http://[">')
    assert "calls itself by no other" in ask(client)
    answer(NEW, status=404)
    assert "answers with 404" in ask(client)


def test_unreachable_page_is_reported(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(_url: str, *, guard: bool) -> FetchedPage:
        raise FetchError("The other server does not answer.")

    monkeypatch.setattr(fetching, "fetch_page", fetch)
    assert "could not be fetched. The other server does not answer." in ask(client)


def test_local_servers_are_not_fetched(lite: Flask, client: FlaskClient) -> None:
    with lite.app_context(), transaction() as current:
        current.get_one(Page, 1).url = "http://127.0.0.1:1/private"
    assert "could not be fetched" in ask(client)


@pytest.mark.parametrize("key", ["%(x", "100%(off)s", "%", "%s"])
def test_site_name_is_not_used_as_template(client: FlaskClient, key: str) -> None:
    answer = client.get(f"{HOME}/", query_string={"site": key})
    assert answer.status_code == 404
    assert str(escape(f"There is no site {key}")) in text(answer)
