"""What ``comment-service spam`` shows: progress, and figures side by side."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from comment_service.spam.evaluation import Report

Tell = Callable[[str, int, int], None]


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


def show_report(report: Report) -> None:
    """Print a report as a table."""
    click.echo(f"{report.model}: {report.median_ms} ms median, {report.p99_ms} ms p99")
    ends = {name: f"{low:.4f} to {high:.4f}" for name, (low, high) in report.intervals.items()}
    show_figures({"all": report.every, "without near-duplicates": report.once, "95 %": ends})


def show_figures(columns: Mapping[str, Mapping[str, Any]]) -> None:
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
