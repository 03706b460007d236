"""Ten tasks of moderators and owners by keyboard alone, from the first page after signing in.

No step clicks or sets the focus by script; at every stop of the Tab key the focus is in the window,
uncovered and marked. Only the system's dialog for files is left out.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from comment_service.storage.db.session import session
from comment_service.storage.tables import Author, Comment, ListEntry, Site, Ticket
from tests import many_readers
from tests.browser.conftest import MakeReader
from tests.browser.keyboard import Keyboard, Stop
from tests.browser.moderation.test_import import work
from tests.browser.moderation.test_queue import Desk
from tests.browser.servers import World
from tests.people import Moderator
from tests.transfer.exports import disqus, disqus_post, disqus_thread

pytestmark = pytest.mark.slow
MOST = 60
"""Key presses that a task may take, typed texts apart."""


class Task(Desk):
    """A moderator's queue, with a keyboard and no mouse."""

    def __init__(self, world: World, new_reader: MakeReader) -> None:
        super().__init__(world, new_reader(permissions=["clipboard-read", "clipboard-write"]))
        self.keys = Keyboard(self.page)
        self.keys.look()

    def hears(self, words: str) -> None:
        """Wait for the message of the page, and for the focus on it, which comes a frame later."""
        told = self.page.get_by_role("status")
        expect(told).to_contain_text(words)
        expect(told).to_be_focused()

    def number(self, *conditions: object) -> int:
        """Return how many comments meet the conditions."""
        with self.world.app.app_context():
            query = select(func.count()).select_from(Comment).where(*conditions)  # type: ignore[arg-type]
            return session().scalar(query) or 0

    def site(self) -> Site:
        with self.world.app.app_context():
            return session().scalars(select(Site)).one()


@pytest.fixture
def queue(world: World, new_reader: MakeReader) -> Task:
    """Return the queue of a busy day, on which a colleague decided yesterday."""
    many_readers.fill(world.app, 600)
    colleague = Moderator(world.app, "Nora", role="moderator")
    for n in range(3):
        colleague.decide(world.say("Ilse", f"maybe decided {n}"), "spam")
    world.app.extensions["comments"].clock.forward(days=1)
    for n in range(12):
        guest = f"Guest {n % 4}"
        world.say(guest, f"maybe number {n}", email=f"guest{n % 4}@example.org")
    return Task(world, new_reader)


@pytest.fixture
def task(queue: Task) -> Iterator[Task]:
    """Return the queue as the start of a task, which must take few key presses."""
    yield queue
    assert queue.keys.presses <= MOST


def test_find_why_a_comment_was_held(task: Task) -> None:
    task.keys.press("j")
    task.keys.tab_to("Held by the filter: 70% spam")
    task.keys.press("Enter")
    reasons = task.page.locator(".card:has(:focus)").get_by_role("list", name="Reasons")
    expect(reasons).to_contain_text("“maybe” is typical of spam")


def test_approve_everything_of_one_author(task: Task) -> None:
    task.keys.tab_to("Guest 3")
    task.keys.enter("All")
    expect(task.cards).to_have_count(3)
    task.keys.look()
    task.keys.tab_to("Approve", back=True)
    task.keys.enter("3 comments")
    task.keys.tab_to("Approve: 3")
    task.keys.enter("All")
    expect(task.toast).to_contain_text("Approved. (3)")
    assert task.number(Comment.name == "Guest 3", Comment.status == "published") == 3
    assert task.number(Comment.status == "pending") == 9


def test_allow_a_second_origin(task: Task) -> None:
    task.keys.open_page("Settings", "Sites and origins", "Sites and origins")
    task.keys.skip()
    task.keys.tab_to("Add an origin")
    task.keys.type("https://second.example")
    task.keys.press("Enter")
    task.hears("Its pages can show comments now.")
    assert task.keys.look().role == "status"
    assert task.site().origins == [task.world.blog.origin, "https://second.example"]


def test_make_the_filter_more_careful(task: Task) -> None:
    task.keys.open_page("Filter", "Spam filter", "Spam filter")
    task.keys.skip()
    task.keys.tab_to("Review from")
    task.keys.choose("ArrowLeft", "ArrowLeft", "ArrowLeft")
    wanted = task.page.locator("#at").inner_text()
    task.keys.tab_to("Use this", most=1)
    task.keys.press("Enter")
    expect(task.page.locator("main")).to_contain_text(f"Now held for review from {wanted} spam.")
    assert 0 < task.site().rules["hold_at"] < 0.5


def test_undo_the_decisions_of_a_colleague_since_yesterday(task: Task) -> None:
    task.keys.open_page("Insights", "Bulk undo", "Bulk undo")
    task.keys.skip()
    task.keys.tab_to("a model", role="radio")
    task.keys.choose("ArrowDown", "ArrowDown")
    task.keys.tab_to("Moderator")
    task.keys.type("Nora")
    task.keys.tab_to("Since")
    task.keys.type("11012026")
    task.keys.tab_to("Preview")
    task.keys.press("Enter")
    task.hears("3 decisions")
    task.keys.tab_to("Undo", most=3)
    task.keys.enter("Needs review")
    assert task.number(Comment.name == "Ilse", Comment.status == "pending") == 3


