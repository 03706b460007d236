"""Keep the counts of comments, replies and likes by triggers: one step per change, never a recount.

A recount costs more the larger a thread grows. The triggers see every change, also those of
statements over many rows and of cascading deletes, so the counts are exact by construction.
Migrations drop the triggers first, because recreating a table would fail on a trigger that refers
to it, and create them again at the end.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Connection, inspect

from comment_service.storage.tables.base import PREFIX

_COMMENTS, _PAGES = f"{PREFIX}comments", f"{PREFIX}pages"


@dataclass(frozen=True)
class Counter:
    """A column of a parent row that counts child rows.

    ``parent_id`` names the child's column with the parent's id; ``counts`` is a condition on a
    child row (``{row}``); an update of the columns in ``when`` can change either.
    """

    name: str
    child: str
    parent: str
    column: str
    parent_id: str
    counts: str
    when: str

    def step(self, row: str, by: str) -> str:
        """Return the statement that adds ``by`` for the old or new version of a child row."""
        return (
            f"UPDATE {self.parent} SET {self.column} = {self.column} {by} "  # noqa: S608
            f"WHERE id = {row}.{self.parent_id} AND {self.counts.format(row=row)};"
        )


_COUNTERS = (
    Counter(
        f"{PREFIX}count_comments", _COMMENTS, _PAGES, "comment_count", "page_id",
        "{row}.status = 'published'", "status, page_id",
    ),
    Counter(
        f"{PREFIX}count_replies", _COMMENTS, _COMMENTS, "reply_count", "root_id",
        "{row}.shown AND {row}.root_id <> {row}.id", "shown, root_id",
    ),
    Counter(
        f"{PREFIX}count_page_likes", f"{PREFIX}page_likes", _PAGES, "like_count", "page_id",
        "NOT {row}.unseen", "page_id, unseen",
    ),
    Counter(
        f"{PREFIX}count_likes", f"{PREFIX}comment_likes", _COMMENTS, "like_count", "comment_id",
        "NOT {row}.unseen", "comment_id, unseen",
    ),
)  # fmt: skip


def _counters(connection: Connection) -> Sequence[Counter]:
    """Return the counters for the schema as it is: in an older one, every like counts."""
    columns = {column["name"] for column in inspect(connection).get_columns(f"{PREFIX}page_likes")}
    if "unseen" in columns:
        return _COUNTERS
    return [
        replace(counter, counts="true", when=counter.parent_id)
        if counter.counts.endswith("unseen")
        else counter
        for counter in _COUNTERS
    ]


def install(connection: Connection) -> None:
    """Create the triggers if the schema has the columns that they keep."""
    if not _has_columns(connection):
        return
    for counter in _counters(connection):
        up, down = counter.step("new", "+ 1"), counter.step("old", "- 1")
        if connection.dialect.name == "postgresql":
            _install_on_postgresql(connection, counter, up, down)
            continue
        changed = f"UPDATE OF {counter.when}"
        for kind, event, body in (
            ("in", "INSERT", up),
            ("out", "DELETE", down),
            ("new", changed, f"{down} {up}"),
        ):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {counter.name}_{kind} AFTER {event} ON {counter.child} "
                f"BEGIN {body} END"
            )


def _install_on_postgresql(connection: Connection, counter: Counter, up: str, down: str) -> None:
    """Create a counter's function and trigger."""
    connection.exec_driver_sql(_function(counter, up, down))
    connection.exec_driver_sql(
        f"CREATE TRIGGER {counter.name} AFTER INSERT OR DELETE OR UPDATE OF {counter.when} "
        f"ON {counter.child} FOR EACH ROW EXECUTE FUNCTION {counter.name}()"
    )


def _function(counter: Counter, up: str, down: str) -> str:
    body = (
        f"IF TG_OP <> 'INSERT' THEN {down} END IF; IF TG_OP <> 'DELETE' THEN {up} END IF; "
        "RETURN NULL;"
    )
    return (
        f"CREATE OR REPLACE FUNCTION {counter.name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body} END $$"
    )


def function_statements() -> Sequence[str]:
    """Return the statements that create PostgreSQL's functions, which a dump of tables lacks."""
    return [_function(one, one.step("new", "+ 1"), one.step("old", "- 1")) for one in _COUNTERS]


def remove(connection: Connection) -> None:
    """Drop the triggers."""
    on_postgresql = connection.dialect.name == "postgresql"
    for counter in _COUNTERS:
        if on_postgresql:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {counter.name} ON {counter.child}")
            connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {counter.name}()")
            continue
        for kind in ("in", "out", "new"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {counter.name}_{kind}")


@contextmanager
def suspended(connection: Connection) -> Iterator[None]:
    """Count nothing in the block, for rows that come with their counts.

    After an error the caller's rollback restores the triggers.
    """
    if connection.dialect.name != "postgresql":
        remove(connection)
        yield
        install(connection)
        return
    for word in ("DISABLE", "ENABLE"):
        for counter in _COUNTERS:
            connection.exec_driver_sql(f"ALTER TABLE {counter.child} {word} TRIGGER {counter.name}")
        if word == "DISABLE":
            yield


def _has_columns(connection: Connection) -> bool:
    found = inspect(connection)
    if not found.has_table(_COMMENTS):
        return False
    return "reply_count" in {column["name"] for column in found.get_columns(_COMMENTS)}
