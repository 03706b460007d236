"""``backup`` and ``restore``: one verified file with everything, made while the service runs."""

from pathlib import Path

import click

from comment_service.actions.admin import backup as backups
from comment_service.actions.admin.restore import restore_backup
from comment_service.cli.assembly import Assembly
from comment_service.config import data_folder
from comment_service.errors import Refusal, SetupError
from comment_service.notify.leader import is_held_elsewhere
from comment_service.notify.worker import LOCK
from comment_service.storage.db.session import StorageError, db


@click.command()
@click.argument("path", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--keep", type=click.IntRange(1, 9999), help="Then delete all but this many backups.")
@click.pass_obj
def backup(assembly: Assembly, path: Path | None, keep: int | None) -> None:
    """Back up the database to PATH while the service runs, and verify the file.

    Without PATH, the file gets a name with the date in COMMENTS_BACKUP_FOLDER.
    """
    if path is not None and keep is not None:
        raise click.UsageError("--keep needs the backup folder: give no PATH.")
    app = assembly.app(prepared=False)
    runtime = app.extensions["comments"]
    target = path or backups.default_path(runtime)
    with app.app_context():
        try:
            manifest = backups.make_backup(engine=db.engine, runtime=runtime, path=target)
        except (SetupError, StorageError) as error:
            raise click.ClickException(str(error)) from error
    size = target.stat().st_size
    comments = manifest.counts.get("comments", 0)
    click.echo(f"Wrote and verified {target}: {comments:,} comments, {size:,} bytes.")
    for gone in backups.prune(target.parent, keep, runtime.now()) if keep else ():
        click.echo(f"Deleted {gone}.")


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Replace the current database without a question.")
@click.pass_obj
def restore(assembly: Assembly, path: Path, yes: bool) -> None:
    """Restore the backup PATH into the configured database; stop the server first.

    The backup is checked completely before anything changes. A replaced SQLite database is kept
    beside the new one.
    """
    app = assembly.app(prepared=False)
    runtime = app.extensions["comments"]
    with app.app_context():
        try:
            done = restore_backup(
                engine=db.engine,
                runtime=runtime,
                path=path,
                confirm=lambda: yes or click.confirm("Replace the current database?"),
                is_held=lambda: bool(is_held_elsewhere(data_folder(runtime.settings) / LOCK)),
            )
        except (Refusal, SetupError, StorageError) as error:
            raise click.ClickException(str(error)) from error
    comments = done.manifest.counts.get("comments", 0)
    click.echo(f"Restored the backup of {done.manifest.made_at}: {comments:,} comments.")
    if done.kept is not None:
        click.echo(f"The replaced database is {done.kept}; delete it when you do not need it.")
    if done.secret == "missing" and not runtime.settings.secret_key:  # noqa: S105
        click.echo("The backup has no secret: set the COMMENTS_SECRET_KEY that it was made with.")
    elif done.secret == "restored" and runtime.settings.secret_key:  # noqa: S105
        click.echo("COMMENTS_SECRET_KEY is set and is used instead of the backup's secret.")
