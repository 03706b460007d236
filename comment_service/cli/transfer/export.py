"""``export`` and ``load``: write comments to a file, and load the service's own format."""

import gzip
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

import click

from comment_service.actions.admin import native_copy
from comment_service.actions.admin.export_pages import FORMATS, export_pages
from comment_service.cli.assembly import Assembly
from comment_service.errors import Refusal
from comment_service.storage.admin import sites
from comment_service.storage.db import migrate
from comment_service.storage.db.session import StorageError, db, session, transaction
from comment_service.storage.tables import Site

NATIVE = "native"
GZIP_MAGIC = b"\x1f\x8b"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--site", "key", default="", help="The site's key; default for native: all sites.")
@click.option(
    "--format",
    "kind",
    type=click.Choice([NATIVE, *FORMATS]),
    default=NATIVE,
    show_default=True,
    help="native has everything; html is a zip with one page for each thread.",
)
@click.pass_obj
def export(assembly: Assembly, file: Path, key: str, kind: str) -> None:
    """Write comments to FILE, or to standard output for "-"; a name with .gz is compressed."""
    with assembly.context() as runtime, _written(file) as target:
        site = _site(key or ("" if kind == NATIVE else runtime.settings.site))
        if kind == NATIVE:
            lines = native_copy.export_lines(engine=db.engine, runtime=runtime, site=site)
            parts: Iterator[bytes] = (line.encode() for line in lines)
        else:
            parts = export_pages(
                engine=db.engine, runtime=runtime, site=cast("Site", site), kind=kind
            )
        for part in parts:
            target.write(part)
    if str(file) != "-":
        click.echo(f"Wrote {file}.", err=True)


def _site(key: str) -> Site | None:
    """Return the site with this key, None without a key."""
    found = sites.find(session(), key) if key else None
    if key and found is None:
        raise click.ClickException(f"There is no site {key}; `site list` prints all.")
    return found


@contextmanager
def _written(file: Path) -> Iterator[IO[bytes]]:
    """Yield a file that gets its name when it is complete, readable by this user only."""
    if str(file) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as opened:
            if file.suffix == ".gz":
                with gzip.GzipFile(fileobj=opened, mode="wb", mtime=0, filename="") as packed:
                    yield cast("IO[bytes]", packed)
            else:
                yield opened
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written ({error.strerror}).") from error
    finally:
        draft.unlink(missing_ok=True)


@click.command()
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@click.pass_obj
def load(assembly: Assembly, file: Path) -> None:
    """Load FILE, an export in the native format, into an empty database ("-": standard input)."""
    app = assembly.app(prepared=False)
    with app.app_context():
        migrate.create_schema(db.engine, app.extensions["comments"].settings.database_schema)
        migrate.upgrade(db.engine)
        try:
            with _opened(file) as source, transaction() as current:
                loaded = native_copy.load_file(session=current, file=source)
        except (Refusal, StorageError) as error:
            raise click.ClickException(str(error)) from error
        except (EOFError, OSError) as error:
            raise click.ClickException(
                f"{file} cannot be read ({error}). Nothing was loaded."
            ) from error
        rows = sum(loaded.values())
        click.echo(f"Loaded {rows:,} rows with {loaded.get('comments', 0):,} comments.")
        if loaded.get("moderators"):
            click.echo("Passwords are not in an export: `comment-service moderator link` lets in.")


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    """Yield a file's lines, uncompressed."""
    raw = sys.stdin.buffer if str(file) == "-" else file.open("rb")
    with io.BufferedReader(raw) as source:  # type: ignore[type-var]
        if source.peek(2)[:2] == GZIP_MAGIC:
            with gzip.open(source) as packed:
                yield cast("BinaryIO", packed)
        else:
            yield source
