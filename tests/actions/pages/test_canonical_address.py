"""The URLs that a page states for itself, and whether its thread can have them."""

from collections.abc import Sequence

import pytest
from flask import Flask

from comment_service.actions.pages.canonical_address import OtherAddress, check_address
from comment_service.errors import DoesNotExist
from comment_service.fetching import FetchedPage
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
) -> Sequence[OtherAddress]:
    """Return the stated URLs of the first page for a given response."""
    html = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    with app.app_context():
        looked = check_address(
            session=session(),
            runtime=app.extensions["comments"],
            page_id=1,
            fetched=FetchedPage(url, status, {}, html),
            moderator_id=moderator,
        )
        assert looked.status == status
        for one in looked.named:
            assert one.other is None or one.other.url == OTHER
        return looked.named


def test_unmoved_page_states_no_other_url(lite: Flask, moderator: int) -> None:
    assert named(lite, moderator) == []
    assert named(lite, moderator, f"{PAGE}?utm_source=x#a", PAGE) == []


def test_redirect_and_canonical_are_found_once(lite: Flask, moderator: int) -> None:
    assert named(lite, moderator, NEW, NEW) == [
        OtherAddress(NEW, "redirect", usable=True, other=None)
    ]
    both = named(lite, moderator, f"{PAGE}/", NEW)
    assert [(one.url, one.how) for one in both] == [(f"{PAGE}/", "redirect"), (NEW, "canonical")]


def test_other_thread_at_the_url_is_found(lite: Flask, moderator: int) -> None:
    (found,) = named(lite, moderator, f"{OTHER}/index.html")
    assert found.other is not None


def test_unregistered_origin_is_not_usable(lite: Flask, moderator: int) -> None:
    (found,) = named(lite, moderator, "https://far.example/post")
    assert not found.usable
    assert found.other is None


@pytest.mark.parametrize("canonical", ["nowhere:", "http://[", "https://user:x@blog.example/"])
def test_invalid_urls_are_ignored(lite: Flask, moderator: int, canonical: str) -> None:
    assert named(lite, moderator, canonical=canonical) == []


def test_missing_page_states_no_url(lite: Flask, moderator: int) -> None:
    assert not named(lite, moderator, NEW, NEW, 404)


def test_moderator_of_another_site_is_refused(lite: Flask, moderator: int) -> None:
    with lite.app_context(), transaction() as current:
        now = lite.extensions["comments"].now()
        sites.ensure_site(current, key="b", name="B", origins=["https://b.example"], now=now)
    with pytest.raises(DoesNotExist):
        named(lite, Moderator(lite, "Far", "owner", "b").id)
