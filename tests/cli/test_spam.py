"""``comment-service spam`` on files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from comment_service.cli.spam import spam
from comment_service.spam.model.artifact import Artifact, load


def rows(count: int) -> str:
    spam_text = "Subscribe to my channel {n}, free casino bonus http://x{n}.example"
    ham_text = "Thanks, the parser on line {n} was my problem as well"
    lines = [
        json.dumps(
            {
                "text": (spam_text if n % 2 else ham_text).format(n=n),
                "label": n % 2,
                "page": f"p{n % 3}",
            }
        )
        for n in range(count)
    ]
    return "\n".join(lines) + "\n"


def run(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(spam, list(arguments), input=text)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "rows.jsonl"
    path.write_text(rows(90))
    return path


@pytest.fixture(scope="module")
def model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "model"
    found = run("train", str(data), "--out", str(out), "--name", "mine", "--group", "page")
    assert found.exit_code == 0, found.output
    assert "mine-" in found.output
    return out


def test_train_prints_its_card_as_json(data: Path, tmp_path: Path) -> None:
    found = run("train", str(data), "--out", str(tmp_path / "m"), "--json")
    card = json.loads(found.stdout)
    assert card["model"].startswith("model-")
    assert card["files"][0]["file"] == "rows.jsonl"
    assert len(card["files"][0]["sha256"]) == 64


def test_evaluate_prints_figures(data: Path, model: Path) -> None:
    text = run("evaluate", str(data), "--model", str(model), "--rounds", "3").stdout
    assert "recall_at_1" in text
    found = run("evaluate", str(data), "--model", str(model), "--rounds", "3", "--json")
    assert json.loads(found.stdout)["all"]["n"] == 90


def test_score_answers_line_for_line(model: Path) -> None:
    lines = '{"text": "Subscribe to my channel"}\n\n{"text": "the parser", "author": "Ann"}\n'
    found = run("score", "--model", str(model), text=lines)
    answers = [json.loads(line) for line in found.stdout.splitlines()]
    assert len(answers) == 2
    assert {"probability", "verdict", "reasons", "model", "milliseconds"} == set(answers[0])
    assert answers[0]["probability"] > answers[1]["probability"]


def test_card_describes_the_model(model: Path) -> None:
    assert "90 comments" in run("card", "--model", str(model)).stdout
    assert json.loads(run("card", "--model", str(model), "--json").stdout)["name"] == "mine"


@pytest.mark.parametrize("line", ["oops", "[]", '{"words": "x"}', '{"text": "x", "label": "?"}'])
def test_bad_lines_end_in_one_sentence(model: Path, line: str) -> None:
    found = run("score", "--model", str(model), text=line)
    assert found.exit_code == 1
    assert found.stderr.startswith("Error: <stdin>:1: ")


def test_an_empty_file_cannot_be_replayed(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    found = run("simulate", str(tmp_path / "empty.jsonl"))
    assert (found.exit_code, "no comments to replay" in found.stderr) == (1, True)


def test_score_reports_a_missing_text(model: Path, tmp_path: Path) -> None:
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe{}")
    found = run("score", str(tmp_path / "bytes.jsonl"), "--model", str(model))
    assert (found.exit_code, "save the file as UTF-8" in found.stderr) == (1, True)
    (tmp_path / "bom.jsonl").write_bytes(b'\xef\xbb\xbf{"text": "x"}\n')
    assert run("score", str(tmp_path / "bom.jsonl"), "--model", str(model)).exit_code == 0


def test_missing_model_ends_in_one_sentence(data: Path, tmp_path: Path) -> None:
    found = run("evaluate", str(data), "--model", str(tmp_path / "none"))
    assert found.exit_code == 1
    assert "spam train" in found.stderr


def test_too_few_rows_end_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text(rows(8))
    found = run("train", str(path), "--out", str(tmp_path / "m"))
    assert found.exit_code == 1
    assert "at least 10 of each label" in found.stderr


@pytest.mark.slow
def test_simulate_replays_the_loop(data: Path) -> None:
    found = run("simulate", str(data), "--base", "none", "--retrain", "every:30", "--json")
    assert found.exit_code == 0, found.output
    report = json.loads(found.stdout)
    assert report["labels"] == 90
    assert len(report["quarters"]) == 4
    assert report["retrainings"] == 2


def test_simulate_refuses_unknown_policies(data: Path) -> None:
    found = run("simulate", str(data), "--base", "none", "--review", "some")
    assert found.exit_code == 1
    assert "write all, uncertain or p:0.1+10%" in found.stderr


def test_compare_lists_the_rows_with_different_verdicts(
    model: Path, data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    lines = [
        {"text": "Subscribe to my channel 7, free casino bonus http://x7.example", "label": "spam"},
        {"text": "Thanks, the parser on line 3 was my problem as well", "label": "ham"},
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    strict = tmp_path / "strict"
    artifact = load(model)
    Artifact({**artifact.card, "hold_at": 0.0001, "spam_at": 0.9999}, artifact.arrays).save(strict)
    found = run("compare", str(path), "--model", str(model), "--with", str(strict))
    assert found.exit_code == 0, found.output
    assert "row 2 (ham): publish → hold: Thanks, the parser" in found.stdout
    as_json = json.loads(
        run("compare", str(path), "--model", str(model), "--with", str(strict), "--json").stdout
    )
    assert [flip["row"] for flip in as_json["flips"] if not flip["spam"]] == [2]
    same = run("compare", str(path), "--model", str(model), "--with", str(model))
    assert "0 of 2 verdicts differ" in same.stdout
    (tmp_path / "none.jsonl").write_text("")
    empty = run("compare", str(tmp_path / "none.jsonl"), "--with", str(model))
    assert (empty.exit_code, "no comments to compare" in empty.output) == (1, True)


@pytest.mark.parametrize("command", ["train", "train-base"])
def test_a_folder_that_cannot_be_written_is_refused_before_the_training(
    data: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "file").write_text("")
    found = run(command, str(data), "--out", str(tmp_path / "file" / "model"))
    assert (found.exit_code, found.exception.__class__) == (1, SystemExit)
    assert "cannot write to" in found.stderr
    assert "give another --out" in found.stderr
    assert "learning" not in found.stderr


@pytest.mark.parametrize("line", ["[" * 100_000, '{"text": 1}', '{"text": "x", "url": {}}', "{"])
def test_score_refuses_a_broken_line_with_its_number(model: Path, line: str) -> None:
    found = run("score", "--model", str(model), text=f'{{"text": "x"}}\n{line}\n')
    assert (found.exit_code, found.exception.__class__) == (1, SystemExit)
    assert ":2: " in found.stderr
    assert len(found.stdout.splitlines()) == 1


def test_score_names_the_fields_of_a_line() -> None:
    shown = run("score", "--help").stdout
    assert all(name in shown for name in ("author", "email", "url", "page_title", "page_text"))


def test_a_review_share_above_100_percent_is_refused(data: Path) -> None:
    found = run("simulate", str(data), "--review", "p:0.1+101%")
    assert (found.exit_code, "write all, uncertain or" in found.stderr) == (1, True)


def test_simulate_refuses_a_date_that_it_cannot_sort(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("text,label,created\na,ham,2026-01-01\nb,spam,last week\n")
    found = run("simulate", str(path))
    assert found.exit_code == 1
    assert "rows.csv:3: created 'last week' is no date" in found.stderr


@pytest.mark.slow
def test_train_base_writes_a_model_with_its_sources_and_limits(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in rows(120).splitlines()]
    for number, line in enumerate(lines):
        line.update(source="blog", group=f"blog{number % 3}", weight=0.5)
    path, limits, origin = (tmp_path / name for name in ("rows.jsonl", "limits.txt", "data.csv"))
    path.write_text("\n".join(map(json.dumps, lines)))
    limits.write_text("Knows parsers only.\n")
    origin.write_text("x")
    out = tmp_path / "base"
    given = ("--name", "tiny", "--limits", str(limits), "--source", str(origin))
    found = run("train-base", str(path), "--out", str(out), *given)
    assert found.exit_code == 0, found.output
    card = load(out).card
    assert card["limits"] == ["Knows parsers only."]
    assert [entry["file"] for entry in card["files"]] == ["rows.jsonl", "data.csv"]
    assert set(card["figures"]["by_group"]) == {"blog0", "blog1", "blog2"}
    assert card["recipe"]["honest_source"] == "blog"
    assert card["recipe"]["word_lift"] == 1.0


def test_a_model_of_own_rows_lifts_words_like_the_own_part_of_a_site(model: Path) -> None:
    recipe = load(model).card["recipe"]
    assert recipe["word_lift"] == recipe["site_word_lift"] == 3.0


@pytest.mark.parametrize(("command", "says"), [("train", True), ("train-base", False)])
def test_only_a_model_of_own_rows_says_that_a_link_alone_is_spam(
    command: str, says: bool, tmp_path: Path
) -> None:
    texts = [("https://green{n}-frogs.example/{n}", 1), ("The parser on line {n} was closed", 0)]
    lines = [
        {"text": text.format(n=n), "label": label, "source": "blog", "group": f"g{n % 3}"}
        for text, label in texts
        for n in range(60)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, lines)))
    out = str(tmp_path / "model")
    assert run(command, str(tmp_path / "rows.jsonl"), "--out", out).exit_code == 0
    link = json.dumps({"text": "https://green-frogs.example/a"})
    answer = json.loads(run("score", "--model", out, text=link).stdout)
    assert (answer["probability"] > 0.8) is says
    assert bool(answer["reasons"]) is says
