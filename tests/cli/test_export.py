"""``export`` and ``load`` as from a terminal."""

import gzip
import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from comment_service.transfer import native
from tests.cli.test_backup import said, texts
from tests.cli.test_commands import GROUP, Run, run

__all__ = ["run", "said"]


def test_export_and_load_elsewhere(
    run: Run, said: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("all.jsonl", "all.jsonl.gz"):
        done = run("export", str(tmp_path / name))
        assert (done.exit_code, done.output) == (0, f"Wrote {tmp_path / name}.\n")
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    plain = (tmp_path / "all.jsonl").read_bytes()
    packed = gzip.decompress((tmp_path / "all.jsonl.gz").read_bytes())
    assert packed.split(b"\n")[1:] == plain.split(b"\n")[1:]
    assert native.is_native(plain[:100])
    for number, name in enumerate(("all.jsonl", "all.jsonl.gz")):
        monkeypatch.setenv("COMMENTS_FOLDER", str(tmp_path / f"new {number}"))
        done = run("load", str(tmp_path / name))
        assert done.exit_code == 0, done.output
        assert "1 comments" in done.output
        assert texts() == ["before the backup"]
        assert run("load", str(tmp_path / name)).output.startswith("Error: The database is not")
        again = run("export", str(tmp_path / "again.jsonl"))
        assert again.exit_code == 0
        found = (tmp_path / "again.jsonl").read_bytes()
        assert found.split(b"\n")[1:] == plain.split(b"\n")[1:]


def test_standard_output_and_input(
    run: Run, said: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = run("export", "-").stdout_bytes
    assert json.loads(printed.split(b"\n")[0])["counts"]["comments"] == 1
    monkeypatch.setenv("COMMENTS_FOLDER", str(tmp_path / "new"))
    done = CliRunner().invoke(GROUP, ["load", "-"], input=printed)
    assert done.exit_code == 0, done.output
    assert texts() == ["before the backup"]


@pytest.mark.parametrize(
    ("kind", "start"),
    [("wxr", b"<?xml"), ("disqus", b"<?xml"), ("csv", b"\xef\xbb\xbfid"), ("html", b"PK")],
)
def test_other_formats(run: Run, said: Path, tmp_path: Path, kind: str, start: bytes) -> None:
    done = run("export", str(tmp_path / "file"), "--format", kind)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "file").read_bytes().startswith(start)


def test_an_unknown_site_leaves_no_file(run: Run, said: Path, tmp_path: Path) -> None:
    done = run("export", str(tmp_path / "one.jsonl"), "--site", "nowhere")
    assert (done.exit_code, "There is no site nowhere" in done.output) == (1, True)
    done = run("export", str(tmp_path / "no folder" / "one.jsonl"))
    assert (done.exit_code, "cannot be written" in done.output) == (1, True)
    assert not list(tmp_path.glob("*one*"))


def test_a_damaged_file_is_one_sentence(
    run: Run, said: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("export", str(tmp_path / "all.jsonl.gz"))
    content = (tmp_path / "all.jsonl.gz").read_bytes()
    (tmp_path / "cut.gz").write_bytes(content[: len(content) // 2])
    monkeypatch.setenv("COMMENTS_FOLDER", str(tmp_path / "new"))
    done = run("load", str(tmp_path / "cut.gz"))
    assert (done.exit_code, "Nothing was loaded" in done.output) == (1, True), done.output
    assert texts() == []
    assert run("load", str(tmp_path / "all.jsonl.gz")).exit_code == 0
