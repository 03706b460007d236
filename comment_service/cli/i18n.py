"""``i18n``: report how complete the translations are."""

import click

from comment_service import catalogues


@click.group()
def i18n() -> None:
    """Manage translations."""


@i18n.command()
@click.argument("languages", nargs=-1, metavar="[LANGUAGE]...")
def report(languages: tuple[str, ...]) -> None:
    """Print the completeness of every language; list missing sentences of the given ones.

    The second share is that of the pages and mails for moderators and owners.
    """
    for code in languages or catalogues.languages():
        parts = _of(code)
        shares = "  ".join(_share(part) for part in parts)
        line = f"{code:8} {shares}  {parts[0].name}"
        click.echo(f"{line} (right to left)" if parts[0].direction == "rtl" else line)
        for sentence in [one for part in parts for one in part.missing] if languages else ():
            click.echo(f"           {sentence}")


def _share(part: catalogues.Completeness) -> str:
    done = part.total - len(part.missing)
    return f"{100 * done // part.total:3} %  {done:4} of {part.total}"


def _of(code: str) -> list[catalogues.Completeness]:
    """Return what a language, given by any form of its code, has for readers and for moderators."""
    known = catalogues.best_match(code, catalogues.languages())
    if known is None:
        raise click.ClickException(
            f"There is no translation for “{code}”; `i18n report` prints all languages."
        )
    return [catalogues.completeness(known, domain) for domain in catalogues.TEMPLATES]
