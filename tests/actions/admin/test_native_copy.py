"""The native format: nothing lost, nothing secret, nothing half loaded; on both databases."""

import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, insert, select, text, update

from comment_service.actions.admin import native_copy
from comment_service.errors import AlreadyDone, Refusal, Unacceptable
from comment_service.storage.db import migrate, rows
from comment_service.storage.db.engine import engine_options, prepare
from comment_service.storage.db.session import db, session, transaction
from comment_service.storage.tables import Comment, Page, Site
from comment_service.storage.tables.base import PREFIX, Base
from comment_service.transfer import native
from tests.conftest import MakeApp
from tests.every_row import START, fill
from tests.people import Guest, Moderator

SECRETS = re.compile(r"password|secret|salt|token|recovery|challenge|failed|^locked|^second_")


@contextmanager
def engine_of(url: str) -> Iterator[Engine]:
    found = create_engine(url, **engine_options(url))
    prepare(found)
    yield found
    found.dispose()


def fill_database(url: str) -> None:
    with engine_of(url) as engine, engine.begin() as connection:
        fill(connection)
        connection.execute(update(Site).where(Site.id == 1).values(key="default"))


def exported(app: Flask, key: str = "") -> list[str]:
    with app.app_context():
        site = session().scalar(select(Site).where(Site.key == key)) if key else None
        return list(
            native_copy.export_lines(
                engine=db.engine, runtime=app.extensions["comments"], site=site
            )
        )


def load_into(app: Flask, lines: list[str]) -> dict[str, int]:
    with app.app_context(), transaction() as current:
        file = io.BytesIO("".join(lines).encode())
        return dict(native_copy.load_file(session=current, file=file))


@pytest.fixture
def full(database_url: str, make_app: MakeApp) -> Flask:
    """Return an app whose database has three rows in every exported table."""
    app = make_app(database_url)
    with app.app_context(), transaction() as current:
        current.delete(current.scalars(select(Site)).one())
    fill_database(database_url)
    return app


@pytest.fixture
def empty(migrated: Path, tmp_path: Path, make_app: MakeApp) -> Callable[[], Flask]:
    return lambda: make_app(f"sqlite:///{shutil.copy(migrated, tmp_path / 'second.sqlite3')}")


def test_export_load_export_is_identical(full: Flask, empty: Callable[[], Flask]) -> None:
    first = exported(full)
    header = json.loads(first[0])
    assert header["counts"] == {rows.short_name(table): 3 for table in rows.tables()}
    copy = empty()
    assert load_into(copy, first) == header["counts"]
    copy.extensions["comments"].clock.forward(days=1)
    second = exported(copy)
    assert second[1:] == first[1:]
    assert json.loads(second[0]) == {**header, "exported_at": "2026-11-02T12:00:00+00:00"}


def test_sqlite_to_postgresql_and_back(
    sqlite_url: str, postgres_database: str, make_app: MakeApp
) -> None:
    lite = make_app(sqlite_url)
    with lite.app_context(), transaction() as current:
        current.delete(current.scalars(select(Site)).one())
    fill_database(sqlite_url)
    first = exported(lite)
    large = make_app(postgres_database)
    load_into(large, first)
    assert exported(large)[1:] == first[1:]
    assert Guest(large).post("/nowhere", {}).status_code == 404
    with large.app_context(), transaction() as current:
        page = Page(site_id=1, url="https://new.example", created_at=START)
        current.add(page)
        current.flush()
        assert page.id == 4, "the sequences go on after the loaded ids"


def test_every_column_is_exported_or_left_out_with_a_reason() -> None:
    everything = {
        f"{rows.short_name(table)}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
    }
    kept = {f"{rows.short_name(t)}.{c.name}" for t in rows.tables() for c in rows.columns(t)}
    for name in everything - kept:
        assert rows.LEFT_OUT.get(name) or rows.LEFT_OUT.get(name.partition(".")[0]), name
    tables = {rows.short_name(table) for table in Base.metadata.sorted_tables}
    assert {name for name in rows.LEFT_OUT if name not in everything | tables} == set()
    assert not [name for name in kept if SECRETS.search(name.partition(".")[2])], "a secret?"


