"""Pictures of imported authors are fetched only if asked for, in turn, once, and for one site."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.actions.readers.picture import PICTURE
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Identity, OutboxRow
from tests.actions.transfer.importing import Importer

META = {"version": 1, "users": [], "posts": []}


def comment(key: str, author: str, picture: str, **more: Any) -> dict[str, Any]:
    return {
        "id": key, "pid": "", "text": f"<p>Hello {key}</p>",
        "user": {"id": author, "name": author, "picture": picture},
        "locator": {"site": "blog", "url": "https://blog.example/post"},
        "score": 0, "time": "2020-01-02T11:00:00Z", "title": "A post", **more,
    }  # fmt: skip


ALL = [
    comment("a", "ann", "https://x.example/ann.png"),
    comment("b", "ann", "https://x.example/ann.png"),
    comment("c", "bob", "https://x.example/bob.png"),
    comment("d", "cy", ""),
    comment("e", "dee", "javascript:alert(1)"),
    comment("f", "eve", "https://x.example/" + "e" * 2000),
]


@pytest.fixture
def importer(app: Flask, tmp_path: Path) -> Importer:
    return Importer(app, tmp_path)


def backup(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "backup.json"
    path.write_text("".join(json.dumps(row) + "\n" for row in [META, *rows]))
    return path


def waiting(app: Flask) -> list[tuple[str, Any]]:
    """Return (author, due time) of the pictures to fetch, in their order."""
    with app.app_context():
        rows = session().scalars(
            select(OutboxRow).where(OutboxRow.kind == PICTURE).order_by(OutboxRow.due_at)
        )
        found = [(session().get_one(Identity, row.payload["identity_id"]), row) for row in rows]
        return [(who.picture_url.rpartition("/")[2], row.due_at) for who, row in found]


def test_pictures_are_fetched_one_after_the_other(importer: Importer) -> None:
    importer.pictures = True
    importer.run(backup(importer.folder, ALL))
    (ann, first), (bob, second) = waiting(importer.app)
    assert {ann, bob} == {"ann.png", "bob.png"}
    assert second - first == timedelta(seconds=1)
    later = [comment("g", "ann", "https://x.example/ann.png"),
             comment("h", "fay", "https://x.example/fay.png")]  # fmt: skip
    importer.run(backup(importer.folder, ALL + later))
    found = waiting(importer.app)
    assert [name for name, _due in found[2:]] == ["fay.png"], "each author once"
    assert found[2][1] - second == timedelta(seconds=1), "after those that wait"


def test_an_undone_import_has_no_pictures_to_fetch(importer: Importer) -> None:
    importer.pictures = True
    importer.run(backup(importer.folder, ALL))
    importer.undo()
    assert waiting(importer.app) == []


def test_pictures_are_not_fetched_unasked(importer: Importer) -> None:
    importer.run(backup(importer.folder, ALL))
    assert waiting(importer.app) == []


def test_pictures_of_hidden_comments_are_not_fetched(importer: Importer) -> None:
    importer.pictures = True
    importer.run(backup(importer.folder, [*ALL[3:4], {**ALL[2], "delete": True}]))
    assert waiting(importer.app) == []


def test_pictures_are_fetched_for_the_site_that_asked(app: Flask, tmp_path: Path) -> None:
    with app.app_context(), transaction() as current:
        sites.ensure_site(
            current, key="other", name="Other", origins=["https://blog.example"],
            now=app.extensions["comments"].now(),
        )  # fmt: skip
    for site in ("default", "other"):
        own = Importer(app, tmp_path, site)
        own.pictures = site == "other"
        own.run(backup(tmp_path, ALL[:1]))
    with app.app_context():
        rows = session().scalars(select(OutboxRow).where(OutboxRow.kind == PICTURE))
        of = [session().get_one(Identity, row.payload["identity_id"]).site_id for row in rows]
        other = sites.find(session(), "other")
    assert other is not None
    assert of == [other.id]
