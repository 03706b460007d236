"""``comment-service spam``: train, evaluate and use the filter on files; no app, no database."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import click

from comment_service.paths import shipped_model
from comment_service.spam import ArtifactError, Classifier, ExamplesError, Recipe
from comment_service.spam.examples import example_from, read_examples

if TYPE_CHECKING:
    from comment_service.spam.evaluation import Report

P = ParamSpec("P")
Tell = Callable[[str, int, int], None]
FILES = click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
MODEL = click.option(
    "--model",
    "model",
    type=click.Path(path_type=Path),
    help="Directory of a model; the shipped one without it.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")


def told(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what a person can put right into one sentence instead of a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (ArtifactError, ExamplesError) as error:
            raise click.ClickException(str(error)) from None

    return run


@contextmanager
def progress() -> Iterator[Tell]:
    """Give a function to tell progress to: a bar on a terminal, a line a step elsewhere.

    Goes to standard error, so that figures can be piped; NO_COLOR is honoured by rich.
    """
    if not sys.stderr.isatty():
        yield _plain_progress()
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def tell(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield tell


def _plain_progress() -> Tell:
    told_of: set[str] = set()

    def tell(step: str, done: int, total: int) -> None:
        if step not in told_of:
            told_of.add(step)
            click.echo(f"{step} ({total:,}) …", err=True)

    return tell


@click.group()
def spam() -> None:
    """Train, evaluate and use the spam filter on files."""


@spam.command()
@FILES
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--group", default="", help="Column that must stay whole when rows are held out.")
@click.option("--name", default="model", show_default=True, help="What the model's id starts with.")
@click.option("--held", default=5.0, show_default=True, help="Honest held, in 1,000, at most.")
@click.option("--filed", default=0.2, show_default=True, help="Honest filed, in 1,000, at most.")
@AS_JSON
@told
def train(
    files: tuple[Path, ...],
    out: Path,
    group: str,
    name: str,
    held: float,
    filed: float,
    as_json: bool,
) -> None:
    """Train a model on FILES (CSV or JSON lines with text and label) and write it to --out."""
    from comment_service.spam.card import file_digests, make_artifact
    from comment_service.spam.training import train as fit

    examples = list(read_examples(files, group=group))
    recipe = Recipe(held_per_1000=held, filed_per_1000=filed)
    with progress() as tell:
        trained = fit(examples, recipe, tell)
        artifact = make_artifact(name, trained, examples, file_digests(files))
    artifact.save(out)
    if as_json:
        click.echo(json.dumps({"model": artifact.model_id, **artifact.card}, ensure_ascii=False))
        return
    click.echo(f"{artifact.model_id} written to {out}")
    show_figures({"left out": artifact.card["figures"]["left_out"]})
    click.echo(f"hold from {artifact.card['hold_at']}, file from {artifact.card['spam_at']}")


@spam.command()
@FILES
@MODEL
@click.option("--rounds", default=200, show_default=True, help="Bootstrap rounds.")
@AS_JSON
@told
def evaluate(files: tuple[Path, ...], model: Path | None, rounds: int, as_json: bool) -> None:
    """Score the labelled comments of FILES and print how good the model is on them."""
    from comment_service.spam.evaluation import evaluate as measure

    classifier = Classifier.from_path(model or shipped_model())
    examples = list(read_examples(files))
    with progress() as tell:
        report = measure(examples, classifier, rounds=rounds, progress=tell)
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False))
        return
    show_report(report)


@spam.command()
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
@MODEL
@click.option("--json", "as_json", is_flag=True, hidden=True, help="Output is always JSON lines.")
@told
def score(file: Any, model: Path | None, as_json: bool) -> None:
    """Score JSON lines (FILE or standard input) and print JSON lines with the reasons."""
    from comment_service.spam.evaluation import score_example

    classifier = Classifier.from_path(model or shipped_model())
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        where = f"{file.name}:{number}"
        example = example_from(_object(line, where), where, labelled=False)
        found = score_example(classifier, example)
        answer = {
            "probability": round(found.probability, 6),
            "verdict": classifier.verdict(found.probability),
            "reasons": [
                {"name": r.name, "sentence": r.sentence, "weight": r.weight, "spans": r.spans}
                for r in found.reasons
            ],
            "model": found.model,
            "milliseconds": round(found.milliseconds, 3),
        }
        click.echo(json.dumps(answer, ensure_ascii=False))


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ExamplesError(f"{where}: not JSON ({error}); one object a line") from None
    if not isinstance(row, dict):
        raise ExamplesError(f"{where}: not a JSON object; one object a line")
    return row


@spam.command()
@MODEL
@AS_JSON
@told
def card(model: Path | None, as_json: bool) -> None:
    """Print what a model says of itself."""
    classifier = Classifier.from_path(model or shipped_model())
    if as_json:
        click.echo(json.dumps(dict(classifier.card), ensure_ascii=False))
        return
    data = classifier.card.get("data", {})
    click.echo(f"{classifier.model_id}: {data.get('comments', '?')} comments")
    click.echo(f"hold from {classifier.hold_at}, file as spam from {classifier.spam_at}")
    show_figures({"left out": classifier.card.get("figures", {}).get("left_out", {})})
    for limit in classifier.card.get("limits", ()):
        click.echo(f"- {limit}")


def show_report(report: Report) -> None:
    """Print a report as a table."""
    click.echo(f"{report.model}: {report.median_ms} ms median, {report.p99_ms} ms p99")
    ends = {name: f"{low:.4f} to {high:.4f}" for name, (low, high) in report.intervals.items()}
    show_figures({"all": report.every, "without near-duplicates": report.once, "95 %": ends})


def show_figures(columns: dict[str, dict[str, Any]]) -> None:
    """Print figures side by side, one a line."""
    names = list(next(iter(columns.values())))
    click.echo("".join([f"{'':16}", *(f"{title:>26}" for title in columns)]))
    for name in names:
        cells = [_cell(values.get(name)) for values in columns.values()]
        click.echo("".join([f"{name:16}", *(f"{cell:>26}" for cell in cells)]))


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.0f}" if value > 1 else f"{value:.4f}"
    return str(value)