def test_secrets_are_not_in_the_file(app: Flask) -> None:
    moderator = Moderator(app, "Ann")
    with app.app_context(), transaction() as current:
        current.execute(
            text(f"UPDATE {PREFIX}moderators SET password_hash = 'argon', second_salt = 'salty'")  # noqa: S608
        )
        hashes = list(current.scalars(text(f"SELECT token_hash FROM {PREFIX}sessions")))  # noqa: S608
    found = "".join(exported(app))
    assert moderator.id and "ann@blog.example" in found
    assert hashes
    for secret in ("argon", "salty", *hashes):
        assert secret not in found


@pytest.mark.parametrize("number", [1, 2, 3])
def test_export_of_one_site_has_its_rows_only(full: Flask, number: int) -> None:
    with full.app_context():
        key = session().get_one(Site, number).key
    lines = exported(full, key)
    assert json.loads(lines[0])["site"] == key
    found = [json.loads(line) for line in lines[1:-1]]
    assert {one["table"] for one in found} == {rows.short_name(table) for table in rows.tables()}
    for one in found:
        for name in ("id", "site_id", "comment_id", "author_id", "moderator_id"):
            assert str(one["row"].get(name, number)) == str(number), one["table"]


def test_one_site_can_be_loaded(full: Flask, empty: Callable[[], Flask]) -> None:
    with full.app_context():
        key = session().get_one(Site, 2).key
    lines, copy = exported(full, key), empty()
    load_into(copy, lines)
    assert exported(copy)[1:] == lines[1:]


def test_every_table_leads_to_a_site() -> None:
    for table in rows.tables():
        rows.belongs_to(table, 1)


def test_a_reply_may_come_before_its_parent(lite: Flask, empty: Callable[[], Flask]) -> None:
    guest = Guest(lite)
    first, second = (guest.say(words).get_json()["id"] for words in ("one", "two"))
    guest.like(second)
    with lite.app_context(), transaction() as current:
        parent, reply = current.get_one(Comment, second), current.get_one(Comment, first)
        reply.parent_id = reply.root_id = parent.id
    lines, copy = exported(lite), empty()
    load_into(copy, lines)
    assert exported(copy)[1:] == lines[1:]
    with copy.app_context():
        row = session().get_one(Comment, second)
        assert (row.like_count, row.reply_count, row.page.comment_count) == (1, 1, 2)
    late = Guest(copy, "Late")
    late.like(second)
    with copy.app_context():
        assert session().get_one(Comment, second).like_count == 2, "the triggers count again"


def test_loaded_comments_can_be_searched(lite: Flask, empty: Callable[[], Flask]) -> None:
    Guest(lite).say("a walrus on the beach")
    copy = empty()
    load_into(copy, exported(lite))
    moderator = Moderator(copy)
    assert "walrus" in moderator.queue("published", q="walrus")
    assert "All caught up" in moderator.queue("published", q="seal") or "walrus" not in (
        moderator.queue("published", q="seal")
    )


def changed(lines: list[str], number: int, row: dict[str, Any]) -> list[str]:
    """Return a file with another row at a line, and a matching end."""
    found = [json.loads(line) for line in lines]
    found[number - 1]["row"].update(row)
    header = native.read_header(lines[0].encode())
    return list(native.write_lines(header, [(one["table"], one["row"]) for one in found[1:-1]]))


def damaged(lines: list[str]) -> dict[str, tuple[list[str], str]]:
    header = json.loads(lines[0])
    line = next(n for n, one in enumerate(lines, 1) if '"table":"comments"' in one)
    newer = json.dumps({**header, "schema": "9999"}) + "\n"
    future = json.dumps({**header, "comment-service": 99}) + "\n"
    fewer = json.dumps({**header, "counts": {**header["counts"], "comments": 7}}) + "\n"
    return {
        "nothing": ([], "Line 1"),
        "another file": (["<rss>\n"], "Line 1 is not JSON"),
        "JSON of another program": (['{"id": 1}\n'], "not the header"),
        "newer schema": ([newer, *lines[1:]], "schema version 9999"),
        "newer format": ([future, *lines[1:]], "version 99"),
        "cut at a line": (lines[:-1], "it is cut off"),
        "cut in a line": ([*lines[:-2], lines[-2][:40]], "is not JSON"),
        "a row less": ([*lines[:-2], lines[-1]], "its end line says"),
        "other rows": ([*lines[:-2], lines[-2].replace("2026", "2027"), lines[-1]], "SHA-256"),
        "more after the end": ([*lines, lines[-2]], "after the end"),
        "wrong counts": ([fewer, *lines[1:]], "names 7 rows of comments"),
        "unknown column": (changed(lines, line, {"extra": 1}), "no column extra"),
        "wrong type": (changed(lines, line, {"depth": "deep"}), "depth takes a whole number"),
        "a time without a zone": (changed(lines, line, {"created_at": "2026-01-01"}), "a zone"),
        "null": (changed(lines, line, {"text": None}), "text must not be null"),
        "too long": (changed(lines, line, {"name": "x" * 201}), "at most 200"),
        "NUL": (changed(lines, line, {"text": "a\0b"}), "takes a text"),
        "no such page": (changed(lines, line, {"page_id": 99}), "cannot be stored"),
        "no such parent": (changed(lines, line, {"parent_id": 99}), "does not have"),
    }


