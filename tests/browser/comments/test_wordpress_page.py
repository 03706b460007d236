"""Everything that a scraped WordPress page shows has a place on ours."""

from pathlib import Path

import pytest

from benchmarks import wordpress_page
from tests.browser.conftest import MakeReader
from tests.browser.servers import Stage

PAGE = """A post

A paragraph of the post that is long enough to be one, because shorter lines are headings or links.

2 Responses to “A post”

  1. The first comment, which two people like.

    Liked by 2 people

  2. The second one.

    Liked by 1 person
"""


@pytest.mark.slow
def test_nothing_is_missing(tmp_path: Path, blog_stage: Stage, new_reader: MakeReader) -> None:
    scraped = tmp_path / "page.txt"
    scraped.write_text(PAGE, encoding="utf-8")
    read = wordpress_page.read(scraped)
    assert (len(read.paragraphs), [likes for _, likes in read.comments]) == (1, [2, 1])
    blog_stage.app = wordpress_page.host(read, tmp_path)
    wordpress_page.fill(blog_stage.origin, read)
    reader = new_reader()
    reader.context.add_cookies([{"name": "user", "value": "1", "url": blog_stage.origin}])
    reader.page.goto(f"{blog_stage.origin}/post")
    found = dict(wordpress_page.look(reader.page, read))
    assert [name for name, ours in found.items() if not ours] == []
    assert found["2 comments, nested answers"] == "3 articles, 1 nested"
    assert "Sign out" in found["You are commenting using your account. Log Out / Change"]
