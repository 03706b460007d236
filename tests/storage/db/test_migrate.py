"""The schema goes up from nothing and down again, with rows in it, on both databases."""

import re
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import Column, Engine, Text, create_engine, inspect, select, text

from comment_service.actions.pages.edit_page import retitle
from comment_service.paths import migrations
from comment_service.storage.db import migrate
from comment_service.storage.db.engine import engine_options, prepare
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages.pages import find
from comment_service.storage.tables import Page, PageAlias, RuleChange, Subscription
from comment_service.storage.tables.base import Base
from tests.conftest import MakeApp
from tests.people import Guest, Moderator


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    found = create_engine(database_url, **engine_options(database_url))
    prepare(found)
    yield found
    found.dispose()


def populate(app: Flask) -> None:
    """Put a row into every table that a reader or a moderator can fill."""
    guest = Guest(app)
    parent = guest.say("hello").get_json()["id"]
    guest.say("maybe", parent=parent)
    guest.like(parent)
    guest.like()
    Moderator(app).decide(parent, "spam")


def test_down_and_up_on_a_populated_database(
    engine: Engine, database_url: str, make_app: MakeApp
) -> None:
    populate(make_app(database_url))
    migrate.downgrade(engine, "base")
    assert not [t for t in inspect(engine).get_table_names() if t in Base.metadata.tables]
    migrate.upgrade(engine)
    assert migrate.current(engine) == migrate.head()
    populate(make_app(database_url))


def test_every_step_can_be_taken_back(engine: Engine) -> None:
    migrate.downgrade(engine, "base")
    revisions = sorted(p.name.split("_")[0] for p in (migrations() / "versions").glob("*.py"))
    for revision in revisions:
        migrate.upgrade(engine, revision)
        migrate.downgrade(engine, "-1")
        migrate.upgrade(engine, revision)
    assert migrate.current(engine) == migrate.head()


def test_the_migrations_make_what_the_tables_declare(engine: Engine) -> None:
    with engine.connect() as connection:
        options = {
            "version_table": migrate.VERSION_TABLE,
            "compare_type": True,
            "include_name": migrate.is_own_object,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_a_host_s_tables_are_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS posts (id INTEGER)"))
        connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num TEXT)"))
    migrate.downgrade(engine, "base")
    migrate.upgrade(engine)
    assert {"posts", "alembic_version"} <= set(inspect(engine).get_table_names())
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE posts"))
        connection.execute(text("DROP TABLE alembic_version"))


def test_every_table_carries_our_prefix() -> None:
    assert all(re.match("comments_[a-z_]+$", name) for name in Base.metadata.tables)


def test_making_a_table_anew_deletes_nothing_that_refers_to_it(
    sqlite_url: str, make_app: MakeApp
) -> None:
    app = make_app(sqlite_url)
    populate(app)
    engine = create_engine(sqlite_url, **engine_options(sqlite_url))
    prepare(engine)
    with migrate._migrating(engine) as connection:
        context = MigrationContext.configure(connection)
        with Operations(context).batch_alter_table("comments_sites", recreate="always") as batch:
            batch.add_column(Column("extra", Text, nullable=True))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM comments_comments")).scalar() == 2
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    engine.dispose()


SPELLINGS = {  # path when the comment is written → address and key as versions before 0011 had them
    "/one": ("https://b.example/gr%C3%B6%C3%9Fe", "b.example/gr%C3%B6%C3%9Fe"),
    "/two": ("https://b.example/größe", "b.example/größe"),
    "/three": ("https://b.example//grö%c3%9fe", "b.example//grö%c3%9fe"),
    "/four": ("https://b.example/twin", "b.example/twin"),
    "/five": ("https://www.b.example/twin/", "b.example/twin"),
    "/six": ("https://b.example/index.php?%2Fblog%2Fpost=", "b.example?%2Fblog%2Fpost="),
}


