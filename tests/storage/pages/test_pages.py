"""One page under many addresses."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from comment_service.storage.admin import sites
from comment_service.storage.comments import counts as counting
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import pages
from comment_service.storage.tables import PageAlias
from comment_service.text.addresses import clean_page_url, page_key

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)

URL = "https://www.blog.example/post/"


@pytest.mark.parametrize(
    "other",
    [
        "http://www.blog.example/post/",
        "https://blog.example/post",
        "https://blog.example/post/index.html",
        "https://blog.example//p%6Fst",
        "https://blog.example/post?gbraid=1",
    ],
)
def test_spellings_of_one_address_have_one_key(other: str) -> None:
    assert page_key(clean_page_url(other)) == page_key(URL)


@pytest.mark.parametrize(
    "other",
    ["https://blog.example/post/2", "https://other.example/post/", "https://blog.example/Post/"],
)
def test_other_pages_have_another(other: str) -> None:
    assert page_key(other) != page_key(URL)


def test_the_order_of_parameters_does_not_matter() -> None:
    assert page_key("https://b.example/?b=2&a=1") == page_key("https://b.example/?a=1&b=2")


@pytest.fixture
def site_id(app: Flask) -> int:
    with app.app_context(), transaction() as current:
        site = sites.find(current, "default")
        assert site is not None
        for url in (URL, "https://blog.example/new"):
            sites.ensure_page(current, site_id=site.id, url=url, title="", now=NOON)
        new = pages.find(current, site.id, "https://blog.example/new")
        assert new is not None
        new.comment_count = 3
        alias = PageAlias(site_id=site.id, page_id=new.id, url="https://blog.example/old")
        alias.key = page_key(alias.url)
        alias.created_at = NOON
        current.add(alias)
        return site.id


def found(app: Flask, site_id: int, url: str) -> str:
    with app.app_context():
        page = pages.find(session(), site_id, url)
        return page.url if page else ""


def test_a_page_is_found_by_address_by_former_name_and_by_spelling(
    app: Flask, site_id: int
) -> None:
    assert found(app, site_id, URL) == URL
    assert found(app, site_id, "http://blog.example/post") == URL
    assert found(app, site_id, "https://blog.example/old") == "https://blog.example/new"
    assert found(app, site_id, "https://blog.example/nowhere") == ""


def test_a_comment_under_another_spelling_joins_the_thread(app: Flask, site_id: int) -> None:
    with app.app_context(), transaction() as current:
        page = sites.ensure_page(
            current, site_id=site_id, url="https://blog.example/post", title="", now=NOON
        )
        assert page.url == URL


def test_counts_follow_every_name(app: Flask, site_id: int) -> None:
    with app.app_context():
        asked = ["https://blog.example/new/", "https://blog.example/old", URL, "https://x.example/"]
        counts = counting.of_pages(session(), site_id, asked)
    assert list(counts.values()) == [3, 3, 0, 0]
