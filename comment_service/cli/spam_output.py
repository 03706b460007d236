"""Output of ``comment-service spam``: progress and tables of figures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from comment_service.spam.evaluation.evaluate import Report

ProgressCallback = Callable[[str, int, int], None]


@contextmanager
def progress() -> Iterator[ProgressCallback]:
    """Yield a progress callback: a bar on a terminal, otherwise one line per step.

    Writes to standard error, so that figures can be piped; rich respects NO_COLOR.
    """
    if not sys.stderr.isatty():
        yield _plain_progress()
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def report_progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield report_progress


def _plain_progress() -> ProgressCallback:
    started: set[str] = set()

    def report_progress(step: str, done: int, total: int) -> None:
        if step not in started:
            started.add(step)
            click.echo(f"{step} ({total:,}) …", err=True)

    return report_progress


def show_report(report: Report) -> None:
    """Print a report as a table."""
    click.echo(f"{report.model}: {report.median_ms} ms median, {report.p99_ms} ms p99")
    ends = {name: f"{low:.4f} to {high:.4f}" for name, (low, high) in report.intervals.items()}
    show_figures(
        {"all": report.overall, "without near-duplicates": report.deduplicated, "95 %": ends}
    )


def show_figures(columns: Mapping[str, Mapping[str, Any]]) -> None:
    """Print columns of figures side by side, one figure per line."""
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
