"""Links from before an import lead to the imported comment, on the page and for the script."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment
from tests.actions.transfer.importing import Importer
from tests.people import Guest
from tests.transfer.exports import isso, wxr, wxr_comment, wxr_item

URL = "https://blog.example/post/"


@pytest.fixture
def reader(lite: Flask, tmp_path: Path) -> Guest:
    importer = Importer(lite, tmp_path)
    comments = wxr_comment(7, "The first one") + wxr_comment(8, "Another one", parent=7)
    other = wxr_item(wxr_comment(5, "Elsewhere"), post=2, link="https://blog.example/two/")
    importer.run(wxr(wxr_item(comments), other))
    importer.run(
        isso(
            tmp_path / "isso.db",
            threads=[(1, "/post/", "Post")],
            comments=[(1, 1, None, 1577962800.0, 1, "Of Isso", "Ann", 0)],
        )
    )
    guest = Guest(lite)
    guest.page["url"] = URL
    return guest


def number(app: Flask, text: str) -> int:
    with app.app_context():
        return session().scalars(select(Comment.id).where(Comment.text == text)).one()


def test_old_addresses_are_anchors_in_the_thread(reader: Guest) -> None:
    thread = reader.thread()
    for fragment in ("comment-7", "comment-8", "isso-1"):
        assert thread.count(f'id="{fragment}"') == 1
    place = thread.index('id="comment-8"')
    assert thread.rindex("<article", 0, place) < place < thread.index("Another one")


def test_new_ids_are_higher_than_the_old_ones(reader: Guest) -> None:
    assert min(number(reader.app, text) for text in ("The first one", "Elsewhere")) > 8


@pytest.mark.parametrize(
    ("query", "text"),
    [({"focus": 8}, "Another one"), ({"old": "isso-1"}, "Of Isso"),
     ({"old": "comment-7"}, "The first one")],
)  # fmt: skip
def test_the_script_finds_a_comment_by_its_old_address(
    reader: Guest, query: dict[str, object], text: str
) -> None:
    answer = reader.get("/thread.html", part="1", **query)
    assert answer.status_code == 200
    assert text in answer.get_data(as_text=True)


def test_an_own_id_wins_over_an_old_address(reader: Guest) -> None:
    own = number(reader.app, "Of Isso")
    found = reader.get("/thread.html", part="1", focus=own).get_data(as_text=True)
    assert "Of Isso" in found


@pytest.mark.parametrize(
    "query", [{"focus": 5}, {"old": "isso-2"}, {"old": "x"}, {"focus": 99, "old": ""}]
)
def test_an_address_of_another_page_leads_nowhere(reader: Guest, query: dict[str, object]) -> None:
    assert reader.get("/thread.html", part="1", **query).status_code == 404


def test_a_pending_comment_is_not_found_by_its_old_address(lite: Flask, tmp_path: Path) -> None:
    Importer(lite, tmp_path).run(wxr(wxr_item(wxr_comment(7, "Secret", approved="0"))))
    guest = Guest(lite)
    guest.page["url"] = URL
    assert guest.get("/thread.html", part="1", old="comment-7").status_code == 404
    assert "Secret" not in guest.thread()
