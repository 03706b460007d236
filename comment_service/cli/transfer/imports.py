"""``import``: bring comments from another system, list imports, undo one."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from comment_service.actions.transfer import run_import as importing
from comment_service.actions.transfer import stored_files, upload
from comment_service.actions.transfer.addresses import Addresses
from comment_service.actions.transfer.fetch_wordpress import fetch_wordpress
from comment_service.actions.transfer.undo_import import begin_undo, undo_import
from comment_service.cli.assembly import Assembly
from comment_service.cli.sites import ACTOR, find_site, site_option
from comment_service.cli.transfer.import_output import progress, show_plan, show_result
from comment_service.runtime import Runtime
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Site
from comment_service.storage.transfer import imports
from comment_service.transfer.recognise import FORMATS, recognise
from comment_service.transfer.records import BrokenFileError, Format
from comment_service.transfer.spool import Spool, read_all


class _FileByDefault(click.Group):
    """A group whose first argument may also be a file: ``import FILE``."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take an unknown name for a file."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            args = ["file", *args]
        return super().resolve_command(ctx, args)


@click.group("import", cls=_FileByDefault, subcommand_metavar="FILE | COMMAND [OPTIONS]…")
def import_() -> None:
    """Import comments from another system: FILE is its export."""


@contextmanager
def _broken_files() -> Iterator[None]:
    """Report a broken file without a traceback."""
    try:
        yield
    except BrokenFileError as error:
        raise click.ClickException(f"Nothing was imported. {error.sentence}") from error


@import_.command("file")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--format", "name", default="", help=f"One of: {', '.join(FORMATS)}.")
@click.option("--dry-run", is_flag=True, help="Only show what would be imported.")
@click.option(
    "--map", "rules", multiple=True, help="Rewrite addresses: OLD=NEW or re:PATTERN=>NEW."
)
@click.option(
    "--base", default="", help="Origin for addresses that are paths; default: the site's."
)
@click.option("--page", default="", help="The page, if the file does not say.")
@click.option("--source", default="", help="Tell two blogs of one system apart, by any name.")
@click.option(
    "--pictures",
    is_flag=True,
    help="Fetch the authors' pictures that the file names, to serve them.",
)
@site_option
@click.pass_obj
def import_file(
    assembly: Assembly,
    file: Path,
    name: str,
    dry_run: bool,
    rules: tuple[str, ...],
    base: str,
    page: str,
    source: str,
    pictures: bool,
    key: str,
) -> None:
    """Import FILE, an export of another system; its format is recognised."""
    with assembly.context() as runtime, _broken_files():
        site = find_site(runtime, key)
        where = Addresses.of(site, base=base, page=page, rules=rules)
        kind = recognise(file, name)
        with _spooled(runtime, kind, file) as spool:
            options = {"pictures": pictures}
            _import(
                runtime, site, kind, spool, where, file, source, options=options, dry_run=dry_run
            )


@import_.command("wordpress")
@click.argument("url")
@click.option("--user", required=True, help="A WordPress user who may moderate comments.")
@click.option(
    "--password",
    envvar="WORDPRESS_PASSWORD",
    prompt=True,
    hide_input=True,
    help="An application password; asked for, or in WORDPRESS_PASSWORD.",
)
@click.option("--dry-run", is_flag=True, help="Only show what would be imported.")
@click.option("--map", "rules", multiple=True, help="Rewrite addresses: OLD=NEW, re:PATTERN=>NEW.")
@site_option
@click.pass_obj
def import_wordpress(
    assembly: Assembly,
    url: str,
    user: str,
    password: str,
    dry_run: bool,
    rules: tuple[str, ...],
    key: str,
) -> None:
    """Import the comments of the running WordPress at URL, spam and trash included."""
    with assembly.context() as runtime, _broken_files():
        site = find_site(runtime, key)
        where = Addresses.of(site, rules=rules)
        file = stored_files.make_folder(runtime) / f"{secrets.token_hex(8)}.jsonl"
        kind = FORMATS["wordpress-rest"]
        try:
            with progress("Fetching", "comments") as report:
                number = fetch_wordpress(
                    url=url,
                    user=user,
                    password=password,
                    into=file,
                    guard=False,
                    report=report,
                )
            if not number:
                raise click.ClickException("This WordPress has no comments.")
            with _spooled(runtime, kind, file) as spool:
                _import(
                    runtime, site, kind, spool, where, file, "", options={}, dry_run=dry_run,
                    counted="In WordPress",
                )  # fmt: skip
        finally:
            file.unlink(missing_ok=True)


