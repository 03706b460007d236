"""Try the table of comments in partitions by site, beside the table as it is, on PostgreSQL.

    python benchmarks/partitions.py [COMMENTS] [SITES] [PARTITIONS]

Builds two databases with the same comments of many equal sites, ten million of a hundred by
default, one of them with the table of comments in hash partitions by site. Prints the median wall
time in milliseconds of what readers and moderators of one site ask, through the whole app and
alternating between both databases, and their ratio. Takes about 30 GB and half an hour.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from flask import Flask
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import crowded_site
from benchmarks.moderation_queue import empty_site, timed
from comment_service.storage.db.session import db
from comment_service.storage.tables import Author, Comment, Page, Site
from tests import postgres
from tests.people import Guest, Moderator

COMMENTS = Comment.__tablename__
_OFFSETS = {
    Site.__tablename__: {"id": 1},
    Author.__tablename__: {"id": 0, "site_id": 1},
    Page.__tablename__: {"id": 0, "site_id": 1},
    COMMENTS: {
        "id": 0, "site_id": 1, "page_id": Page, "author_id": Author, "root_id": 0, "campaign_id": 0,
    },
}  # fmt: skip
"""Columns of a copied site that are numbered: 1 for the site's number, 0 for the table's own, a
table for the number of that table's row."""


def run(app: Flask, *statements: str) -> None:
    """Run statements outside of a transaction, without triggers and foreign keys."""
    with app.app_context():
        options = {"isolation_level": "AUTOCOMMIT"}
        with db.engine.connect().execution_options(**options) as direct:
            direct.execute(text("SET session_replication_role = replica"))
            for statement in statements:
                direct.execute(text(statement))


def values(app: Flask, query: str) -> list[tuple[str, ...]]:
    """Return the rows of a query."""
    with app.app_context(), db.engine.connect() as direct:
        return [tuple(row) for row in direct.execute(text(query))]


def copy_site(app: Flask, sites: int) -> None:
    """Copy the first site, with pages, authors and comments, until there are that many."""
    for table, offsets in _OFFSETS.items():
        columns = [name for (name,) in values(app, _COLUMNS.format(table=table))]
        chosen = [_copied(app, table, name, offsets.get(name)) for name in columns]
        if table == Site.__tablename__:
            chosen[columns.index("key")] = "key || k"
        run(
            app,
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(chosen)} "  # noqa: S608
            f"FROM {table}, generate_series(1, {sites - 1}) k WHERE {_FIRST[table]}",
        )
        newest = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608
        run(app, newest)
        print(f"{table} copied", file=sys.stderr)


_COLUMNS = (
    "SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' "
    "AND is_generated = 'NEVER' ORDER BY ordinal_position"
)
_FIRST = {table: "id = 1" if table == Site.__tablename__ else "site_id = 1" for table in _OFFSETS}


def _copied(app: Flask, table: str, column: str, of: object) -> str:
    """Return the expression of a column in a copied row; ``k`` numbers the copy."""
    if of is None:
        return column
    if of == 1:
        return f"{column} + k"
    name = of.__tablename__ if isinstance(of, type) else table  # type: ignore[attr-defined]
    ((most,),) = values(app, f"SELECT max(id)::text FROM {name} WHERE site_id = 1")  # noqa: S608
    return f"{column} + k * {most}"


def without_indexes(app: Flask) -> list[str]:
    """Drop the indexes of comments that are no constraint; return how they are made."""
    found = values(
        app,
        f"SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "  # noqa: S608
        f"WHERE indrelid = '{COMMENTS}'::regclass AND NOT indisunique",
    )
    run(app, *(f"DROP INDEX {name}" for name, _made in found))
    return [made for _name, made in found]


