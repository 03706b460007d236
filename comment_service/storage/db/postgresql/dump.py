"""Dump the service's tables of a PostgreSQL database with ``pg_dump``, check and restore a dump."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from sqlalchemy import Engine, func, inspect, select, text

from comment_service.errors import SetupError
from comment_service.storage.db import counters, search
from comment_service.storage.db.engine import APPLICATION
from comment_service.storage.db.migrate import is_own_object
from comment_service.storage.tables.base import PREFIX, Base

LOCK_SECONDS = 10
"""How long a restore waits for another process that uses the tables."""


END_SECONDS = 2.0
"""How long connections that were just closed may take to end."""


def namespace(engine: Engine) -> str:
    """Return the schema in which the tables are."""
    with engine.connect() as connection:
        return str(connection.scalar(text("SELECT current_schema()")) or "public")


def dump(engine: Engine, target: Path) -> Mapping[str, int]:
    """Dump the service's tables to a file in the custom format; return the counts of their rows.

    Both show one moment, by an exported snapshot; writers go on meanwhile.

    Raises:
        SetupError: ``pg_dump`` is missing or fails.
    """
    isolated = engine.connect().execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    )
    with isolated as connection:
        moment = connection.scalar(text("SELECT pg_export_snapshot()"))
        schema = connection.scalar(text("SELECT current_schema()"))
        tables = Base.metadata.sorted_tables
        counts = {
            table.name.removeprefix(PREFIX): connection.scalar(
                select(func.count()).select_from(table)
            ) or 0
            for table in tables
        }  # fmt: skip
        target.touch(mode=0o600, exist_ok=False)
        _run(engine, [
            _program("pg_dump"), "--format=custom", "--compress=0", "--no-owner",
            "--no-privileges", f"--snapshot={moment}", f'--table="{schema}".{PREFIX}*',
            f"--file={target}",
        ])  # fmt: skip
    return counts


def count_rows(path: Path) -> Mapping[str, int]:
    """Read a dump from end to end; return the number of rows of each table.

    Raises:
        ValueError: ``pg_restore`` cannot read it.
    """
    found: dict[str, int] = {}
    table = ""
    with _reading(["--data-only", str(path)]) as lines:
        for line in lines:
            if table and line == b"\\.\n":
                table = ""
            elif table:
                found[table] += 1
            elif line.startswith(b"COPY "):
                name = line.split()[1].decode().rpartition(".")[2].strip('"')
                table = name.removeprefix(PREFIX)
                found[table] = 0
    return found


def restore(engine: Engine, path: Path, schema: str) -> None:
    """Replace the service's tables with those of a dump, in one transaction.

    Raises:
        SetupError: a program is missing or fails; the database is unchanged.
    """
    own = [name for name in inspect(engine).get_table_names() if is_own_object(name, "table")]
    engine.dispose()
    script = [
        "BEGIN",
        f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'", f'SET LOCAL search_path = "{schema}"',
        *([f"DROP TABLE {', '.join(own)} CASCADE"] if own else []),
        *counters.function_statements(), *search.function_statements(),
    ]  # fmt: skip
    command = [_program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "--file=-", *_target(engine)]
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(
            command,
            env=_environment(engine),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=told,
        ) as writer,
    ):
        assert writer.stdin is not None  # noqa: S101 - it is a pipe
        with contextlib.suppress(BrokenPipeError):  # psql ended with an error, which it told
            for statement in script:
                writer.stdin.write(f"{statement};\n".encode())
            _copy_script(path, writer.stdin)
            writer.stdin.write(b"COMMIT;\n")  # without it, the end of the input rolls back
            writer.stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            writer.stdin.close()
        if writer.wait():
            raise SetupError(f"psql failed: {_read(told)}. The database is unchanged.")


def _copy_script(path: Path, target: IO[bytes]) -> None:
    """Write a dump as SQL.

    Raises:
        SetupError: it cannot be read to its end.
    """
    try:
        with _reading(["--no-owner", "--no-privileges", str(path)]) as script:
            shutil.copyfileobj(script, target)
    except ValueError as error:
        raise SetupError(f"{error}. The database is unchanged.") from error


def other_connections(engine: Engine) -> int:
    """Return how many other connections of the service the database has now."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = :name AND pid <> pg_backend_pid()"
    )
    engine.dispose()
    deadline = monotonic() + END_SECONDS
    while True:
        with engine.connect() as connection:
            found: int = connection.scalar(query, {"name": APPLICATION}) or 0
        if not found or monotonic() > deadline:
            return found
        sleep(0.05)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SetupError(
            f"{name} is not installed. Install PostgreSQL's client programs, of the server's "
            "version or newer (Debian: postgresql-client)."
        )
    return found


def _target(engine: Engine) -> Sequence[str]:
    """Return the option that names the database; the password is in the environment."""
    from psycopg.conninfo import make_conninfo

    url = engine.url
    known = {
        "host": url.host, "port": url.port, "user": url.username, "dbname": url.database,
        **{key: value for key, value in url.query.items() if isinstance(value, str)},
    }  # fmt: skip
    return [f"--dbname={make_conninfo(**{k: v for k, v in known.items() if v})}"]  # type: ignore[arg-type]


def _environment(engine: Engine) -> Mapping[str, str]:
    password = engine.url.password
    return {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}


def _run(engine: Engine, command: Sequence[str]) -> None:
    done = subprocess.run(
        [*command, *_target(engine)], env=_environment(engine), capture_output=True, check=False
    )
    if done.returncode:
        raise SetupError(f"{Path(command[0]).name} failed: {_last(done.stderr)}.")


@contextmanager
def _reading(options: Sequence[str]) -> Iterator[IO[bytes]]:
    """Yield what ``pg_restore`` writes for a dump, as SQL.

    Raises:
        ValueError: it failed.
    """
    command = [_program("pg_restore"), "--file=-", *options]
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            yield process.stdout
        except BaseException:
            process.kill()
            raise
        if process.wait():
            raise ValueError(f"pg_restore failed: {_read(told)}")


def _read(told: IO[bytes]) -> str:
    told.seek(0)
    return _last(told.read(10_000))


def _last(told: bytes) -> str:
    lines: Iterator[str] = (line for line in told.decode(errors="replace").splitlines() if line)
    return " ".join(lines).strip().rstrip(".")[:500]
