"""``author``: block or trust the author of a comment."""

import click

from comment_service.actions.moderation import trust_author
from comment_service.actions.moderation.trust_author import MARKS
from comment_service.cli.assembly import Assembly
from comment_service.storage.db.session import transaction


@click.command()
@click.argument("mark", type=click.Choice(MARKS))
@click.argument("comment_id", type=int)
@click.pass_obj
def author(assembly: Assembly, mark: str, comment_id: int) -> None:
    """Block or trust the author of a comment, or clear the mark."""
    with assembly.context() as runtime, transaction() as current:
        found = trust_author.mark_author(
            session=current, runtime=runtime, comment_id=comment_id, mark=mark
        )
        name = found.name or f"the author of comment {comment_id}"
    click.echo(f"{name}: {mark}.")
