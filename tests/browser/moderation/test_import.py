"""The import page in Chromium: from the file to the proof and back."""

from pathlib import Path

from playwright.sync_api import expect

from comment_service.notify.worker import deliver_due
from tests.browser.page_states import Visit
from tests.browser.reader import Reader
from tests.browser.servers import World
from tests.people import Moderator
from tests.transfer.exports import disqus, disqus_post, disqus_thread, packed


class House:
    """A world with its owner, as a visit needs it."""

    def __init__(self, world: World) -> None:
        self.world, self.app = world, world.app
        self.owner = Moderator(world.app)


def work(world: World) -> None:
    with world.app.app_context():
        deliver_due(world.app.extensions["comments"])


def test_from_the_file_to_the_proof_and_back(world: World, reader: Reader, tmp_path: Path) -> None:
    posts = "".join(disqus_post(n, f"<p>Brought from Disqus, {n}</p>") for n in range(1, 6))
    export = packed(tmp_path / "disqus.xml.gz", disqus(disqus_thread(link=world.post), posts))
    visit = Visit(House(world), reader, known=True)
    page = visit.page
    visit.go("/moderation/import/")
    page.get_by_label("Export file").set_input_files(export)
    visit.press("Check the file")
    expect(page.get_by_text("Reading the file").first).to_be_visible()
    work(world)
    expect(page.get_by_role("heading", name="What would be imported")).to_be_visible()
    expect(page.get_by_role("row", name=world.post)).to_contain_text("5")
    visit.press("Start import")
    expect(page.get_by_role("progressbar")).to_be_visible()
    work(world)
    expect(page.get_by_role("heading", name="Result")).to_be_visible()
    expect(page.get_by_text("In the file: 5; here: 5.")).to_be_visible()
    page.get_by_role("link", name=world.post).first.click()
    expect(reader.comment("Brought from Disqus, 1")).to_be_visible()
    page.go_back()
    visit.press("Undo import")
    work(world)
    expect(page.get_by_text("Everything that this import added was deleted")).to_be_visible()
    reader.open(world.post)
    expect(reader.comments).to_have_count(0)
