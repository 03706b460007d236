"""``comment-service spam``: train, evaluate and use the filter on files; no app, no database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click

from comment_service.cli.spam_output import progress, show_figures, show_report
from comment_service.paths import canary, shipped_model
from comment_service.spam import ArtifactError, Classifier, ExamplesError, Recipe, Thresholds
from comment_service.spam.features.examples import (
    KNOWN_COLUMNS,
    example_from,
    object_from,
    read_examples,
)

P = ParamSpec("P")
FILES = click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
MODEL = click.option(
    "--model",
    "model",
    type=click.Path(path_type=Path),
    help="Directory of a model; default: the shipped model.",
)
#: Enough folds to leave each of a dozen blogs out by itself.
BASE_FOLDS = 12
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")


def report_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Report errors that users can fix as one sentence instead of a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (ArtifactError, ExamplesError) as error:
            raise click.ClickException(str(error)) from None

    return run


def make_folder(path: Path) -> None:
    """Create the directory of a new model; called before a training that takes minutes."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ArtifactError(f"cannot write to {path}: {reason}; give another --out") from None


@click.group()
def spam() -> None:
    """Train, evaluate and use the spam filter on files."""


@spam.command()
@FILES
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--group", default="", help="Column that must stay whole when rows are held out.")
@click.option("--name", default="model", show_default=True, help="Prefix of the model's id.")
@click.option(
    "--held",
    default=Recipe().held_per_1000,
    show_default=True,
    help="Maximum honest comments held per 1,000.",
)
@click.option(
    "--filed",
    default=Recipe().filed_per_1000,
    show_default=True,
    help="Maximum honest comments filed as spam per 1,000.",
)
@AS_JSON
@report_errors
def train(
    files: tuple[Path, ...],
    out: Path,
    group: str,
    name: str,
    held: float,
    filed: float,
    as_json: bool,
) -> None:
    """Train a model on FILES (CSV or JSON lines with text and label) and write it to --out.

    It is for comments like those in FILES: words count up to three times as much as in a model of
    train-base, in full from 1,000 rows on, and a text of a link alone may be spam.
    """
    from comment_service.spam.training.card import file_digests, make_artifact
    from comment_service.spam.training.train import train as fit

    examples = list(read_examples(files, group=group))
    make_folder(out)
    recipe = Recipe(held_per_1000=held, filed_per_1000=filed).for_own_rows()
    with progress() as report_progress:
        trained = fit(examples, recipe, report_progress)
        artifact = make_artifact(name, trained, examples, file_digests(files))
    artifact.save(out)
    if as_json:
        click.echo(json.dumps({"model": artifact.model_id, **artifact.card}, ensure_ascii=False))
        return
    click.echo(f"{artifact.model_id} written to {out}")
    show_figures({"left out": artifact.card["figures"]["left_out"]})
    click.echo(f"hold from {artifact.card['hold_at']}, file from {artifact.card['spam_at']}")


@spam.command("train-base")
@FILES
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", default="base", show_default=True, help="Prefix of the model's id.")
@click.option(
    "--honest-source",
    default="blog",
    show_default=True,
    help="Source of the honest comments that set the thresholds.",
)
@click.option(
    "--source",
    "sources",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File that FILES were made from; the card names it with its SHA-256.",
)
@click.option("--limits", type=click.File(encoding="utf-8"), help="The card's limits, one a line.")
@report_errors
def train_base(
    files: tuple[Path, ...],
    out: Path,
    name: str,
    honest_source: str,
    sources: tuple[Path, ...],
    limits: Any,
) -> None:
    """Train a base model on FILES: rows with text, label, source, group and weight.

    Each group of honest comments (a blog) is left out once, so that the thresholds hold for blogs
    that the model does not know.
    """
    from comment_service.spam.training.card import LIMITS, file_digests, make_artifact
    from comment_service.spam.training.train import train as fit

    examples = list(read_examples(files))
    make_folder(out)
    recipe = Recipe(honest_source=honest_source, folds=BASE_FOLDS)
    with progress() as report_progress:
        trained = fit(examples, recipe, report_progress)
    told = tuple(line.strip() for line in limits if line.strip()) if limits else LIMITS
    artifact = make_artifact(name, trained, examples, file_digests([*files, *sources]), told)
    artifact.save(out)
    click.echo(f"{artifact.model_id} written to {out}: {len(examples)} comments")
    click.echo(f"hold from {artifact.card['hold_at']}, file from {artifact.card['spam_at']}")


