"""The worker fetches pictures, re-encodes and serves them; otherwise the identicon stays."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response, redirect
from PIL import Image
from sqlalchemy import select

from comment_service import fetching
from comment_service.notify import redraw_picture, worker
from comment_service.storage.db.session import session
from comment_service.storage.tables import Author, Identity, OutboxRow, Page, Picture
from tests.browser.servers import Stage
from tests.conftest import MakeApp
from tests.readers import Reader


def painted(kind: str = "PNG", size: tuple[int, int] = (300, 200), **more: Any) -> bytes:
    image = Image.new("RGB", size, "red")
    written = io.BytesIO()
    image.save(written, kind, **more)
    return written.getvalue()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the URL of another server, with valid and invalid pictures."""
    app = Flask("elsewhere", static_folder=None)
    bodies = {
        "good": painted(),
        "huge": b"\x89PNG" + bytes(3 * 1024 * 1024),
        "bomb": painted(size=(5000, 5000)),
        "text": b"<svg onload='alert(1)'/>",
        "cut": painted()[:100],
    }

    @app.get("/<name>")
    def show(name: str) -> Any:
        if name == "hop":
            return redirect("/good")
        if name == "round":
            return redirect("/round")
        if name == "inward":
            return redirect("http://169.254.169.254/latest")
        return Response(bodies.get(name, b""), status=200 if name in bodies else 404)

    _ = show
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", True)
    with Stage("127.0.0.1") as stage:
        stage.app = app
        yield stage.origin


def work(app: Flask) -> None:
    with app.app_context():
        worker.deliver_due(app.extensions["comments"])


def picture_of(app: Flask, reader: Reader) -> str:
    with app.app_context():
        return session().get_one(Author, reader.author_id).picture


@pytest.mark.parametrize("name", ["good", "hop"])
def test_picture_is_reencoded_and_shown_everywhere(app: Flask, elsewhere: str, name: str) -> None:
    ada = Reader(app, picture_url=f"{elsewhere}/{name}")
    ada.guest.say("Thank you for this.")
    ada.guest.like()
    before = revision(app)
    work(app)
    tag = picture_of(app, ada)
    path = f"/pictures/{ada.author_id}/{tag}"
    assert revision(app) > before
    assert ada.guest.thread().count(f'src="{path}"') == 2
    assert path in ada.guest.get("/likers").get_data(as_text=True)
    answer = app.test_client().get(path, headers={"Origin": "https://blog.example"})
    assert answer.headers["Content-Type"] == "image/webp"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(answer.data)).size == (96, 96)
    assert app.test_client().get(f"/pictures/{ada.author_id}/other").status_code == 404


@pytest.mark.parametrize("name", ["huge", "bomb", "text", "cut", "missing", "round", "inward"])
def test_invalid_picture_leaves_the_identicon(app: Flask, elsewhere: str, name: str) -> None:
    ada = Reader(app, picture_url=f"{elsewhere}/{name}")
    ada.guest.say("Thank you for this.")
    work(app)
    assert picture_of(app, ada) == ""
    assert "<img" not in ada.guest.thread()
    assert "<svg" in ada.guest.thread()
    assert owed(app) == []
    ada.prove("example", "Ada-1", picture_url=f"{elsewhere}/good")
    work(app)
    assert picture_of(app, ada)


def test_private_addresses_are_not_requested(
    app: Flask, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", False)
    ada = Reader(app, picture_url=f"{elsewhere}/good")
    work(app)
    assert picture_of(app, ada) == ""


def owed(app: Flask) -> list[str]:
    with app.app_context():
        return list(session().scalars(select(OutboxRow.kind).where(OutboxRow.done_at.is_(None))))


def revision(app: Flask) -> int:
    with app.app_context():
        return session().scalars(select(Page.revision)).one()


def test_deleted_account_has_no_picture(app: Flask, elsewhere: str) -> None:
    ada = Reader(app, picture_url=f"{elsewhere}/good")
    ada.guest.say("Thank you for this.")
    work(app)
    ada.post("erase")
    assert "<img" not in ada.guest.thread()
    with app.app_context():
        assert session().scalars(select(Picture)).all() == []


@pytest.mark.parametrize("on", [False, True])
def test_gravatar_is_used_only_if_enabled(make_app: MakeApp, sqlite_url: str, on: bool) -> None:
    app = make_app(sqlite_url, GRAVATAR=on)
    Reader(app, email="Ada@Example.org")
    with app.app_context():
        (url,) = session().scalars(select(Identity.picture_url))

    assert url.startswith("https://gravatar.com/avatar/") is on
    assert owed(app) == (["picture"] if on else [])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_format_is_reencoded(kind: str) -> None:
    drawn = Image.open(io.BytesIO(redraw_picture.redraw(painted(kind))))
    assert (drawn.format, drawn.size) == ("WEBP", (96, 96))
    red, green, blue = drawn.convert("RGB").getpixel((48, 48))  # type: ignore[misc]
    assert red > 250 and green < 5 and blue < 5


def test_metadata_is_removed() -> None:
    secret = Image.Exif()
    secret[0x010E] = "where I live"
    drawn = redraw_picture.redraw(painted("JPEG", exif=secret, comment=b"my secret"))
    assert b"where I live" not in drawn and b"secret" not in drawn
    assert not Image.open(io.BytesIO(drawn)).getexif()


def test_other_formats_are_not_opened() -> None:
    with pytest.raises(ValueError, match="no picture"):
        redraw_picture.redraw(painted("TIFF"))
