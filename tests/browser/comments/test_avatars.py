"""Avatar pictures over identicons, on a page of another origin; fallback if a picture fails."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from comment_service.actions.readers import picture
from comment_service.notify import redraw_picture
from comment_service.storage.db.session import transaction
from comment_service.storage.tables import Identity
from tests.browser.comments.test_accessibility import check
from tests.browser.reader import Reader as Browser
from tests.browser.servers import World
from tests.readers import Reader

pytestmark = pytest.mark.slow


def drawn(color: str) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (200, 100), color).save(written, "PNG")
    return redraw_picture.redraw(written.getvalue())


def with_picture(world: World, name: str, color: str) -> Reader:
    reader = Reader(world.app, name, picture_url="https://example.org/me.png")
    reader.guest.page = {"site": "default", "url": world.post, "title": world.blog.title}
    with world.app.app_context(), transaction() as current:
        identity = current.query(Identity).filter_by(author_id=reader.author_id).one()
        picture.store_picture(
            session=current,
            runtime=world.app.extensions["comments"],
            identity_id=identity.id,
            url=identity.picture_url,
            body=drawn(color),
            media_type=redraw_picture.MEDIA_TYPE,
        )
    return reader


def test_pictures_show_on_other_peoples_pages(world: World, reader: Browser) -> None:
    ada = with_picture(world, "Ada", "teal")
    ada.guest.say("Thank you for this.")
    for name, color in (("Bob", "orange"), ("Cleo", "purple")):
        with_picture(world, name, color).guest.like()
    reader.open(world.post)
    face = reader.page.locator(".comments-one img")
    expect(face).to_have_count(1)
    face.scroll_into_view_if_needed()
    reader.until(
        "() => [...document.querySelector('comment-thread').shadowRoot.querySelectorAll('img')]"
        ".every(img => img.complete && img.naturalWidth === 96)"
    )
    box, around = face.bounding_box(), reader.page.locator(".comments-one .comments-avatar")
    assert box == around.bounding_box()
    expect(reader.page.locator(".comments-faces img")).to_have_count(2)
    expect(reader.page.locator(".comments-faces svg")).to_have_count(2)
    check(reader)


def test_identicon_is_shown_if_the_picture_fails(world: World, reader: Browser) -> None:
    ada = with_picture(world, "Ada", "teal")
    ada.guest.say("Thank you for this.")
    reader.page.route("**/pictures/**", lambda route: route.fulfill(status=404))
    with reader.page.expect_response("**/pictures/**"):
        reader.open(world.post)
        reader.page.locator(".comments-one img").scroll_into_view_if_needed()
    expect(reader.page.locator(".comments-one .comments-avatar svg")).to_be_visible()
    reader.troubles = [line for line in reader.troubles if "404" not in line]
