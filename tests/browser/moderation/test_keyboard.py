"""A long queue cleared by one moderator: by keyboard only, and with buttons without script."""

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import func, select

from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment, Decision
from tests.browser.conftest import MakeReader
from tests.browser.moderation.test_queue import Desk
from tests.browser.reader import Reader
from tests.browser.servers import World

pytestmark = pytest.mark.slow
MANY, SOME = 200, 20


def wait(world: World, number: int) -> None:
    """Create that many pending comments."""
    for n in range(number):
        world.say(f"Reader {n % 7}", f"maybe number {n:03}")


def decided(app: Flask) -> dict[str, int]:
    """Return decision → number of decisions in effect, one per comment."""
    with app.app_context():
        query = (
            select(Decision.decision, func.count(Decision.comment_id.distinct()))
            .where(Decision.undone_at.is_(None), Decision.undoes_id.is_(None))
            .group_by(Decision.decision)
        )
        return dict(session().execute(query).all())


def waiting(app: Flask) -> int:
    with app.app_context():
        query = select(func.count()).select_from(Comment).where(Comment.status == "pending")
        return session().scalar(query) or 0


@pytest.mark.long
def test_two_hundred_decisions_by_keyboard_and_undo(world: World, reader: Reader) -> None:
    wait(world, MANY)
    desk, seen = Desk(world, reader), list[str]()
    page = desk.page
    for n in range(MANY):
        said = page.locator(".card:focus .said")
        expect(said).to_have_count(1)
        seen.append(said.inner_text().strip())
        page.keyboard.press("asd"[n % 3])
        expect(page.locator(".card:focus .said", has_text=seen[-1])).to_have_count(0)
    expect(page.get_by_text("All caught up.")).to_be_visible()
    expect(desk.count("Needs review")).to_have_text("0")
    assert seen == [f"maybe number {n:03}" for n in reversed(range(MANY))]
    assert decided(world.app) == {"approve": 67, "spam": 67, "reject": 66}
    for n in range(MANY):
        page.keyboard.press("z")
        expect(desk.count("Needs review")).to_have_text(str(n + 1))
    assert waiting(world.app) == MANY
    assert decided(world.app) == {}


def test_selection_by_keyboard_and_undo(world: World, reader: Reader) -> None:
    wait(world, SOME)
    desk = Desk(world, reader)
    keys = desk.page.keyboard
    for _ in range(5):
        keys.press("x")
        keys.press("j")
    expect(desk.page.locator("#picked")).to_have_text("Selected: 5")
    keys.press("Shift+S")
    expect(desk.count("Spam")).to_have_text("5")
    expect(desk.cards).to_have_count(SOME - 5)
    expect(desk.page.locator(".card:focus")).to_contain_text("maybe number 014")
    keys.press("z")
    expect(desk.cards).to_have_count(SOME)
    assert decided(world.app) == {}


def test_reply_and_edit_by_shortcut(world: World, reader: Reader) -> None:
    wait(world, 2)
    desk = Desk(world, reader)
    page = desk.page
    page.keyboard.press("e")
    expect(page.get_by_label("Text of the comment")).to_be_focused()
    page.get_by_label("Text of the comment").fill("maybe rather this")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Edited; the previous text is kept.")
    page.get_by_role("link", name="Back to the queue").click()
    expect(desk.card("maybe rather this")).to_contain_text("edited")
    expect(page.locator(".card:focus")).to_have_count(1)
    page.keyboard.press("r")
    expect(page.get_by_label("Your answer")).to_be_focused()
    page.get_by_label("Your answer").fill("Thank you")
    page.get_by_role("button", name="Publish both").click()
    expect(desk.cards).to_have_count(1)
    assert "Thank you" in world.texts()


def test_twenty_decisions_without_script_and_undo(world: World, new_reader: MakeReader) -> None:
    wait(world, SOME)
    desk = Desk(world, new_reader(java_script_enabled=False))
    seen: list[str] = []
    for n in range(SOME):
        card = desk.cards.first
        seen.append(card.locator(".said").inner_text().strip())
        card.get_by_role("button", name=("Approve", "Spam", "Reject")[n % 3]).click()
        expect(desk.card(seen[-1])).to_have_count(0)
    assert seen == [f"maybe number {n:03}" for n in reversed(range(SOME))]
    expect(desk.page.get_by_text("All caught up.")).to_be_visible()
    for queue in ("Published", "Spam", "Rejected"):
        desk.go(queue)
        for _ in range(desk.cards.count()):
            text = desk.cards.first.locator(".said").inner_text().strip()
            desk.cards.first.get_by_role("button", name="Undo").click()
            expect(desk.card(text)).to_have_count(0)
    assert waiting(world.app) == SOME
    assert decided(world.app) == {}


def test_bulk_action_on_a_filter_without_script(world: World, new_reader: MakeReader) -> None:
    wait(world, SOME)
    desk = Desk(world, new_reader(java_script_enabled=False))
    page = desk.page
    page.get_by_role("searchbox").fill('"number 003"')
    page.get_by_role("button", name="Search").click()
    expect(desk.cards).to_have_count(1)
    page.locator("#whole").get_by_role("button", name="Spam").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 comment")
    page.get_by_role("button", name="Spam: 1").click()
    expect(desk.toast).to_contain_text("Marked as spam. (1)")
    desk.toast.get_by_role("button", name="Undo").click()
    expect(desk.cards).to_have_count(1)
    assert waiting(world.app) == SOME
