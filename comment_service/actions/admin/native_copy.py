"""Write everything stored to the service's own format, and load it into an empty database."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from itertools import chain
from typing import BinaryIO

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from comment_service.errors import AlreadyDone, Unacceptable
from comment_service.runtime import Runtime
from comment_service.storage.db import migrate, rows
from comment_service.storage.db.load import LoadError, load, occupied
from comment_service.storage.db.snapshot import snapshot
from comment_service.storage.tables import Site
from comment_service.transfer import native


def export_lines(*, engine: Engine, runtime: Runtime, site: Site | None) -> Iterator[str]:
    """Yield the lines of an export of one site, or of everything.

    All lines show one state of the database; a bounded number of rows is in memory.
    """
    key, site_id = (site.key, site.id) if site is not None else (None, None)
    return _lines(engine, runtime, key, site_id)


def _lines(engine: Engine, runtime: Runtime, key: str | None, site_id: int | None) -> Iterator[str]:
    with snapshot(engine) as session:
        tables = rows.tables()
        counts = {rows.short_name(one): rows.count(session, one, site_id) for one in tables}
        header = native.Header(
            schema=migrate.current(engine) or "",
            exported_at=runtime.now().astimezone(UTC).isoformat(timespec="seconds"),
            site=key,
            counts={name: number for name, number in counts.items() if number},
        )
        content = (
            (rows.short_name(table), row)
            for table in tables
            for row in rows.read(session, table, site_id)
        )
        yield from native.write_lines(header, content)


def load_file(*, session: Session, file: BinaryIO | Iterable[bytes]) -> Mapping[str, int]:
    """Load an export into an empty database, with the ids that the rows had.

    Call it for operators only: the file decides who moderates, and its HTML is taken as it is.

    Args:
        session: a transaction that writes.
        file: the lines of the file.

    Returns:
        Table → number of rows, equal to the header's counts.

    Raises:
        AlreadyDone: the database has rows; nothing is merged.
        Unacceptable: the file is damaged, from a newer program, or does not fit; roll back.
    """
    if found := occupied(session):
        problem = (  # for operators alone, who read English
            f"The database is not empty (it has rows in {', '.join(found[:5])}). Load the file "
            "into an empty one: set COMMENTS_FOLDER or COMMENTS_DATABASE_URL to a new place."
        )
        raise AlreadyDone(problem)
    lines = iter(file)
    try:
        header = native.read_header(next(lines, b""))
        check_schema(header.schema)
        loaded = load(session, native.read_rows(lines))
    except (native.NativeError, LoadError) as error:
        raise Unacceptable(f"{str(error).rstrip('.')}. Nothing was loaded.") from error
    _check_counts(header.counts, loaded)
    return loaded


def check_schema(schema: str) -> None:
    """Refuse a file of a newer schema.

    Raises:
        Unacceptable: names both versions.
    """
    if not migrate.is_known(schema):
        raise Unacceptable(
            f"The file has schema version {schema[:16]}; this program knows up to "
            f"{migrate.head()}. Upgrade comment-service and try again. Nothing was changed."
        )


def _check_counts(expected: Mapping[str, int], loaded: Mapping[str, int]) -> None:
    for name in sorted({*chain(expected, loaded)}):
        if expected.get(name, 0) != loaded.get(name, 0):
            raise Unacceptable(
                f"The header names {expected.get(name, 0)} rows of {name[:64]}, the file has "
                f"{loaded.get(name, 0)}. Nothing was loaded."
            )