CASES = (
    "nothing", "another file", "JSON of another program", "newer schema", "newer format",
    "cut at a line", "cut in a line", "a row less", "other rows", "more after the end",
    "wrong counts", "unknown column", "wrong type", "a time without a zone", "null", "too long",
    "NUL", "no such page", "no such parent",
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_damaged_file_loads_nothing(lite: Flask, empty: Callable[[], Flask], case: str) -> None:
    Guest(lite).say("hello")
    lines, words = damaged(exported(lite))[case]
    copy = empty()
    before = exported(copy)
    with pytest.raises(Unacceptable, match=re.escape(words)):
        load_into(copy, lines)
    assert exported(copy) == before
    assert Guest(copy).say("it works still").status_code == 201


def test_every_damage_is_tested(lite: Flask) -> None:
    Guest(lite).say("hello")
    assert set(damaged(exported(lite))) == set(CASES)


def test_a_database_with_rows_is_left_alone(app: Flask) -> None:
    Guest(app).say("mine")
    lines = exported(app)
    with pytest.raises(AlreadyDone, match="not empty"):
        load_into(app, lines)
    assert exported(app) == lines


def test_a_file_of_an_older_schema_gets_defaults(lite: Flask, empty: Callable[[], Flask]) -> None:
    Guest(lite).say("hello")
    lines = exported(lite)
    header = native.read_header(lines[0].encode())
    old = [json.loads(line) for line in lines[1:-1]]
    for one in old:
        if one["table"] == "comments":
            del one["row"]["reply_count"], one["row"]["provider"], one["row"]["score"]
    lines = list(native.write_lines(header, [(one["table"], one["row"]) for one in old]))
    copy = empty()
    load_into(copy, lines)
    with copy.app_context():
        row = session().scalars(select(Comment)).one()
        assert (row.reply_count, row.provider, row.score) == (0, "", None)


def test_an_export_sees_one_moment(app: Flask) -> None:
    guest = Guest(app)
    guest.say("before")
    with app.app_context():
        state = app.extensions["comments"]
        lines = native_copy.export_lines(engine=db.engine, runtime=state, site=None)
        head = next(lines)
        guest.say("meanwhile")
        assert "meanwhile" not in "".join(lines)
    assert json.loads(head)["counts"]["comments"] == 1


def test_schema_of_the_header_is_the_databases_own(app: Flask) -> None:
    assert json.loads(exported(app)[0])["schema"] == migrate.head()
    assert issubclass(Unacceptable, Refusal)


def test_large_tables_are_read_a_part_at_a_time(lite: Flask) -> None:
    with lite.app_context(), transaction() as current:
        pages = [
            {"site_id": 1, "url": f"https://blog.example/{n}", "created_at": START}
            for n in range(rows.AT_ONCE * 3)
        ]
        current.execute(insert(Page), pages)
    found = [line for line in exported(lite) if '"table":"pages"' in line]
    assert len(found) == rows.AT_ONCE * 3


def test_the_docs_name_every_table_and_everything_left_out() -> None:
    page = (Path(__file__).parents[3] / "docs" / "exporting.md").read_text(encoding="utf-8")
    format_section = page.split("## The native format")[1].split("## Load")[0]
    tables, left_out = format_section.split("Left out, because")
    named = set(re.findall(r"`([a-z_.]+)`", tables)) - {"comments_", "exported_at"}
    assert named == {rows.short_name(table) for table in rows.tables()}
    assert set(re.findall(r"`([a-z_.]+)`", left_out)) - {"secret_key"} == set(rows.LEFT_OUT)
