"""``i18n``: report how complete the translations are."""

import click

from comment_service import catalogues


@click.group()
def i18n() -> None:
    """Manage translations."""


@i18n.command()
@click.argument("languages", nargs=-1, metavar="[LANGUAGE]...")
def report(languages: tuple[str, ...]) -> None:
    """Print the completeness of every language; list missing sentences of the given ones."""
    for code in languages or catalogues.languages():
        found = _of(code)
        done = found.total - len(found.missing)
        share = 100 * done // found.total
        line = f"{code:8} {share:3} %  {done:4} of {found.total}  {found.name}"
        click.echo(f"{line} (right to left)" if found.direction == "rtl" else line)
        for sentence in found.missing if languages else ():
            click.echo(f"           {sentence}")


def _of(code: str) -> catalogues.Completeness:
    """Return the completeness of a language, given by any form of its code."""
    known = catalogues.best_match(code, catalogues.languages())
    if known is None:
        raise click.ClickException(
            f"There is no translation for “{code}”; `i18n report` prints all languages."
        )
    return catalogues.completeness(known)
