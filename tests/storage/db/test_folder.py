"""The folder is private, its secret is made once, and a volatile path is refused."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from comment_service.config import Settings
from comment_service.errors import SetupError
from comment_service.storage.db import folder


def test_folder_secret_and_database_belong_to_the_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "new" / "data"
    url, secret = folder.open_folder(Settings(folder=str(home), allow_volatile=True))
    assert url == f"sqlite:///{home}/comments.sqlite3"
    assert len(secret) >= 40
    for path, mode in (
        (home, 0o700),
        (home / "secret_key", 0o600),
        (home / folder.DATABASE, 0o600),
    ):
        assert stat.S_IMODE(path.stat().st_mode) == mode, path


def test_the_secret_stays_the_same_whoever_is_first(tmp_path: Path) -> None:
    settings = Settings(folder=str(tmp_path), allow_volatile=True)
    with ThreadPoolExecutor(8) as pool:
        found = {s for _, s in pool.map(lambda _: folder.open_folder(settings), range(40))}
    assert len(found) == 1
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("secret")] == ["secret_key"]


@pytest.mark.parametrize("path", ["/tmp/blog", "/var/tmp/blog", "/dev/shm/blog", "/run/blog"])
def test_a_volatile_path_is_refused_loudly(path: str) -> None:
    with pytest.raises(SetupError, match="every comment would be lost.*COMMENTS_FOLDER"):
        folder.open_folder(Settings(folder=path))


def test_a_memory_file_system_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "_mounts", lambda: [("/", "ext4"), ("/mnt/fast", "tmpfs")])
    with pytest.raises(SetupError, match="emptied at reboot"):
        folder.refuse_volatile(Path("/mnt/fast/comments.sqlite3"))
    folder.refuse_volatile(Path("/srv/comments.sqlite3"))


def test_a_folder_that_cannot_be_written_names_the_key(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    settings = Settings(folder=str(tmp_path / "file" / "data"), allow_volatile=True)
    with pytest.raises(SetupError, match="COMMENTS_FOLDER"):
        folder.open_folder(settings)