def write_under(app: Flask, engine: Engine) -> None:
    """Fill a page for each spelling and go back to the schema that kept them apart."""
    liker = Guest(app)
    for number, path in enumerate(SPELLINGS):
        guest = Guest(app)
        page = {"url": f"https://blog.example{path}", "title": f"Title {number}"}
        guest.page |= page
        liker.page |= page
        for words in range(2 if path == "/two" else 1):
            assert guest.say(f"Written under {path}, {words}").status_code == 201
        guest.like()
        liker.like()
    with app.app_context(), transaction() as current:
        pages = {page.url.removeprefix("https://blog.example"): page for page in current.scalars(
            select(Page))}  # fmt: skip
        state = app.extensions["comments"]
        named = {"page_id": pages["/three"].id, "title": "A moderator's", "actor": "Mod"}
        retitle(session=current, runtime=state, **named)
        for path, confirmed in (("/one", None), ("/two", None), ("/three", state.now())):
            row = Subscription(site_id=1, page_id=pages[path].id, kind="page", lang=path)
            row.email = row.address = "ada@b.example"
            row.asked_at, row.confirmed_at = state.now(), confirmed
            current.add(row)
    migrate.downgrade(engine, "0010")
    with engine.begin() as connection:
        for path, (url, key) in SPELLINGS.items():
            old = {"old": f"https://blog.example{path}", "url": url, "key": key}
            for change in (
                "UPDATE comments_pages SET url = :url, key = :key WHERE url = :old",
                "UPDATE comments_rule_changes SET page_url = :url WHERE page_url = :old",
            ):
                connection.execute(text(change), old)


def test_pages_that_differ_by_spelling_are_merged(
    engine: Engine, database_url: str, make_app: MakeApp
) -> None:
    app = make_app(database_url)
    write_under(app, engine)
    migrate.upgrade(engine)
    with app.app_context():
        pages = {page.url: page for page in session().scalars(select(Page))}
        assert set(pages) == {
            "https://b.example/größe",
            "https://b.example/twin",
            "https://www.b.example/twin/",
            "https://b.example/index.php?/blog/post",
        }
        size = pages["https://b.example/größe"]
        assert (size.key, size.comment_count, size.like_count) == ("b.example/größe", 4, 4)
        assert (size.title, size.title_by_moderator) == ("A moderator's", True)
        assert [row.lang for row in session().scalars(select(Subscription))] == ["/three"]
        aliases = session().scalars(select(PageAlias.url).where(PageAlias.page_id == size.id))
        assert set(aliases) == {SPELLINGS["/one"][0], SPELLINGS["/three"][0]}
        log = session().scalars(select(RuleChange).where(RuleChange.actor == "migration 0011"))
        merged = [change.after["merged"] for change in log if "merged" in change.after]
        assert merged == [SPELLINGS["/one"][0], SPELLINGS["/three"][0]]
        for url in (url for url, _key in SPELLINGS.values()):
            assert find(session(), 1, url) is not None
    assert Guest(app).say("Still works").status_code == 201


def test_page_keys_go_back_to_the_old_form(
    engine: Engine, database_url: str, make_app: MakeApp
) -> None:
    write_under(make_app(database_url), engine)
    migrate.upgrade(engine)
    migrate.downgrade(engine, "0010")
    with engine.connect() as connection:
        keys = set(connection.scalars(text("SELECT key FROM comments_pages")))
    assert keys == {"b.example/größe", "b.example/twin", "b.example?%2Fblog%2Fpost="}


def test_a_schema_of_a_newer_version_stays_as_it_is(database_url: str) -> None:
    engine = create_engine(database_url, **engine_options(database_url))
    prepare(engine)
    version = text("UPDATE comments_alembic_version SET version_num = :version")
    try:
        with engine.begin() as connection:
            connection.execute(version, {"version": "9999"})
        migrate.upgrade(engine)  # an old process starts again during an upgrade
        assert migrate.current(engine) == "9999"
    finally:
        with engine.begin() as connection:
            connection.execute(version, {"version": migrate.head()})
        engine.dispose()
