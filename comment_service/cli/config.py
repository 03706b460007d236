"""``config``: print all configuration keys, as in docs/configuration.md."""

from pathlib import Path

import click

from comment_service.config import document

BEGIN, END = "<!-- keys -->\n", "<!-- end of keys -->\n"


@click.command()
@click.option(
    "--write", "path", type=click.Path(path_type=Path), help="Write the table to this file."
)
def config(path: Path | None) -> None:
    """Print every COMMENTS_* key with its default and meaning (Markdown)."""
    if path is None:
        click.echo(document(), nl=False)
        return
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}{document()}{END}{after}", encoding="utf-8")
