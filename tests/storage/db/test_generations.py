"""Generations of public pages: what changes them, and in which order they are written."""

import os
from pathlib import Path

import pytest
from flask import Flask

from comment_service.storage.db import generations
from comment_service.storage.db.generations import LAST, Generations
from comment_service.storage.db.session import generations_of, transaction
from comment_service.storage.tables import Page, Site
from tests.people import Guest


class Recorded:
    """The words of a process, with the order in which they were written."""

    def __init__(self) -> None:
        self.written: list[int] = []

    def __setitem__(self, place: int, value: int) -> None:
        self.written.append(place)


def test_the_last_change_is_written_before_the_words_that_change() -> None:
    found = Generations(None)
    recorded = Recorded()
    found._words = recorded  # type: ignore[assignment]
    found.change({7, 9})
    assert recorded.written[0] == LAST
    assert set(recorded.written) == {LAST, 7, 9}


def test_a_savepoint_that_is_taken_back_keeps_the_changes_around_it(app: Flask) -> None:
    Guest(app).say("The first comment")
    with app.app_context():
        words = generations_of(app)
        place = generations.of_site(1)
        before = words.read([place])
        with transaction() as current:
            current.get_one(Site, 1).name = "Renamed"
            current.flush()
            savepoint = current.begin_nested()
            current.get_one(Page, 1).title = "Never seen"
            current.flush()
            savepoint.rollback()
        assert words.read([place]) != before


def test_a_transaction_that_is_taken_back_changes_nothing(app: Flask) -> None:
    Guest(app).say("The first comment")
    with app.app_context():
        words = generations_of(app)
        before = words.last()
        with transaction() as current:
            current.get_one(Site, 1).name = "Renamed"
            current.flush()
            current.rollback()
        with transaction():
            pass
        assert words.last() == before


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="needs posix_fallocate")
@pytest.mark.parametrize("made", [0, 8])
def test_the_file_has_its_place_on_the_disk_from_the_start(tmp_path: Path, made: int) -> None:
    """On a full disk, a write to a part without a place ends the process with SIGBUS."""
    path = tmp_path / "generations"
    path.write_bytes(bytes(made))
    if made:  # as an earlier version left it
        os.truncate(path, generations._BYTES)
    generations.Generations(path)
    assert path.stat().st_size == generations._BYTES
    assert path.stat().st_blocks * 512 >= generations._BYTES