def test_block_a_word(task: Task) -> None:
    task.keys.open_page("Settings", "Blocklists", "Blocklists")
    task.keys.skip()
    task.keys.tab_to("One per line")
    task.keys.type("pyramid")
    task.keys.tab_to("Add")
    task.keys.press("Enter")
    task.hears("1 entry added.")
    assert task.keys.look().role == "status"
    with task.world.app.app_context():
        assert session().scalars(select(ListEntry.value)).all() == ["pyramid"]
    held = task.world.say("Otto", "Thank you, a pyramid of knots")
    assert task.number(Comment.id == held, Comment.status == "pending") == 1


def test_invite_a_colleague(task: Task) -> None:
    task.keys.tab_to("Team", back=True)
    task.keys.enter("Team")
    task.keys.skip()
    task.keys.tab_to("E-mail")
    task.keys.type("otto@blog.example")
    task.keys.press("Enter")
    task.hears("Send this link to otto@blog.example.")
    task.keys.tab_to("Copy", most=3)
    task.keys.press("Enter")
    expect(task.page.get_by_text("Copied.")).to_be_visible()
    link = str(task.page.evaluate("navigator.clipboard.readText()"))
    assert link.startswith(f"{task.world.service}/moderation/invite/")
    with task.world.app.app_context():
        invited = session().scalars(select(Ticket).where(Ticket.purpose == "invite")).one()
        assert invited.about["email"] == "otto@blog.example"


def test_copy_the_embed_code(task: Task) -> None:
    task.keys.open_page("Settings", "Embed code", "Put comments on your pages")
    task.keys.skip()
    task.keys.tab_to("Copy")
    task.keys.press("Enter")
    expect(task.page.get_by_text("Copied.")).to_be_visible()
    copied = str(task.page.evaluate("navigator.clipboard.readText()"))
    assert (
        copied == f'<script src="{task.world.service}/embed.js" data-site="default" async></script>'
    )


def test_import_from_disqus(task: Task, tmp_path: Path) -> None:
    export = tmp_path / "disqus.xml"
    posts = "".join(disqus_post(n, f"<p>Brought along, {n}</p>") for n in range(1, 4))
    export.write_text(disqus(disqus_thread(link=task.world.post), posts), encoding="utf-8")
    task.keys.open_page("Settings", "Import", "Import comments")
    task.keys.skip()
    task.keys.tab_to("Disqus")
    task.keys.press("Enter")
    expect(task.page.locator("details[open]")).to_contain_text("Export")
    task.keys.tab_to("Export file", back=True)
    task.page.get_by_label("Export file").set_input_files(export)
    task.keys.tab_to("Check the file")
    task.keys.enter("disqus.xml")
    work(task.world)
    expect(task.page.get_by_role("heading", name="What would be imported")).to_be_visible()
    task.keys.skip()
    task.keys.tab_to("Start import")
    task.keys.press("Enter")
    expect(task.page.get_by_role("progressbar")).to_be_visible()
    work(task.world)
    expect(task.page.get_by_role("heading", name="Result")).to_be_visible()
    assert task.number(Comment.text.startswith("Brought along")) == 3


def test_forget_a_reader(task: Task) -> None:
    task.keys.tab_to("More…")
    task.keys.enter("A comment by Guest 3")
    task.keys.skip()
    task.keys.tab_to("Context", role="tab")
    task.keys.choose("ArrowRight")
    task.keys.tab_to("Export or erase this person…")
    task.keys.enter("Personal data")
    task.keys.tab_to("Keep the texts", role="radio", most=3)
    task.keys.tab_to("Erase permanently")
    task.keys.press("Space")
    task.keys.tab_to("Erase", most=1)
    task.keys.press("Enter")
    task.hears("Erased from")
    assert task.number(Comment.name == "Guest 3") == 0
    with task.world.app.app_context():
        assert "Guest 3" not in session().scalars(select(Author.name)).all()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (640, 512), (320, 640), (320, 256)])
def test_no_bar_covers_the_focus(queue: Task, width: int, height: int) -> None:
    queue.page.set_viewport_size({"width": width, "height": height})
    queue.keys.press("x", "j", "x", "j", "a")
    expect(queue.page.locator("#picked")).to_have_text("Selected: 2")
    expect(queue.toast).to_contain_text("Approved.")
    queue.keys.tab_to("Undo", most=120)
    queue.keys.tab_to("Filters", back=True, most=120)


def test_skip_to_the_comments(queue: Task) -> None:
    queue.keys.tab_to("Skip to the comments", back=True)
    queue.keys.press("Enter")
    assert queue.keys.look() == Stop("list", "Needs review")
    queue.keys.press("j")
    assert queue.keys.look() == Stop("article", "Guest 3")


def test_the_menu_at_200_percent(queue: Task) -> None:
    queue.page.set_viewport_size({"width": 640, "height": 512})
    queue.keys.tab_to("Menu", role="button", back=True)
    queue.keys.press("Enter")
    queue.keys.tab_to("Team")
    queue.keys.enter("Team")
