"""What a page says of its own address, and whether its thread can have that."""

from collections.abc import Sequence

import pytest
from flask import Flask

from comment_service.actions.pages.canonical_address import Named, find_address
from comment_service.errors import NotThere
from comment_service.fetching import Fetched
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from tests.people import PAGE, Guest, Moderator

OTHER, NEW = "https://blog.example/other", "https://blog.example/new"


@pytest.fixture
def moderator(lite: Flask) -> int:
    Guest(lite).say("Said here")
    Guest(lite).say("Said there, which is another matter", url=OTHER)
    return Moderator(lite, role="moderator").id


def named(
    app: Flask, moderator: int, url: str = PAGE, canonical: str = "", status: int = 200
) -> Sequence[Named]:
    """Return what the first page is said to call itself, answering so."""
    html = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    with app.app_context():
        looked = find_address(
            session=session(),
            runtime=app.extensions["comments"],
            page_id=1,
            fetched=Fetched(url, status, {}, html),
            moderator_id=moderator,
        )
        assert looked.status == status
        for one in looked.named:
            assert one.other is None or one.other.url == OTHER
        return looked.named


def test_a_page_that_stands_where_it_stood(lite: Flask, moderator: int) -> None:
    assert named(lite, moderator) == []
    assert named(lite, moderator, f"{PAGE}?utm_source=x#a", PAGE) == []


def test_a_page_that_moved_and_says_so_twice(lite: Flask, moderator: int) -> None:
    assert named(lite, moderator, NEW, NEW) == [Named(NEW, "redirect", usable=True, other=None)]
    both = named(lite, moderator, f"{PAGE}/", NEW)
    assert [(one.url, one.how) for one in both] == [(f"{PAGE}/", "redirect"), (NEW, "canonical")]


def test_where_another_thread_stands(lite: Flask, moderator: int) -> None:
    (found,) = named(lite, moderator, f"{OTHER}/index.html")
    assert found.other is not None


def test_an_address_of_nobodys_site_is_not_usable(lite: Flask, moderator: int) -> None:
    (found,) = named(lite, moderator, "https://far.example/post")
    assert not found.usable
    assert found.other is None


@pytest.mark.parametrize("canonical", ["nowhere:", "http://[", "https://user:x@blog.example/"])
def test_what_is_no_address_is_not_said(lite: Flask, moderator: int, canonical: str) -> None:
    assert named(lite, moderator, canonical=canonical) == []


def test_a_page_that_is_not_there_says_nothing(lite: Flask, moderator: int) -> None:
    assert not named(lite, moderator, NEW, NEW, 404)


def test_another_sites_moderator_learns_nothing(lite: Flask, moderator: int) -> None:
    with lite.app_context(), transaction() as current:
        now = lite.extensions["comments"].now()
        sites.ensure(current, key="b", name="B", origins=["https://b.example"], now=now)
    with pytest.raises(NotThere):
        named(lite, Moderator(lite, "Far", "owner", "b").id)