@spam.command()
@FILES
@MODEL
@click.option(
    "--with",
    "other",
    required=True,
    type=click.Path(path_type=Path),
    help="Directory of the model to compare with.",
)
@AS_JSON
@report_errors
def compare(files: tuple[Path, ...], model: Path | None, other: Path, as_json: bool) -> None:
    """Compare two models on the labelled comments of FILES and list the different verdicts."""
    from comment_service.spam.evaluation.compare import compare_models

    first, second = (Classifier.from_path(path) for path in (model or shipped_model(), other))
    with progress() as report_progress:
        found = compare_models(list(read_examples(files)), first, second, report_progress)
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False))
        return
    show_figures(dict(zip(("first", "second"), found.figures, strict=True)))
    click.echo(f"first: {found.models[0]}, second: {found.models[1]}")
    click.echo(f"{len(found.flips)} of {found.figures[0]['n']:.0f} verdicts differ")
    for flip in found.flips:
        label = "spam" if flip.spam else "ham"
        words = " ".join(flip.text.split())[:80]
        click.echo(f"row {flip.row} ({label}): {flip.first} → {flip.second}: {words}")


@spam.command()
@FILES
@MODEL
@click.option(
    "--rounds", default=200, type=click.IntRange(min=1), show_default=True, help="Bootstrap rounds."
)
@AS_JSON
@report_errors
def evaluate(files: tuple[Path, ...], model: Path | None, rounds: int, as_json: bool) -> None:
    """Score the labelled comments of FILES and print the model's quality on them."""
    from comment_service.spam.evaluation.evaluate import evaluate as measure

    classifier = Classifier.from_path(model or shipped_model())
    examples = list(read_examples(files))
    with progress() as report_progress:
        report = measure(examples, classifier, rounds=rounds, progress=report_progress)
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False))
        return
    show_report(report)


@spam.command(
    help="Score JSON lines (FILE or standard input) and print JSON lines with the reasons.\n\n"
    f"Each line is an object with text and, where known, {KNOWN_COLUMNS}. page_title and page_text"
    " are the post's; they tell which subjects belong there."
)
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
@MODEL
@click.option("--json", "as_json", is_flag=True, hidden=True, help="Output is always JSON lines.")
@report_errors
def score(file: Any, model: Path | None, as_json: bool) -> None:
    """Score each line as it is read."""
    from comment_service.spam.evaluation.evaluate import score_example

    classifier = Classifier.from_path(model or shipped_model())
    for number, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        where = f"{file.name}:{number}"
        example = example_from(object_from(line, where), where, labelled=False)
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


def _lines(file: Any) -> Iterator[str]:
    try:
        for line in file:
            yield line.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ExamplesError(
            f"{file.name}: not UTF-8 ({error.reason}); save the file as UTF-8"
        ) from None


@spam.command()
@MODEL
@AS_JSON
@report_errors
def card(model: Path | None, as_json: bool) -> None:
    """Show a model's card."""
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


@spam.command()
@FILES
@click.option("--base", default="", help="Directory of the initial model, or none.")
@click.option(
    "--retrain", default="service", show_default=True, help="service, daily or every:N labels."
)
@click.option(
    "--review",
    default="all",
    show_default=True,
    help="What a moderator reviews: all, uncertain, or p:0.1+10%.",
)
@click.option(
    "--gate/--no-gate",
    default=True,
    show_default=True,
    help="Whether a trained model must pass the promotion gate, as in a service.",
)
@AS_JSON
@report_errors
def simulate(
    files: tuple[Path, ...], base: str, retrain: str, review: str, gate: bool, as_json: bool
) -> None:
    """Replay FILES by date: score each comment, then learn from it as a site would."""
    from comment_service.spam.evaluation.simulation import ReplayPolicy, report
    from comment_service.spam.evaluation.simulation import simulate as replay
    from comment_service.spam.model.artifact import load, thresholds_of, unpack
    from comment_service.spam.model.linear import neutral_model

    policy = ReplayPolicy(retrain, review, gate=gate)
    examples = list(read_examples(files, dated=True))
    if not examples:
        raise ExamplesError("there are no comments to replay; give a file with rows in it")
    if base == "none":
        model, thresholds = neutral_model(Recipe()), Thresholds(0.6, 0.98)
    else:
        artifact = load(Path(base) if base else shipped_model())
        model, thresholds = unpack(artifact), thresholds_of(artifact.card)
    with progress() as report_progress:
        canary_set = list(read_examples([canary()]))
        run = replay(examples, model, thresholds, policy, report_progress, canary=canary_set)
        found = report(examples, run, thresholds)
    if as_json:
        click.echo(json.dumps(found))
        return
    quarters = {f"quarter {n}": part for n, part in enumerate(found["quarters"], 1)}
    show_figures({"all": found["all"], **quarters})
    click.echo(
        f"{found['labels']} labels, {found['retrainings']} retrainings,"
        f" {found['promotions']} promotions, the slowest {found['slowest_retraining_s']} s"
    )
    for refusal in found["refusals"]:
        click.echo(f"not promoted {refusal}")
