"""Full-text search with SQLite's FTS5 or PostgreSQL, kept up to date by triggers.

Both find comments that contain all the words, in text, name, website and the domain of the e-mail
address; words in quotes must be adjacent. On SQLite the status is part of the index, so that a word
that is common in published comments costs nothing in the pending queue. The triggers are created
again after each migration, because recreating a table drops them.
"""

import re
import unicodedata
from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    column,
    func,
    inspect,
    literal_column,
    table,
)
from sqlalchemy.orm import Session

from comment_service.storage.tables import Comment
from comment_service.storage.tables.base import PREFIX

TABLE = PREFIX + "search"
WORDS = "words"
"""PostgreSQL's generated column with a comment's words."""
STOPS = "./:@_-?=&#%+~"
"""Characters that end a word for PostgreSQL, as they do for FTS5."""

_SIMPLE: ColumnElement[str] = literal_column("'simple'::regconfig")
_SEARCH = table(TABLE, column("rowid", Integer), column(TABLE, Text))
_TERMS = re.compile(r'"([^"]+)"|(\S+)')

_COLUMNS = "rowid, body, name, url, domain, status"
_DELETE = f"INSERT INTO {TABLE}({TABLE}, {_COLUMNS}) VALUES ('delete', {{values}});"  # noqa: S608
_INSERT = f"INSERT INTO {TABLE}({_COLUMNS}) VALUES ({{values}});"  # noqa: S608 - our own names


def _values(row: str) -> str:
    domain = f"substr({row}.email, instr({row}.email, '@') + 1)"
    return f"{row}.id, {row}.text, {row}.name, {row}.url, {domain}, {row}.status"


_OLD, _NEW = _DELETE.format(values=_values("old")), _INSERT.format(values=_values("new"))
_FOLLOW = f"UPDATE {PREFIX}verdict_reasons SET status = new.status WHERE comment_id = new.id;"  # noqa: S608
_ON = f"ON {PREFIX}comments"
_SQLITE = {
    f"{PREFIX}search_in": f"AFTER INSERT {_ON} BEGIN {_NEW} END",
    f"{PREFIX}search_out": f"AFTER DELETE {_ON} BEGIN {_OLD} END",
    f"{PREFIX}search_new": (
        f"AFTER UPDATE OF text, name, url, email, status {_ON} BEGIN {_OLD} {_NEW} END"
    ),
    f"{PREFIX}status_new": f"AFTER UPDATE OF status {_ON} BEGIN {_FOLLOW} END",
}
_POSTGRES = (
    f"CREATE OR REPLACE FUNCTION {PREFIX}status_new() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN {_FOLLOW} RETURN NULL; END $$",
    f"CREATE OR REPLACE TRIGGER {PREFIX}status_new AFTER UPDATE OF status {_ON} "
    f"FOR EACH ROW WHEN (old.status <> new.status) EXECUTE FUNCTION {PREFIX}status_new()",
)


def install(connection: Connection) -> None:
    """Create the triggers again if the schema has the objects that they maintain."""
    if not inspect(connection).has_table(PREFIX + "verdict_reasons"):
        return
    if connection.dialect.name == "postgresql":
        for statement in _POSTGRES:
            connection.exec_driver_sql(statement)
        return
    for name, what in _SQLITE.items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {what}")


def function_statements() -> Sequence[str]:
    """Return the statements that create PostgreSQL's functions, which a dump of tables lacks."""
    return _POSTGRES[:1]


def terms(asked: str) -> list[str]:
    """Return the words and quoted phrases of a search."""
    found = (phrase or word for phrase, word in _TERMS.findall(asked.replace("\0", " ")))
    return [term for term in found if any(letter.isalnum() for letter in term)]


def _plain(term: str) -> str:
    """Return a term without accents on Latin letters, as PostgreSQL stores the words."""
    spread = (unicodedata.normalize("NFD", letter) for letter in term)
    plain = (
        parts[0] if parts[0].isascii() else unicodedata.normalize("NFC", parts) for parts in spread
    )
    return "".join(letter for letter in plain if not "\u0300" <= letter <= "\u036f")


def matching(
    session: Session, query: Select[int], asked: str, status: str
) -> tuple[Select[int], ColumnElement[int] | None]:
    """Narrow a query of comments with one status to those that match a search.

    Returns the query and the id column by which the database finds them in order, if it does.
    """
    found = terms(asked)
    if session.get_bind().dialect.name == "postgresql":
        words: ColumnElement[str] = literal_column(f"{Comment.__tablename__}.{WORDS}")
        blanks = " " * len(STOPS)
        sought = [
            words.op("@@")(func.phraseto_tsquery(_SIMPLE, func.translate(term, STOPS, blanks)))
            for term in map(_plain, found)
        ]
        return query.where(*sought), None
    phrases = " AND ".join('"' + term.replace('"', " ") + '"' for term in found)
    match = f'{{body name url domain}} : ({phrases}) AND status : "{status}"'
    query = query.join(_SEARCH, _SEARCH.c.rowid == Comment.id)
    return query.where(_SEARCH.c[TABLE].op("MATCH")(match)), _SEARCH.c.rowid