@contextmanager
def _spooled(runtime: Runtime, kind: Format, file: Path) -> Iterator[Spool]:
    """Read the whole file into a temporary one."""
    folder = stored_files.make_folder(runtime)
    with (
        progress(f"Reading {kind.label}") as report,
        read_all(
            kind, file, folder / f"{secrets.token_hex(8)}.spool", report, runtime.now()
        ) as spool,
    ):
        yield spool


def _import(
    runtime: Runtime,
    site: Site,
    kind: Format,
    spool: Spool,
    where: Addresses,
    file: Path,
    source: str,
    *,
    options: Mapping[str, object],
    dry_run: bool,
    counted: str = "In the file",
) -> None:
    row = importing.new_import(
        runtime=runtime,
        site_id=site.id,
        kind=kind,
        source=importing.source_of(kind, spool, source),
        file_name=file.name,
        sha256="" if dry_run else importing.file_digest(file),
        options={**where.to_json(), **options},
        actor=ACTOR,
    )
    if dry_run:
        plan = importing.dry_run(
            session=session(), runtime=runtime, row=row, spool=spool, where=where
        )
        show_plan(kind.label, plan)
        click.echo("This was a dry run; nothing was changed.")
        return
    with transaction() as current:
        import_id = importing.start(session=current, row=row).id
    with progress("Importing", "comments") as report:
        result = importing.run_import(
            begin=transaction,
            runtime=runtime,
            import_id=import_id,
            spool=spool,
            where=where,
            report=report,
        )
    show_result(result, counted)
    click.echo(f"Import {import_id} is done. `import undo {import_id}` takes it back.")
    if result["missing"]:
        raise click.ClickException(f"{result['missing']:,} comments are missing without a reason.")


@import_.command("list")
@site_option
@click.option("--before", type=int, help="Imports with a smaller number than this only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.pass_obj
def list_imports(assembly: Assembly, key: str, before: int | None, limit: int) -> None:
    """Print the imports of a site, newest first."""
    with assembly.context() as runtime:
        site = find_site(runtime, key)
        rows, following = imports.of_site(session(), site.id, before=before, limit=limit)
        for row in rows:
            added = imports.count_added(session(), row.id)
            click.echo(
                f"{row.id}\t{row.created_at:%Y-%m-%d %H:%M}\t{row.format}\t{row.state}"
                f"\t{added:,} comments\t{row.file_name}\t{row.actor}"
            )
    if following is not None:
        click.echo(f"There may be more: --before {following}", err=True)


@import_.command("undo")
@click.argument("import_id", metavar="ID", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@site_option
@click.pass_obj
def undo(assembly: Assembly, import_id: int, yes: bool, key: str) -> None:
    """Take import ID back: delete everything that it added."""
    with assembly.context() as runtime, _broken_files():
        site_id = find_site(runtime, key).id
        upload.require(session(), site_id, import_id)
        if not yes:
            number = imports.count_added(session(), import_id)
            click.confirm(f"Delete the {number:,} comments of import {import_id}?", abort=True)
        with transaction() as current:
            begin_undo(
                session=current, runtime=runtime, site_id=site_id, import_id=import_id, actor=ACTOR
            )
        with progress("Undoing", "comments") as report:
            counts = undo_import(
                begin=transaction,
                runtime=runtime,
                site_id=site_id,
                import_id=import_id,
                report=report,
            )
    click.echo(
        f"Deleted {counts.comments:,} comments and {counts.pages:,} pages, reopened"
        f" {counts.reopened:,} threads."
    )
    if counts.kept:
        click.echo(f"{counts.kept:,} comments have later replies and stay as deleted ones.")
