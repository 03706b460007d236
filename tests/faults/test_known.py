"""The command that plays a folder of cases: what it prints, and its exit status."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.known import __main__ as command
from tests.faults.known.service import Case, Result, equal


def as_wanted(case: Path, _folder: Path) -> Iterator[Result]:
    yield equal("what the file says", "yes", case.read_text())


def breaks(_case: Path, folder: Path) -> Iterator[Result]:
    yield equal("the first step", 1, 1)
    (folder / "server.log").write_text("what the server said")
    raise RuntimeError("no server")


@pytest.mark.parametrize(
    ("case", "text", "status", "shown"),
    [
        (as_wanted, "yes", 0, ["what the file says", "ok"]),
        (as_wanted, "no", 1, ["what the file says", "WRONG"]),
        (breaks, "", 1, ["the first step", "RuntimeError: no server", "WRONG"]),
    ],
)
def test_results_decide_the_exit_status(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    case: Case,
    text: str,
    status: int,
    shown: list[str],
) -> None:
    monkeypatch.setattr(command, "CASES", {"one.txt": case})
    (tmp_path / "one.txt").write_text(text)
    assert command.main([str(tmp_path)]) == status
    told = capsys.readouterr()
    assert all(words in told.out for words in shown)
    assert ("what the server said" in told.err) is (case is breaks)


def test_a_file_that_no_case_knows_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "CASES", {})
    for name in ("README.md", "new_fault.sh"):
        (tmp_path / name).write_text("")
    assert command.main([str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "new_fault.sh" in told and "not played" in told and "README" not in told
