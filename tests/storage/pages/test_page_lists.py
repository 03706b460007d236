"""A site's pages in stretches, found by a piece of their title, and those that look the same."""

import pytest
from flask import Flask

from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import page_lists
from comment_service.storage.tables import Page


@pytest.fixture
def site_id(app: Flask) -> int:
    with app.app_context():
        site = sites.find(session(), "default")
        assert site is not None
        return site.id


def put(app: Flask, site_id: int, path: str, title: str = "", **more: object) -> int:
    """Put a page; ``key`` may be another than that of its address."""
    with app.app_context(), transaction() as current:
        now, url = app.extensions["comments"].now(), f"https://blog.example/{path}"
        page = Page(site_id=site_id, url=url, key=url, title=title, created_at=now, **more)
        current.add(page)
        current.flush()
        return page.id


def listed(app: Flask, site_id: int, words: str = "", limit: int = 2) -> list[list[int]]:
    """Return the numbers of pages, stretch by stretch."""
    found, before = [], None
    with app.app_context():
        while True:
            part = page_lists.search_pages(
                session(), site_id, words=words, before=before, limit=limit
            )
            found.append([page.id for page in part.pages])
            if part.following is None:
                return found
            before = part.following


def test_pages_come_in_stretches_the_newest_first(app: Flask, site_id: int) -> None:
    ids = [put(app, site_id, str(n)) for n in range(5)]
    assert listed(app, site_id) == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]


def test_a_piece_of_title_or_address_finds_them(
    app: Flask, site_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_lists, "LOOKED", 3)
    first = put(app, site_id, "one", "Über die ÖFFNUNG")
    second = put(app, site_id, "two/100%_öffnung")
    for n in range(4):
        put(app, site_id, f"three{n}", "Anything")
    assert [one for part in listed(app, site_id, "öffnung", 1) for one in part] == [second, first]
    assert [one for part in listed(app, site_id, "100%_") for one in part] == [second]
    assert not [one for part in listed(app, site_id, "nowhere") for one in part]


def pairs(app: Flask, site_id: int) -> list[tuple[int, int, str]]:
    with app.app_context():
        found = page_lists.twins(session(), site_id)
        return [(one.gone.id, one.page.id, one.why) for one in found]


def test_pages_with_one_key_or_one_title_look_the_same(app: Flask, site_id: int) -> None:
    old = put(app, site_id, "old", "How to tie a knot", comment_count=1)
    new = put(app, site_id, "new", "HOW TO TIE A KNOT!", comment_count=9)
    spelt = put(app, site_id, "a")
    with app.app_context(), transaction() as current:
        current.get_one(Page, spelt).key = f"https://blog.example/{'old'}"
    assert pairs(app, site_id) == [(spelt, old, "address"), (old, new, "title")]


def test_what_many_pages_are_called_says_nothing(app: Flask, site_id: int) -> None:
    for n in range(page_lists.SHARED + 1):
        put(app, site_id, f"{n}", "My blog")
    for n in range(3):
        put(app, site_id, f"untitled{n}")
    assert pairs(app, site_id) == []


def test_no_more_pairs_than_are_shown(app: Flask, site_id: int) -> None:
    for n in range(page_lists.TWINS + 5):
        put(app, site_id, f"{n}", f"Title {n}")
        put(app, site_id, f"{n}-again", f"Title {n}")
    assert len(pairs(app, site_id)) == page_lists.TWINS


def test_another_sites_pages_are_not_there(app: Flask, site_id: int) -> None:
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        other = sites.ensure_site(current, key="b", name="B", origins=[], now=now).id
    put(app, site_id, "one", "Same")
    put(app, other, "two", "Same")
    assert pairs(app, site_id) == []
    assert len(listed(app, other)[0]) == 1
