"""Links from before an import: the browser shows the imported comment."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.actions.transfer.importing import Importer
from tests.browser.conftest import MakeWorld
from tests.browser.reader import Reader, focused
from tests.browser.servers import World
from tests.transfer.exports import isso, wxr, wxr_comment, wxr_item


def bring(world: World, folder: Path) -> None:
    """Import nine comments from WordPress and one from Isso into the world's page."""
    comments = "".join(
        wxr_comment(n, f"Number {n}", date_gmt=f"2020-01-0{n} 11:00:00") for n in range(1, 10)
    )
    importer = Importer(world.app, folder)
    importer.run(wxr(wxr_item(comments, link=world.post, guid=world.post)))
    importer.run(
        isso(
            folder / "isso.db",
            threads=[(1, "/post", "A post")],
            comments=[(1, 1, None, 1609498800.0, 1, "Of Isso", "Ann", 0)],
        ),
        base=world.blog.origin,
    )


@pytest.mark.parametrize("size", [25, 3], ids=["loaded", "on a later page"])
@pytest.mark.parametrize(("fragment", "text"), [("comment-8", "Number 8"), ("isso-1", "Of Isso")])
def test_an_old_link_leads_to_its_comment(
    make_world: MakeWorld, reader: Reader, tmp_path: Path, fragment: str, text: str, size: int
) -> None:
    world = make_world(PAGE_SIZE=size)
    bring(world, tmp_path)
    reader.open(f"{world.post}#{fragment}")
    focused(reader.comment(text))


def test_an_old_link_works_on_the_page_without_script(
    world: World, new_reader, tmp_path: Path
) -> None:
    bring(world, tmp_path)
    plain = new_reader(java_script_enabled=False)
    plain.open(f"{world.thread_page}#comment-8")
    expect(plain.page.locator("[id='comment-8']:target")).to_have_count(1)
    target = plain.page.locator("article", has=plain.page.locator("[id='comment-8']:target"))
    expect(target).to_contain_text("Number 8")
    expect(target).to_be_in_viewport()