def partition(app: Flask, partitions: int) -> None:
    """Replace the empty table of comments by one in partitions; its keys begin with the site."""
    triggers = values(
        app,
        f"SELECT pg_get_triggerdef(oid) FROM pg_trigger "  # noqa: S608
        f"WHERE tgrelid = '{COMMENTS}'::regclass AND NOT tgisinternal",
    )
    run(
        app,
        f"CREATE TABLE parts (LIKE {COMMENTS} INCLUDING DEFAULTS INCLUDING GENERATED) "
        "PARTITION BY HASH (site_id)",
        "CREATE SEQUENCE parts_id OWNED BY parts.id",
        "ALTER TABLE parts ALTER id SET DEFAULT nextval('parts_id')",
        f"DROP TABLE {COMMENTS} CASCADE",
        f"ALTER TABLE parts RENAME TO {COMMENTS}",
        *(
            f"CREATE TABLE part_{n} PARTITION OF {COMMENTS} "
            f"FOR VALUES WITH (MODULUS {partitions}, REMAINDER {n})"
            for n in range(partitions)
        ),
        f"ALTER TABLE {COMMENTS} ADD PRIMARY KEY (id, site_id)",
        f"ALTER TABLE {COMMENTS} ADD UNIQUE (site_id, idempotency_key)",
        *(made for (made,) in triggers),
    )


def fill(app: Flask, each: int, sites: int, indexes: Sequence[str]) -> None:
    """Add the comments of the first site, copy them, make the indexes and the statistics."""
    crowded_site.build(app, each, each // 10)
    # the words of a copy are copied, too: to make them anew takes most of the time
    run(app, f"ALTER TABLE {COMMENTS} ALTER words DROP EXPRESSION")
    copy_site(app, sites)
    for made in indexes:
        run(app, made)
        print(made, file=sys.stderr)
    run(app, "VACUUM ANALYZE")


def asked(app: Flask) -> dict[str, Callable[[], object]]:
    """Return what readers and moderators ask of the first site."""
    person, client, guest = Moderator(app), app.test_client(), Guest(app)
    page = {"site": "default", "url": "https://blog.example/7"}
    guest.page = {**page, "title": "Post 7"}
    numbers = iter(range(10**9))

    def get(path: str, **query: str) -> Callable[[], object]:
        def ask() -> object:
            # an unusual argument, so that no kept answer is sent
            found = client.get(path, query_string={**page, **query, "n": str(next(numbers))})
            assert found.status_code == 200, found.text
            return found

        return ask

    def opens(path: str) -> Callable[[], object]:
        return lambda: person.client.get(f"/moderation/{path}")

    return {
        "thread of 100": get("/thread"),
        "counts": get("/counts"),
        "feed of the site": get("/feed.atom"),
        "a comment posted": lambda: guest.say(f"An ordinary comment, number {next(numbers)}"),
        "queue": opens("pending?site=default"),
        "queue of all sites": opens("pending"),
        "a card's page": opens("comments/7"),
        "a word": opens("pending?site=default&q=outlet"),
    }


def main(comments: int, sites: int, partitions: int) -> None:
    """Print the comparison."""
    with postgres.server() as url:
        plain = empty_site(url)
        run(plain, "CREATE DATABASE parts")
        parted = empty_site(url.replace("/postgres?", "/parts?"))
        apps = (plain, parted)
        for app in apps:
            indexes = without_indexes(app)
            if app is parted:
                partition(app, partitions)
            fill(app, comments // sites, sites, indexes)
        acts = [asked(app) for app in apps]
        print(f"{comments:,} comments of {sites} sites, {partitions} partitions; ms")
        print(f"{'asked for':24}{'plain':>8}{'p99':>8}{'parts':>8}{'p99':>8}{'ratio':>7}")
        for what in acts[0]:
            (one, one99), (other, other99) = timed([act[what] for act in acts])
            print(f"{what:24}{one:8.1f}{one99:8.1f}{other:8.1f}{other99:8.1f}{other / one:7.2f}")


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    main(*(given or [10_000_000, 100, 64]))
