"""``config``: every key, as docs/configuration.md has it."""

import click

from comment_service.config import document


@click.command()
def config() -> None:
    """Print every COMMENTS_* key with its default and its meaning (Markdown)."""
    click.echo(document(), nl=False)
