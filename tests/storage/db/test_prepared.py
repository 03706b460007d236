"""Statements that are compiled once give the same as SQLAlchemy, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, event, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError, PendingRollbackError
from sqlalchemy.orm import Session

from comment_service.storage.db import prepared
from comment_service.storage.db.session import StorageError, db, session, transaction
from comment_service.storage.tables import Author, Comment, Page, Site, Verdict
from tests.people import Guest

NOW = datetime(2026, 5, 4, 12, 30, 15, 123456, tzinfo=UTC)
_BY_KEY = select(*prepared.every_column(Site)).where(Site.key == bindparam("key"))
_NAMES = select(Site.name).where(Site.key == bindparam("key")).limit(5)
_EVERYTHING = select(*prepared.every_column(Verdict)).where(Verdict.comment_id == bindparam("id"))


@pytest.fixture
def current(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield session()


def _listen(*_more: object) -> None:
    """Make the engine watched."""


def both_ways(current: Session, statement: Any, **values: object) -> tuple[Any, Any]:
    """Return the rows as the driver alone gives them, and as SQLAlchemy does."""
    direct = [tuple(row) for row in prepared.rows(current, statement, **values)]
    engine = current.get_bind()
    event.listen(engine, "before_cursor_execute", _listen)
    try:
        return direct, [tuple(row) for row in prepared.rows(current, statement, **values)]
    finally:
        event.remove(engine, "before_cursor_execute", _listen)


def test_rows_have_the_types_of_the_columns(app: Flask, current: Session) -> None:
    number = int(Guest(app).say("A comment with a verdict").get_json()["id"])
    for statement, values in ((_EVERYTHING, {"id": number}), (_BY_KEY, {"key": "default"})):
        direct, usual = both_ways(current, statement, **values)
        assert direct == usual != []
        assert [type(v) for v in direct[0]] == [type(v) for v in usual[0]]
    assert both_ways(current, _NAMES, key="default") == ([("A blog",)], [("A blog",)])
    assert both_ways(current, _NAMES, key="missing") == ([], [])


def test_pending_changes_are_seen(current: Session) -> None:
    current.scalars(select(Site)).one().name = "Renamed"
    assert prepared.first(current, _NAMES, key="default") == "Renamed"


def test_a_list_of_values_has_no_fixed_text(current: Session) -> None:
    listed = select(Site.id).where(Site.key.in_(bindparam("keys", expanding=True)))
    with pytest.raises(ValueError, match="list of values"):
        prepared.rows(current, listed, keys=["default"])


def test_errors_are_those_of_the_storage_without_the_values(current: Session) -> None:
    twin = {"key": "default", "name": "Secret", "origins": [], "created_at": NOW}
    with pytest.raises(IntegrityError) as caught:
        prepared.insert(current, Site, twin)
    assert isinstance(caught.value, StorageError)
    assert "Secret" not in str(caught.value)


@pytest.mark.postgres
def test_lost_connection_is_replaced(postgres_database: str, make_app: Any) -> None:
    app = make_app(postgres_database)
    with app.app_context():
        current = session()
        own = current.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with db.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": own})
        with pytest.raises(OperationalError) as caught:
            prepared.first(current, _NAMES, key="default")
        assert caught.value.connection_invalidated
        current.rollback()
        assert prepared.first(current, _NAMES, key="default") == "A blog"


def test_insert_fills_defaults_for_every_row(current: Session) -> None:
    rows = [{"key": key, "name": key, "created_at": NOW} for key in ("one", "two")]
    prepared.insert(current, Site, *rows)
    found = [prepared.one(current, Site, _BY_KEY, key=key) for key in ("one", "two")]
    assert [(s.name, s.rules, s.origins, s.created_at) for s in found if s] == [
        ("one", {}, [], NOW),
        ("two", {}, [], NOW),
    ]


def test_added_object_is_stored_and_can_be_changed(app: Flask) -> None:
    with app.app_context():
        with transaction() as current:
            site = current.scalars(select(Site)).one()
            page = Page(url="https://blog.example/new", created_at=NOW)
            page.site = site
            assert prepared.add(current, page) is page
            assert (page.site_id, page.title, page.revision) == (site.id, "", 0)
            assert page not in current.new
            assert current.get(Page, page.id) is page
            page.title = "Changed later"
        stored = session().scalars(select(Page).where(Page.url == page.url)).one()
        assert (stored.title, stored.rules, stored.closed_at) == ("Changed later", {}, None)


def test_added_object_goes_with_its_transaction(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(RuntimeError), transaction() as current:
            prepared.add(current, Author(site_id=1, created_at=NOW))
            raise RuntimeError
        assert session().scalars(select(Author)).all() == []


def test_object_keeps_what_is_loaded_and_gets_what_expired(current: Session) -> None:
    site = prepared.one(current, Site, _BY_KEY, key="default")
    assert site is not None
    changed = update(Site.__table__).values(name="From elsewhere")  # type: ignore[arg-type]
    current.connection().execute(changed)
    assert prepared.one(current, Site, _BY_KEY, key="default") is site
    assert site.name == "A blog"
    current.expire(site)
    assert prepared.fill(current, site).name == "From elsewhere"
    current.expire(site, ["name"])
    found = prepared.get(current, Site, site.id)
    assert found is site
    assert "name" in vars(site)


def test_unknown_object_is_none(current: Session) -> None:
    assert prepared.one(current, Site, _BY_KEY, key="missing") is None
    assert prepared.get(current, Comment, 12345) is None


def test_nothing_runs_after_a_failed_flush(current: Session) -> None:
    assert prepared.first(current, _NAMES, key="default") == "A blog"
    current.add(Site(key="default", name="Twin", origins=[], created_at=NOW))
    with pytest.raises(IntegrityError):
        current.flush()
    with pytest.raises(PendingRollbackError):
        prepared.insert(current, Author, {"site_id": 1, "created_at": NOW})
    current.rollback()
    assert prepared.first(current, _NAMES, key="default") == "A blog"


def test_each_transaction_has_its_own_connection(app: Flask) -> None:
    with app.app_context():
        with transaction() as current:
            prepared.run(current, update(Site).values(name="Committed"))
            with current.begin_nested():
                assert prepared.first(current, _NAMES, key="default") == "Committed"
        with pytest.raises(RuntimeError), transaction() as current:
            with current.begin_nested() as savepoint:
                prepared.run(current, update(Site).values(name="Taken back"))
                savepoint.rollback()
            assert prepared.first(current, _NAMES, key="default") == "Committed"
            prepared.run(current, update(Site).values(name="Never committed"))
            raise RuntimeError
        assert prepared.first(session(), _NAMES, key="default") == "Committed"
