"""Output of ``comment-service import``: progress, the dry run and the proof."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

import click

from comment_service.actions.transfer.reasons import sentence

Report = Callable[[int, int], None]
_PLAIN_SECONDS = 5.0
_SHOWN = 20


@contextmanager
def progress(step: str, unit: str = "") -> Iterator[Report]:
    """Yield a progress callback: a bar with rate and time left, otherwise a line now and then.

    Writes to standard error; rich respects NO_COLOR. Without ``unit`` the numbers are bytes.
    """
    if not sys.stderr.isatty():
        yield _plain(step, unit)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    done = MofNCompleteColumn() if unit else DownloadColumn()
    rate = TextColumn("{task.speed:,.0f} " + unit + "/s") if unit else TransferSpeedColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), done, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(step, total=None)
        started = monotonic()

        def report(at: int, total: int) -> None:
            if monotonic() - started > 1 and rate not in bars.columns:
                bars.columns = (*bars.columns, rate)
            bars.update(task, completed=at, total=total or None)

        yield report


def _plain(step: str, unit: str) -> Report:
    started = said = monotonic()

    def report(done: int, total: int) -> None:
        nonlocal said
        if monotonic() - said < _PLAIN_SECONDS:
            return
        said = monotonic()
        rate = done / max(said - started, 0.001)
        left = f", {(total - done) / rate:,.0f} s left" if total and rate else ""
        of = f" of {total:,}" if total else ""
        click.echo(f"{step}: {done:,}{of} {unit or 'bytes'}, {rate:,.0f}/s{left}", err=True)

    return report


def show_plan(label: str, plan: Mapping[str, Any]) -> None:
    """Print a dry run."""
    comments, pages = _number(plan["in"], "comment"), _number(plan["page_count"], "page")
    click.echo(f"{label}: {comments} on {pages} in the file.")
    click.echo(f"New: {plan['new']:,}")
    for status, number in sorted(plan["statuses"].items()):
        click.echo(f"  {number:>9,}  {status}")
    _counts("Not added:", plan["left_out"])
    _counts("Notes:", plan["notes"])
    _list("Pages without a usable address:", plan["problems"], plan["problem_count"])
    _origins(plan["origins"], "add it (`site add-origin`) or rewrite it (--map)")
    click.echo("Pages:" if plan["pages"] else "No pages.")
    for page in plan["pages"][:_SHOWN]:
        marks = ", ".join(
            word
            for word, on in (("new page", not page["exists"]), ("closes", page["closes"]))
            if on
        )
        click.echo(f"  {page['new']:>9,}  {page['url']}" + (f"  ({marks})" if marks else ""))
    if plan["page_count"] > _SHOWN:
        click.echo(f"  … and {plan['page_count'] - _SHOWN:,} more")


def show_result(result: Mapping[str, Any], counted: str = "In the file") -> None:
    """Print the proof of an import."""
    click.echo(f"Added: {result['added']:,}")
    click.echo(f"{counted}: {result['in']:,}; here: {result['out']:,}")
    _counts("Differences:", result["differences"])
    _counts("Notes:", result["notes"])
    _origins(result["origins"], "comments are shown there after `site add-origin`")
    for page in result["pages"][:_SHOWN]:
        reasons = ", ".join(f"{n:,} {sentence(key)}" for key, n in page["differences"].items())
        click.echo(
            f"  {page['in']:>7,} in {page['out']:>7,} out  {page['url']}"
            + (f"  ({reasons})" if reasons else "")
        )
    if result["page_count"] > _SHOWN:
        click.echo(f"  … and {result['page_count'] - _SHOWN:,} more pages")
    _list("Open these to check:", result["examples"], len(result["examples"]))


def _number(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _origins(pages: Mapping[str, int], remedy: str) -> None:
    """Print the origins on which the site's comments are not shown."""
    lines = [f"{origin} ({_number(number, 'page')})" for origin, number in pages.items()]
    _list(f"Not registered for this site; {remedy}:", lines, len(lines))


def _counts(title: str, counts: Mapping[str, int]) -> None:
    if counts:
        click.echo(title)
    for reason, number in sorted(counts.items(), key=lambda one: -one[1]):
        click.echo(f"  {number:>9,}  {sentence(reason)}")


def _list(title: str, lines: Sequence[str], number: int) -> None:
    if lines:
        click.echo(title)
    for line in lines[:_SHOWN]:
        click.echo(f"  {line}")
    if number > _SHOWN:
        click.echo(f"  … and {number - _SHOWN:,} more")
