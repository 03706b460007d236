"""How complete the readers' languages are."""

import click

from comment_service import catalogues


@click.group()
def i18n() -> None:
    """The languages that readers see."""


@i18n.command()
@click.argument("languages", nargs=-1, metavar="[LANGUAGE]...")
def report(languages: tuple[str, ...]) -> None:
    """Print how much of each language is there; of those named, what is missing too."""
    for code in languages or catalogues.languages():
        found = _of(code)
        done = found.total - len(found.missing)
        share = 100 * done // found.total
        line = f"{code:8} {share:3} %  {done:4} of {found.total}  {found.name}"
        click.echo(f"{line} (right to left)" if found.direction == "rtl" else line)
        for sentence in found.missing if languages else ():
            click.echo(f"           {sentence}")


def _of(code: str) -> catalogues.Completeness:
    """Return what is known of a language, by any spelling of its name."""
    known = catalogues.best(code, catalogues.languages())
    if known is None:
        raise click.ClickException(
            f"There is no language “{code}” here; `i18n report` prints those there are."
        )
    return catalogues.completeness(known)
