"""Editing a page's title and URLs; its thread is found under each of them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service import events
from comment_service.actions.pages import edit_page
from comment_service.errors import AlreadyDone, DoesNotExist, InvalidFields, OriginUnknown
from comment_service.storage.admin import lists, sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import pages
from comment_service.storage.tables import Page, PageAlias, RuleChange
from tests.people import PAGE, Guest, Moderator

OTHER = "https://blog.example/other"
NEW = "https://blog.example/2026/post?b=1&a=2"


@pytest.fixture
def page_id(app: Flask) -> int:
    guest = Guest(app)
    assert guest.say("Said here").status_code == 201
    assert guest.say("Said there, which is another matter", url=OTHER).status_code == 201
    return found(app, PAGE)


def found(app: Flask, url: str) -> int:
    """Return the id of the page with a URL, 0 if it has no thread."""
    with app.app_context():
        site = sites.find(session(), "default")
        page = pages.find(session(), site.id, url) if site else None
        return page.id if page else 0


def do(app: Flask, act: Callable[..., Page], page_id: int, **what: Any) -> None:
    with app.app_context(), transaction() as current:
        state = app.extensions["comments"]
        act(session=current, runtime=state, page_id=page_id, actor="Olive", **what)


def test_a_moderator_s_title_stays(app: Flask, page_id: int) -> None:
    do(app, edit_page.retitle, page_id, title="A post")
    Guest(app).say("Said later", title="The page's own title")
    with app.app_context():
        assert session().get_one(Page, page_id).title == "A post"


def test_title_is_changed(app: Flask, page_id: int) -> None:
    do(app, edit_page.retitle, page_id, title="  The real \n title ")
    with app.app_context():
        page = session().get_one(Page, page_id)
        assert page.title == "The real title"
        row = session().scalars(select(RuleChange)).one()
        assert (row.before, row.after) == ({"title": "A post"}, {"title": "The real title"})
        before = page.revision
    do(app, edit_page.retitle, page_id, title="The real title")
    with app.app_context():
        assert len(session().scalars(select(RuleChange)).all()) == 1
        assert session().get_one(Page, page_id).revision == before
    with pytest.raises(InvalidFields):
        do(app, edit_page.retitle, page_id, title=" ")


def test_moved_page_is_found_under_both_urls(app: Flask, page_id: int) -> None:
    heard: list[dict[str, Any]] = []

    def listen(_sender: str, **told: Any) -> None:
        heard.append(told)

    with events.page_moved.connected_to(listen):
        do(app, edit_page.change_address, page_id, url=f"{NEW}#part")
    assert heard == [{"page_id": page_id, "from_url": PAGE, "to_url": NEW}]
    spelt = "https://www.blog.example/2026/post/?a=2&b=1"
    for url in (PAGE, f"{PAGE}/", NEW, spelt):
        assert found(app, url) == page_id, url
    guest = Guest(app)
    assert "Said here" in guest.thread()
    assert guest.say("Said at the old address").status_code == 201
    do(app, edit_page.change_address, page_id, url=PAGE)
    with app.app_context():
        assert session().scalars(select(PageAlias.url)).all() == [NEW]
        assert session().get_one(Page, page_id).comment_count == 2


def test_moved_page_stays_in_the_list_of_page_rules(app: Flask, page_id: int) -> None:
    with app.app_context(), transaction() as current:
        current.get_one(Page, page_id).rules = {"policy": "all"}
    do(app, edit_page.change_address, page_id, url=NEW)
    with app.app_context():
        shown = lists.pages_with_rules(session(), session().get_one(Page, page_id).site_id)
        assert [page.id for page in shown] == [page_id]


def test_url_of_another_thread_is_refused(app: Flask, page_id: int) -> None:
    for act in (edit_page.change_address, edit_page.add_alias):
        for url in (OTHER, f"{OTHER}/"):
            with pytest.raises(AlreadyDone) as refused:
                do(app, act, page_id, url=url)
            assert refused.value.details["page_id"] == found(app, OTHER)
            assert "Merge the two" in refused.value.message


@pytest.mark.parametrize(
    ("url", "refusal"),
    [("nowhere", InvalidFields), ("https://far.example/post", OriginUnknown)],
)
def test_url_of_another_site_is_refused(
    app: Flask, page_id: int, url: str, refusal: type[Exception]
) -> None:
    for act in (edit_page.change_address, edit_page.add_alias):
        with pytest.raises(refusal):
            do(app, act, page_id, url=url)


def test_alias_is_added_and_removed(app: Flask, page_id: int) -> None:
    do(app, edit_page.add_alias, page_id, url=NEW)
    assert found(app, NEW) == page_id
    for url in (NEW, f"{PAGE}/", "https://blog.example/2026/post/?b=1&a=2"):
        with pytest.raises(InvalidFields):
            do(app, edit_page.add_alias, page_id, url=url)
    with app.app_context():
        alias_id = session().scalars(select(PageAlias.id)).one()
    with pytest.raises(DoesNotExist):
        do(app, edit_page.remove_alias, found(app, OTHER), alias_id=alias_id)
    do(app, edit_page.remove_alias, page_id, alias_id=alias_id)
    assert found(app, NEW) == 0
    with app.app_context():
        said = [row.after for row in session().scalars(select(RuleChange).order_by(RuleChange.id))]
        assert said == [{"alias": NEW}, {"alias_removed": NEW}]


def test_page_of_another_site_is_not_found(app: Flask, page_id: int) -> None:
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        sites.ensure_site(current, key="b", name="B", origins=["https://b.example"], now=now)
    far = Moderator(app, "Far", "owner", "b").id
    with pytest.raises(DoesNotExist):
        do(app, edit_page.retitle, page_id, title="Mine", moderator_id=far)
    do(app, edit_page.retitle, page_id, title="Ours", moderator_id=Moderator(app).id)
